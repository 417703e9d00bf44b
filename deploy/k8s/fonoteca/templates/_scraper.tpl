{{/* What the pools of scrapers need beyond other services. Each takes a dict: root ($), pool (its values). */}}

{{/* How long a scraper drains: where an autoscaler ends scrapers every day, long enough to end what is in work. */}}
{{- define "fonoteca.scraperDrain" -}}
{{- $scaling := .root.Values.scraper.autoscaling -}}
{{- $drain := empty $scaling.kind | ternary 25 $scaling.drainSeconds -}}
{{- include "fonoteca.drainSeconds" (dict "root" .root "values" .root.Values.scraper "pool" .pool.settings "drain" $drain) -}}
{{- end }}

{{/*
Replicas of a pool. An autoscaler's number is kept, since a Deployment that loses the field falls to one. live: the
Deployment in the cluster; empty for `helm template`, which cannot look, and for the first installation: no field then.
*/}}
{{- define "fonoteca.scraperReplicas" -}}
{{- $scaling := .root.Values.scraper.autoscaling -}}
{{- if not $scaling.kind }}
replicas: {{ hasKey .pool "replicas" | ternary .pool.replicas 1 | include "fonoteca.number" }}
{{- else if .live }}
{{- /* The HPA leaves a Deployment of no replicas alone, so there it must have one. */}}
replicas: {{ max (int .live.spec.replicas) (eq $scaling.kind "hpa" | ternary 1 0) }}
{{- end }}
{{- end }}

{{/* Fewer scrapers only after half an hour in which fewer would have done, and one after the other. */}}
{{- define "fonoteca.scaleDown" -}}
scaleDown:
  stabilizationWindowSeconds: 1800
  policies:
    - {type: Pods, value: 1, periodSeconds: 600}
{{- end }}

{{/* What the work folder may hold: its volume's limit, or what the container's leaves beside /tmp (1Gi), if less. */}}
{{- define "fonoteca.workFolderMegabytes" -}}
{{- $size := include "fonoteca.megabytes" .root.Values.scraper.workFolder.size | int -}}
{{- $resources := .pool.resources | default .root.Values.scraper.resources -}}
{{- with dig "limits" "ephemeral-storage" "" $resources -}}
{{- $size = min $size (max 1 (sub (include "fonoteca.megabytes" . | int) 1074)) -}}
{{- end -}}
{{- $size -}}
{{- end }}

{{/* Refuse an account in two scrapers: each renews its cookies, and the source ends the sessions of both. */}}
{{- define "fonoteca.cookiesSecret" -}}
{{- with (.pool.egress | default dict).cookiesSecret -}}
{{- if or $.root.Values.scraper.autoscaling.kind (gt (int (hasKey $.pool "replicas" | ternary $.pool.replicas 1)) 1) -}}
{{- fail (printf "scraper.pools: pool %s has egress.cookiesSecret, and more than one scraper or scraper.autoscaling.kind: an account is for one scraper; make a pool for each" $.pool.name) -}}
{{- end -}}
{{- . -}}
{{- end -}}
{{- end }}

{{/* The cookies are renewed in place, so the scraper works on a copy; one that it has renewed is kept. */}}
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
