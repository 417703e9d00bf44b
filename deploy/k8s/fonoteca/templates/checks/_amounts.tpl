{{/* Lists limits below their requests, one per line. path: the path of the value; resources: the value. */}}
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

{{- define "fonoteca.check.everyResources" -}}
{{- $all := dict "rabbitmq.users" .Values.rabbitmq.users "rabbitmq.inCluster" .Values.rabbitmq.inCluster "mongodb.inCluster" .Values.mongodb.inCluster "objectStore.inCluster" .Values.objectStore.inCluster -}}
{{- range $name := list "scraper" "retry" "sync" "watch" "notify" "probe" "api" "audit" "tests" }}{{ $_ := set $all $name (get $.Values $name) }}{{ end -}}
{{- range $path, $values := $all -}}
{{- include "fonoteca.check.resources" (dict "path" (printf "%s.resources" $path) "resources" $values.resources) -}}
{{- end -}}
{{- end }}
