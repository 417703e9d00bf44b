{{/* Names and labels. Helpers of one component take a dict: root ($), component (a word), name (after the release). */}}

{{- define "fonoteca.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "fonoteca.name" -}}
{{ include "fonoteca.fullname" .root }}-{{ .name }}
{{- end }}

{{- define "fonoteca.selector" -}}
app.kubernetes.io/name: fonoteca
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- if .pool }}
fonoteca/pool: {{ .pool | quote }}
{{- end }}
{{- end }}

{{- define "fonoteca.labels" -}}
{{ include "fonoteca.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "fonoteca.meta" -}}
name: {{ include "fonoteca.name" . }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "fonoteca.labels" . | nindent 2 }}
{{- end }}

{{/* The result begins with a new line, or is empty. */}}
{{- define "fonoteca.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}
