{{/* The pod of `helm test`. */}}
{{- define "fonoteca.testSpec" -}}
{{- $about := dict "root" . "component" "test" -}}
restartPolicy: Never
{{ include "fonoteca.podSecurity" $about }}
containers:
  - name: status
    image: {{ include "fonoteca.image" (dict "root" . "target" "cli") }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args: [status]
    {{- include "fonoteca.containerSecurity" $about | nindent 4 }}
    env:
      - name: API_URL
        value: http://{{ include "fonoteca.name" (dict "root" . "name" "api") }}
      {{- include "fonoteca.fromSecret" (dict "variable" "API_KEY" "secret" .Values.api.existingSecret "key" .Values.api.keyKey) | nindent 6 }}
    resources:
      {{- toYaml .Values.tests.resources | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 16Mi}
{{- end }}
