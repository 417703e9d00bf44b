{{/* What every pod of ours has. */}}

{{- define "fonoteca.image" -}}
{{- with .root.Values.image -}}
{{ if .registry }}{{ .registry }}/{{ end }}{{ .prefix }}{{ $.target }}:{{ $.tag | default .tag | default $.root.Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* The "restricted" Pod Security Standard, and no token of the cluster. */}}
{{- define "fonoteca.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- include "fonoteca.pullSecrets" .root }}
{{- end }}

{{- define "fonoteca.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* Spread over nodes, and where they are known over zones; only a wish, so that one node is enough. */}}
{{- define "fonoteca.placement" -}}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "fonoteca.selector" $ | nindent 8 }}
  {{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Alive: the process answers. Ready: its servers do too. A start may wait for servers, STARTUP_WAIT_SECONDS long. */}}
{{- define "fonoteca.probes" -}}
ports:
  - name: metrics
    containerPort: 9100
  {{- with .ports }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
startupProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 2
  failureThreshold: 90
livenessProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 10
{{- end }}

{{/* The volume /tmp, and the certificates that are trusted instead of the image's own. */}}
{{- define "fonoteca.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .tmp | default "100Mi" }}
{{- with .root.Values.trustedCa }}
{{- if .configMap }}
- name: trusted-ca
  configMap:
    name: {{ .configMap }}
    items:
      - {key: {{ .key }}, path: ca.crt}
{{- end }}
{{- end }}
{{- end }}

{{- define "fonoteca.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .root.Values.trustedCa.configMap }}
- {name: trusted-ca, mountPath: /etc/fonoteca/trusted, readOnly: true}
{{- end }}
{{- end }}

{{- define "fonoteca.scrapeAnnotations" -}}
{{- if eq .root.Values.monitoring.scrape "annotations" }}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .port | default "9100" | quote }}
prometheus.io/path: /metrics
{{- end }}
{{- end }}
