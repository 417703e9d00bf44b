{{/* The Job that creates the queues and the broker's users. */}}

{{- define "fonoteca.topologySpec" -}}
{{- $about := dict "root" . "component" "topology" -}}
backoffLimit: 20
ttlSecondsAfterFinished: 86400
template:
  metadata:
    labels:
      {{- include "fonoteca.labels" $about | nindent 6 }}
  spec:
    restartPolicy: OnFailure
    {{- include "fonoteca.podSecurity" $about | nindent 4 }}
    containers:
      - name: topology
        image: {{ include "fonoteca.image" (dict "root" . "target" "cli") }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        args: [topology, apply, --wait, "600"]
        {{- include "fonoteca.containerSecurity" $about | nindent 8 }}
        env:
          {{- include "fonoteca.brokerAdministrator" . | nindent 10 }}
          {{- include "fonoteca.trustedCa" $about | nindent 10 }}
          - name: RABBITMQ_MANAGEMENT_URL
            value: {{ include "fonoteca.managementUrl" . | quote }}
          {{- range list "scraper" "retry" "sync" "watch" "notify" "probe" "api" "audit" }}
          {{- include "fonoteca.fromSecret" (dict "variable" (printf "RABBITMQ_URL_%s" (upper .)) "secret" $.Values.rabbitmq.users.existingSecret "key" (printf "%s-url" .)) | nindent 10 }}
          {{- end }}
          {{- with .Values.rabbitmq.users.submitterKey }}
          {{- include "fonoteca.fromSecret" (dict "variable" "RABBITMQ_URL_SUBMITTER" "secret" $.Values.rabbitmq.users.existingSecret "key" .) | nindent 10 }}
          {{- end }}
        resources:
          {{- toYaml .Values.rabbitmq.users.resources | nindent 10 }}
        volumeMounts:
          {{- include "fonoteca.mounts" $about | nindent 10 }}
    volumes:
      {{- include "fonoteca.volumes" $about | nindent 6 }}
{{- end }}

{{/*
A Job cannot be changed, so a Job with another spec gets another name: `kubectl apply` may run again without Helm's
revision number. With Helm the Job runs at every upgrade, because a secret may have new addresses.
*/}}
{{- define "fonoteca.topologyName" -}}
{{- $digest := include "fonoteca.topologySpec" . | sha256sum | trunc 8 -}}
{{- include "fonoteca.name" (dict "root" . "name" (printf "topology-%d-%s" .Release.Revision $digest)) -}}
{{- end }}
