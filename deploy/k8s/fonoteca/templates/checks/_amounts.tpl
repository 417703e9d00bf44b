{{/* Limits below their requests. path: of the value, resources: what it holds. A line for each. */}}
{{- define "fonoteca.check.resources" -}}
{{- $requests := .resources.requests | default dict -}}
{{- $limits := .resources.limits | default dict -}}
{{- range $what, $limit := $limits -}}
{{- $request := get $requests $what -}}
{{- if and (hasKey $requests $what) (lt (include "fonoteca.quantity" $limit | float64) (include "fonoteca.quantity" $request | float64)) }}
{{ $.path }}.limits.{{ $what }}: {{ include "fonoteca.number" $limit }} is below the request, {{ include "fonoteca.number" $request }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The work folder is part of what the pod may store on its node; the kubelet ends a pod that stores more. */}}
{{- define "fonoteca.check.workFolder" -}}
{{- $limit := get (.resources.limits | default dict) "ephemeral-storage" -}}
{{- if $limit -}}
{{- if lt (include "fonoteca.quantity" $limit | float64) (addf (include "fonoteca.quantity" .size | float64) (include "fonoteca.quantity" "1Gi" | float64)) }}
scraper.workFolder.size: {{ .size }} and 1Gi for /tmp do not fit into {{ .path }}.limits.ephemeral-storage, {{ include "fonoteca.number" $limit }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "fonoteca.check.everyResources" -}}
{{- $all := dict "rabbitmq.users" .Values.rabbitmq.users "rabbitmq.inCluster" .Values.rabbitmq.inCluster "mongodb.inCluster" .Values.mongodb.inCluster "objectStore.inCluster" .Values.objectStore.inCluster -}}
{{- range $name := list "scraper" "retry" "sync" "api" "audit" "tests" }}{{ $_ := set $all $name (get $.Values $name) }}{{ end -}}
{{- range $path, $values := $all -}}
{{- include "fonoteca.check.resources" (dict "path" (printf "%s.resources" $path) "resources" $values.resources) -}}
{{- end -}}
{{- end }}
