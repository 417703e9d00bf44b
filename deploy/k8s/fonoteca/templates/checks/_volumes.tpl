{{/*
Volumes that Kubernetes would not change: a StatefulSet keeps its original size and class. Reads the running
StatefulSet, so without a cluster (`helm template`) it finds nothing. path: the path of the server's values; name: its
StatefulSet.
*/}}
{{- define "fonoteca.check.volume" -}}
{{- $name := include "fonoteca.name" . -}}
{{- $there := lookup "apps/v1" "StatefulSet" .root.Release.Namespace $name -}}
{{- range $claim := dig "spec" "volumeClaimTemplates" list $there -}}
{{- $size := dig "spec" "resources" "requests" "storage" "0" $claim -}}
{{- $class := dig "spec" "storageClassName" "" $claim -}}
{{- if ne (include "fonoteca.quantity" $size) (include "fonoteca.quantity" $.values.storage) }}
{{ $.path }}.storage: {{ $.values.storage }}, but the volume of {{ $name }} was made with {{ $size }}, and a StatefulSet cannot change it. To enlarge it, if its class allows: kubectl -n {{ $.root.Release.Namespace }} patch pvc data-{{ $name }}-0 -p '{"spec":{"resources":{"requests":{"storage":"{{ $.values.storage }}"}}}}', then kubectl -n {{ $.root.Release.Namespace }} delete statefulset {{ $name }} --cascade=orphan, then this upgrade again. To make it smaller, move the data
{{- end -}}
{{- if ne $class $.values.storageClass }}
{{ $.path }}.storageClass: {{ $.values.storageClass | quote }}, but the volume of {{ $name }} was made with {{ $class | quote }}; move the data to another volume, or leave it
{{- end -}}
{{- end -}}
{{- end }}

{{- define "fonoteca.check.volumes" -}}
{{- $servers := dict "rabbitmq" .Values.rabbitmq "mongodb" .Values.mongodb "objectStore" .Values.objectStore -}}
{{- range $server, $values := $servers -}}
{{- if or (eq ($values.inCluster.kind | default "") "statefulset") $values.inCluster.enabled -}}
{{- include "fonoteca.check.volume" (dict "root" $ "name" (lower $server) "path" (printf "%s.inCluster" $server) "values" $values.inCluster) -}}
{{- end -}}
{{- end -}}
{{- end }}
