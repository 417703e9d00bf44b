{{/* Pools that would collide, and names that Kubernetes would reject. */}}
{{- define "fonoteca.check.pools" -}}
{{- $names := dict -}}
{{- $egresses := dict -}}
{{- range $index, $pool := .Values.scraper.pools -}}
{{- $path := printf "scraper.pools.%d" $index -}}
{{- $egress := ($pool.egress | default dict).name | default $pool.name -}}
{{- if hasKey $names $pool.name }}
{{ $path }}.name: {{ get $names $pool.name }} is called {{ $pool.name }} too
{{- else if hasKey $egresses $egress }}
{{ $path }}.egress.name: {{ $egress }} is the egress of {{ get $egresses $egress }}; a pool has one of its own
{{- end -}}
{{- $_ := set $names $pool.name $path -}}
{{- $_ := set $egresses $egress $path -}}
{{- $name := include "fonoteca.name" (dict "root" $ "name" (printf "scraper-%s" $pool.name)) -}}
{{- if gt (len $name) 63 }}
{{ $path }}.name: {{ $name }} would be its Deployment's name; with that release's name {{ sub 63 (sub (len $name) (len $pool.name)) }} characters are left for the pool's
{{- end -}}
{{- $resources := $pool.resources | default $.Values.scraper.resources -}}
{{- if $pool.resources -}}
{{- include "fonoteca.check.resources" (dict "path" (printf "%s.resources" $path) "resources" $resources) -}}
{{- end -}}
{{- include "fonoteca.check.workFolder" (dict "root" $ "pool" $pool "path" $path) -}}
{{- $where := empty $pool.resources | ternary "scraper" $path | printf "%s.resources" -}}
{{- if and (eq $.Values.scraper.autoscaling.kind "hpa") (not (hasKey ($resources.requests | default dict) "cpu")) }}
{{ $where }}.requests.cpu: not set, but autoscaling by CPU measures against it
{{- end -}}
{{- end -}}
{{- end }}

{{- define "fonoteca.check.autoscaling" -}}
{{- with .Values.scraper.autoscaling -}}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
scraper.autoscaling.minReplicas: {{ include "fonoteca.number" .minReplicas }} is above maxReplicas, {{ include "fonoteca.number" .maxReplicas }}
{{- end -}}
{{- if and (eq .kind "hpa") (eq (int .minReplicas) 0) }}
scraper.autoscaling.minReplicas: 0 is possible with KEDA alone; with hpa write 1 or more
{{- end -}}
{{- end -}}
{{- end }}

{{/* A scraper ends with 78 if its work folder is smaller than SCRAPER_FREE_MEGABYTES; 500 is the code's default. */}}
{{- define "fonoteca.check.workFolder" -}}
{{- $settings := include "fonoteca.mergedSettings" (dict "root" .root "values" .root.Values.scraper "pool" .pool.settings) | fromJson -}}
{{- $free := hasKey $settings "SCRAPER_FREE_MEGABYTES" | ternary $settings.SCRAPER_FREE_MEGABYTES 500.0 -}}
{{- $told := include "fonoteca.workFolderMegabytes" . | int -}}
{{- $size := .root.Values.scraper.workFolder.size -}}
{{- if or (lt $told (max 1 (int $free) | int)) (gt $told 1000000000) -}}
{{- if eq $told (include "fonoteca.megabytes" $size | int) }}
scraper.workFolder.size: {{ $size }} holds {{ $told }} MB; a scraper takes at least SCRAPER_FREE_MEGABYTES, {{ include "fonoteca.number" $free }}, and at most 1000000000
{{- else }}
{{ empty .pool.resources | ternary "scraper" .path }}.resources.limits.ephemeral-storage: it leaves the work folder {{ $told }} MB beside 1Gi for /tmp; a scraper takes at least SCRAPER_FREE_MEGABYTES, {{ include "fonoteca.number" $free }}
{{- end -}}
{{- end -}}
{{- end }}
