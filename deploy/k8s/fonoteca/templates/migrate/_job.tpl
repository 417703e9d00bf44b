{{/* The Job that migrates the catalog to the version of this release. */}}

{{- define "fonoteca.migrateSpec" -}}
{{- $about := dict "root" . "component" "migrate" -}}
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
      - name: migrate
        image: {{ include "fonoteca.image" (dict "root" . "target" "cli") }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        args: [migrate, --if-older]
        {{- include "fonoteca.containerSecurity" $about | nindent 8 }}
        env:
          {{- include "fonoteca.fromSecret" (dict "variable" "MONGO_URI" "secret" .Values.mongodb.existingSecret "key" .Values.mongodb.uriKey) | nindent 10 }}
          {{- include "fonoteca.trustedCa" $about | nindent 10 }}
          {{- with .Values.settings.MONGO_DATABASE }}
          - name: MONGO_DATABASE
            value: {{ . | quote }}
          {{- end }}
        # Enough for one batch of documents, whatever the size of the archive.
        resources:
          requests: {cpu: 50m, memory: 128Mi}
          limits: {memory: 512Mi}
        volumeMounts:
          {{- include "fonoteca.mounts" $about | nindent 10 }}
    volumes:
      {{- include "fonoteca.volumes" $about | nindent 6 }}
{{- end }}

{{/* A Job cannot be changed, so a Job with another spec gets another name. */}}
{{- define "fonoteca.migrateName" -}}
{{- $digest := include "fonoteca.migrateSpec" . | sha256sum | trunc 8 -}}
{{- include "fonoteca.name" (dict "root" . "name" (printf "migrate-%d-%s" .Release.Revision $digest)) -}}
{{- end }}
