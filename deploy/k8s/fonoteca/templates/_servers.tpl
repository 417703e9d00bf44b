{{/*
Servers of this release: RabbitMQ, MongoDB and the object store of a trial. Their labels contain no version, so that
they restart only when their own values change, and not with the chart's version.
*/}}

{{- define "fonoteca.serverMeta" -}}
name: {{ include "fonoteca.name" . }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "fonoteca.selector" . | nindent 2 }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{/*
Parallel: a server that crashes is replaced by the next `helm upgrade`; with Kubernetes' own default, OrderedReady, the
upgrade would wait for the broken pod to become ready first. The field cannot be changed, so a StatefulSet of an earlier
chart keeps what it has.
*/}}
{{- define "fonoteca.replacement" -}}
{{- $there := lookup "apps/v1" "StatefulSet" .root.Release.Namespace (include "fonoteca.name" .) -}}
podManagementPolicy: {{ dig "spec" "podManagementPolicy" "Parallel" $there }}
updateStrategy:
  type: RollingUpdate
{{- end }}

{{/* values: the server's values, with storage and storageClass. */}}
{{- define "fonoteca.serverVolume" -}}
volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .values.storageClass }}
      storageClassName: {{ . | quote }}
      {{- end }}
      resources: {requests: {storage: {{ .values.storage | quote }}}}
{{- end }}

{{/* user: the id of the image's own user. */}}
{{- define "fonoteca.serverSecurity" -}}
automountServiceAccountToken: false
securityContext: {runAsNonRoot: true, runAsUser: {{ .user }}, fsGroup: {{ .user }}, fsGroupChangePolicy: OnRootMismatch, seccompProfile: {type: RuntimeDefault}}
{{- include "fonoteca.pullSecrets" .root }}
{{- end }}

{{/* The broker's configuration files. */}}
{{- define "fonoteca.brokerFiles" -}}
fonoteca.conf: |
  {{- .Files.Get "rabbitmq/fonoteca.conf" | nindent 2 }}
  default_vhost = fonoteca
advanced.config: |
  {{- .Files.Get "rabbitmq/advanced.config" | nindent 2 }}
enabled_plugins: |
  [rabbitmq_management,rabbitmq_prometheus].
{{- end }}
