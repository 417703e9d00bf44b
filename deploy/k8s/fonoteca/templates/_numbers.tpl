{{/*
A number, a boolean or a text as it was written. Helm reads every number of a values file as a float and would print
1000000 as 1e+06; JSON has no such form below 1e21.
*/}}
{{- define "fonoteca.number" -}}
{{- if not (kindIs "invalid" .) }}{{ kindIs "string" . | ternary . (toJson .) }}{{ end -}}
{{- end }}

{{/* A quantity of Kubernetes, such as 500m, 1.5Gi or 2, as a plain number of cores or bytes that `float64` reads. */}}
{{- define "fonoteca.quantity" -}}
{{- $text := include "fonoteca.number" . -}}
{{- $factors := dict "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 -}}
{{- $factor := get $factors (regexFind "[A-Za-z]*$" $text) | default 1.0 -}}
{{- mulf (regexFind "^[0-9.]+" $text | float64) $factor | toJson -}}
{{- end }}
