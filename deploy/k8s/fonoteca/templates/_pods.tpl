{{/* Parts that all our pods share. */}}

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

{{/* Spreads pods over nodes, and over zones if they are known. This is a preference, so that one node is enough. */}}
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

{{/*
Live: the process answers. Ready: it can work; for the API, with the catalog alone. /readyz lists what else is missing
as degraded. A starting service waits up to STARTUP_WAIT_SECONDS for the servers, and for its users there.
*/}}
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

{{/* A pod that is not ready does not block the draining of its node: without a server, perhaps no pod is ready. */}}
{{- define "fonoteca.evictable" -}}
{{- if semverCompare ">=1.27.0-0" .Capabilities.KubeVersion.Version -}}
unhealthyPodEvictionPolicy: AlwaysAllow
{{- end }}
{{- end }}

{{/* A rollout stops a worker before it starts the successor, so it needs no additional resources. */}}
{{- define "fonoteca.replaced" -}}
strategy:
  type: RollingUpdate
  rollingUpdate: {maxSurge: 0, maxUnavailable: 1}
{{- end }}

{{/* DRAIN_SECONDS of a service; 25 is the code's default. drain: another default. */}}
{{- define "fonoteca.drainSeconds" -}}
{{- $settings := include "fonoteca.mergedSettings" . | fromJson -}}
{{- if hasKey $settings "DRAIN_SECONDS" }}{{ include "fonoteca.number" $settings.DRAIN_SECONDS }}{{ else }}{{ include "fonoteca.number" (.drain | default 25) }}{{ end }}
{{- end }}

{{/* The drain time plus 15 s, to return unfinished work and close connections. least: the minimum in seconds. */}}
{{- define "fonoteca.grace" -}}
terminationGracePeriodSeconds: {{ max (include "fonoteca.drainSeconds" . | float64 | ceil | int | add 15) (.least | default 0) }}
{{- end }}

{{/* The whole megabytes (10**6 bytes) in a quantity such as 20Gi, 512M or 1.5Ti. */}}
{{- define "fonoteca.megabytes" -}}
{{- divf (include "fonoteca.quantity" . | float64) 1e6 | floor | int64 -}}
{{- end }}

{{/* The volume /tmp, and the certificates that are trusted instead of the image's own. */}}
{{- define "fonoteca.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .tmp | default "100Mi" }}
{{- with .root.Values.trustedCa }}
{{- if and .configMap .secret }}
{{- fail "trustedCa.configMap and trustedCa.secret are both set: name one of them" }}
{{- end }}
{{- if or .configMap .secret }}
- name: trusted-ca
  {{- if .secret }}
  secret:
    secretName: {{ .secret | quote }}
  {{- else }}
  configMap:
    name: {{ .configMap | quote }}
  {{- end }}
    items:
      - {key: {{ .key | quote }}, path: ca.crt}
{{- end }}
{{- end }}
{{- end }}

{{- define "fonoteca.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if or .root.Values.trustedCa.configMap .root.Values.trustedCa.secret }}
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
