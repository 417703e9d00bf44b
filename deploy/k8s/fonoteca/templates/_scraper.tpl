{{/* Helpers for the pools of scrapers. Each takes a dict: root ($), pool (its values). */}}

{{/* The drain time of a scraper. With an autoscaler, which often ends scrapers, long enough for running videos. */}}
{{- define "fonoteca.scraperDrain" -}}
{{- $scaling := .root.Values.scraper.autoscaling -}}
{{- $drain := empty $scaling.kind | ternary 25 $scaling.drainSeconds -}}
{{- include "fonoteca.drainSeconds" (dict "root" .root "values" .root.Values.scraper "pool" .pool.settings "drain" $drain) -}}
{{- end }}

{{/*
The replicas of a pool. An autoscaler's number is kept, because a Deployment without the field falls to one. live: the
Deployment in the cluster; empty for `helm template`, which has no cluster, and for the first installation, which then
omit the field.
*/}}
{{- define "fonoteca.scraperReplicas" -}}
{{- $scaling := .root.Values.scraper.autoscaling -}}
{{- if not $scaling.kind }}
replicas: {{ hasKey .pool "replicas" | ternary .pool.replicas 1 | include "fonoteca.number" }}
{{- else if .live }}
{{- /* The HPA ignores a Deployment with zero replicas, so it gets at least one. */}}
replicas: {{ max (int .live.spec.replicas) (eq $scaling.kind "hpa" | ternary 1 0) }}
{{- end }}
{{- end }}

{{/* Scales down only when fewer scrapers would have been enough for half an hour, and one by one. */}}
{{- define "fonoteca.scaleDown" -}}
scaleDown:
  stabilizationWindowSeconds: 1800
  policies:
    - {type: Pods, value: 1, periodSeconds: 600}
{{- end }}

{{/* The limit of the work folder: that of its volume, or the container's minus /tmp (1Gi), if that is less. */}}
{{- define "fonoteca.workFolderMegabytes" -}}
{{- $size := include "fonoteca.megabytes" .root.Values.scraper.workFolder.size | int -}}
{{- $resources := .pool.resources | default .root.Values.scraper.resources -}}
{{- with dig "limits" "ephemeral-storage" "" $resources -}}
{{- $size = min $size (max 1 (sub (include "fonoteca.megabytes" . | int) 1074)) -}}
{{- end -}}
{{- $size -}}
{{- end }}

{{/* Rejects one account in two scrapers: each would renew its cookies, and the source would end both sessions. */}}
{{- define "fonoteca.cookiesSecret" -}}
{{- with (.pool.egress | default dict).cookiesSecret -}}
{{- if or $.root.Values.scraper.autoscaling.kind (gt (int (hasKey $.pool "replicas" | ternary $.pool.replicas 1)) 1) -}}
{{- fail (printf "scraper.pools: pool %s has egress.cookiesSecret, and more than one scraper or scraper.autoscaling.kind: an account is for one scraper; make a pool for each" $.pool.name) -}}
{{- end -}}
{{- . -}}
{{- end -}}
{{- end }}

{{/* Cookies are renewed in place, so the scraper works on a copy. A copy that it has renewed is kept. */}}
{{- define "fonoteca.cookiesCopied" -}}
initContainers:
  - name: cookies
    image: {{ include "fonoteca.image" (dict "root" .root "target" "scraper" "tag" .root.Values.scraper.imageTag) }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    {{- include "fonoteca.containerSecurity" . | nindent 4 }}
    command:
      - sh
      - -c
      - test -s /cookies/cookies.txt || install -m 0600 /etc/fonoteca/cookies/cookies.txt /cookies/cookies.txt
    resources:
      requests: {cpu: 10m, memory: 16Mi}
      limits: {memory: 64Mi}
    volumeMounts:
      - {name: cookies-given, mountPath: /etc/fonoteca/cookies, readOnly: true}
      - {name: cookies, mountPath: /cookies}
{{- end }}
