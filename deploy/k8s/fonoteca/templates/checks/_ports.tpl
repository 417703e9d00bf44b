{{/* Ranges of ports that end before they begin. */}}
{{- define "fonoteca.check.ports" -}}
{{- range $list := list "serverEgress" "proxyEgress" "dnsEgress" -}}
{{- range $index, $rule := get $.Values.networkPolicy $list -}}
{{- range $number, $port := $rule.ports -}}
{{- if and $port.endPort (lt (int $port.endPort) (int $port.port)) }}
networkPolicy.{{ $list }}.{{ $index }}.ports.{{ $number }}.endPort: {{ $port.endPort }} is below the port, {{ $port.port }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
