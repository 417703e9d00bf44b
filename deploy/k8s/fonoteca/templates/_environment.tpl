{{/* The environment of a service: the servers' addresses, then the common settings, then its own. */}}

{{- define "fonoteca.fromSecret" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret | quote }}
      key: {{ .key | quote }}
{{- end }}

{{- define "fonoteca.brokerAdministrator" -}}
{{ include "fonoteca.fromSecret" (dict "variable" "RABBITMQ_URL" "secret" .Values.rabbitmq.existingSecret "key" .Values.rabbitmq.urlKey) }}
{{- end }}

{{- define "fonoteca.brokerAndCatalog" -}}
{{- with .root.Values.rabbitmq.users.existingSecret -}}
{{ include "fonoteca.fromSecret" (dict "variable" "RABBITMQ_URL" "secret" . "key" (printf "%s-url" $.component)) }}
- name: RABBITMQ_DECLARE
  value: "false"
- name: RABBITMQ_USERS
  value: {{ $.root.Values.rabbitmq.users.roles | quote }}
{{- else -}}
{{ include "fonoteca.brokerAdministrator" .root }}
{{- end }}
{{ include "fonoteca.fromSecret" (dict "variable" "MONGO_URI" "secret" .root.Values.mongodb.existingSecret "key" .root.Values.mongodb.uriKey) }}
{{- end }}

{{- define "fonoteca.managementUrl" -}}
{{- if .Values.rabbitmq.inCluster.kind -}}
http://{{ include "fonoteca.name" (dict "root" . "name" "rabbitmq") }}:15672
{{- else -}}
{{ required "rabbitmq.users.managementUrl is empty: give the address of RabbitMQ's management API, by which the users are made" .Values.rabbitmq.users.managementUrl }}
{{- end }}
{{- end }}

{{- define "fonoteca.endpoint" -}}
{{- if not .Values.objectStore.inCluster.enabled -}}
{{ required "objectStore.endpoint is empty: give host:port of an S3 server, or for a trial objectStore.inCluster.enabled=true" .Values.objectStore.endpoint }}
{{- end }}
{{- end }}

{{- define "fonoteca.objectStore" -}}
{{- $store := .root.Values.objectStore -}}
- name: MINIO_ENDPOINT
  value: {{ $store.inCluster.enabled | ternary (printf "%s:9000" (include "fonoteca.name" (dict "root" .root "name" "objectstore"))) (include "fonoteca.endpoint" .root) | quote }}
- name: MINIO_SECURE
  value: {{ and $store.secure (not $store.inCluster.enabled) | quote }}
- name: MINIO_BUCKET
  value: {{ $store.bucket | quote }}
{{ include "fonoteca.fromSecret" (dict "variable" "MINIO_ACCESS_KEY" "secret" $store.existingSecret "key" $store.accessKeyKey) }}
{{ include "fonoteca.fromSecret" (dict "variable" "MINIO_SECRET_KEY" "secret" $store.existingSecret "key" $store.secretKeyKey) }}
{{- end }}

{{- define "fonoteca.mirror" -}}
{{- with .root.Values.azure }}
{{- if .accountUrl -}}
- name: AZURE_ACCOUNT_URL
  value: {{ .accountUrl | quote }}
- name: AZURE_CONTAINER
  value: {{ .container | quote }}
{{ include "fonoteca.fromSecret" (dict "variable" "AZURE_SAS_TOKEN" "secret" .existingSecret "key" .sasTokenKey) }}
{{- end }}
{{- end }}
{{- with .root.Values.mirrorS3 }}
{{- if .endpoint }}
- name: MIRROR_S3_ENDPOINT
  value: {{ .endpoint | quote }}
- name: MIRROR_S3_SECURE
  value: {{ .secure | quote }}
- name: MIRROR_S3_BUCKET
  value: {{ .bucket | quote }}
{{ include "fonoteca.fromSecret" (dict "variable" "MIRROR_S3_ACCESS_KEY" "secret" .existingSecret "key" .accessKeyKey) }}
{{ include "fonoteca.fromSecret" (dict "variable" "MIRROR_S3_SECRET_KEY" "secret" .existingSecret "key" .secretKeyKey) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "fonoteca.trustedCa" -}}
{{- if or .root.Values.trustedCa.configMap .root.Values.trustedCa.secret -}}
- name: SSL_CERT_FILE
  value: /etc/fonoteca/trusted/ca.crt
{{- end }}
{{- end }}

{{/* Merged settings as JSON: a pool's override a service's, and these the common ones, even with 0, false or "". */}}
{{- define "fonoteca.mergedSettings" -}}
{{- $found := dict -}}
{{- range $level := list .root.Values.settings .values.settings (.pool | default dict) -}}
{{- range $name, $value := $level }}{{ $_ := set $found $name $value }}{{ end -}}
{{- end -}}
{{- $found | toJson -}}
{{- end }}

{{- define "fonoteca.settings" -}}
{{ include "fonoteca.trustedCa" . }}
{{- range $name, $value := include "fonoteca.mergedSettings" . | fromJson }}
- name: {{ $name }}
  value: {{ include "fonoteca.number" $value | quote }}
{{- end }}
{{- end }}
