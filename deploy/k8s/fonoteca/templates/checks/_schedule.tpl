{{/* What is wrong with a cron schedule as Kubernetes reads it; empty if nothing is. Takes the schedule. */}}
{{- define "fonoteca.check.schedule" -}}
{{- $fields := regexSplit "\\s+" (trim .) -1 -}}
{{- if hasPrefix "@" . -}}
{{- if not (regexMatch "^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every ([0-9]+(\\.[0-9]+)?(h|m|s))+)$" .) -}}
no such word: write @hourly, @daily, @weekly, @monthly or @yearly, or five fields
{{- end -}}
{{- else if ne (len $fields) 5 -}}
{{ len $fields }} fields; cron has five: minute, hour, day of the month, month, day of the week
{{- else -}}
{{- $all := list (dict "what" "minute" "least" 0 "most" 59) (dict "what" "hour" "least" 0 "most" 23) (dict "what" "day of the month" "least" 1 "most" 31) (dict "what" "month" "least" 1 "most" 12 "names" "jan feb mar apr may jun jul aug sep oct nov dec") (dict "what" "day of the week" "least" 0 "most" 6 "names" "sun mon tue wed thu fri sat") -}}
{{- range $index, $field := $fields -}}
{{- range $part := splitList "," $field -}}
{{- include "fonoteca.check.schedulePart" (set (index $all $index) "part" $part) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* part: *, 5, 1-5, mon-fri, each with or without a step, such as /15. */}}
{{- define "fonoteca.check.schedulePart" -}}
{{- $text := lower .part -}}
{{- $first := .least -}}
{{- range $number, $name := splitList " " (.names | default "") -}}
{{- if $name }}{{ $text = regexReplaceAll (printf "\\b%s\\b" $name) $text (add $number $first | toString) }}{{ end -}}
{{- end -}}
{{- if not (regexMatch "^([*?]|[0-9]{1,9}(-[0-9]{1,9})?)(/[0-9]{0,8}[1-9][0-9]{0,8})?$" $text) -}}
{{ .part | quote }} is no {{ .what }}; {{ else -}}
{{- $ends := regexFindAll "[0-9]+" (splitList "/" $text | first) -1 -}}
{{- range $end := $ends -}}
{{- if or (lt (atoi $end) $.least) (gt (atoi $end) $.most) -}}
{{ $end }} is no {{ $.what }}, that is {{ $.least }} to {{ $.most }}; {{ end -}}
{{- end -}}
{{- if and (eq (len $ends) 2) (gt (atoi (first $ends)) (atoi (last $ends))) -}}
{{ .part | quote }} ends before it begins; {{ end -}}
{{- end -}}
{{- end }}
