{{/* Rules that the API server would refuse: ranges of ports, and exceptions that are no part of their block. */}}
{{- define "fonoteca.check.network" -}}
{{- range $list := list "serverEgress" "proxyEgress" "dnsEgress" -}}
{{- range $index, $rule := get $.Values.networkPolicy $list -}}
{{- $path := printf "networkPolicy.%s.%d" $list $index -}}
{{- range $number, $port := $rule.ports -}}
{{- if and $port.endPort (lt (int $port.endPort) (int $port.port)) }}
{{ $path }}.ports.{{ $number }}.endPort: {{ $port.endPort }} is below the port, {{ $port.port }}
{{- end -}}
{{- end -}}
{{- include "fonoteca.check.blocks" (dict "path" (printf "%s.to" $path) "peers" $rule.to) -}}
{{- end -}}
{{- end -}}
{{- range $list := list "apiFrom" "metricsFrom" "scalerFrom" -}}
{{- include "fonoteca.check.blocks" (dict "path" (printf "networkPolicy.%s" $list) "peers" (get $.Values.networkPolicy $list)) -}}
{{- end -}}
{{- end }}

{{- define "fonoteca.check.blocks" -}}
{{- range $index, $peer := .peers -}}
{{- with $peer.ipBlock -}}
{{- $bits := splitList "/" .cidr | last | atoi -}}
{{- $block := include "fonoteca.check.bits" .cidr -}}
{{- range $number, $except := .except -}}
{{- $within := and (eq (contains ":" $except) (contains ":" $peer.ipBlock.cidr)) (gt (splitList "/" $except | last | atoi) $bits) -}}
{{- if not (and $within (hasPrefix (trunc $bits $block) (include "fonoteca.check.bits" $except))) }}
{{ $.path }}.{{ $index }}.ipBlock.except.{{ $number }}: {{ $except }} is no part of {{ $peer.ipBlock.cidr }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The bits of a block's IPv4 address; none of IPv6, whose addresses have too many ways to be written. */}}
{{- define "fonoteca.check.bits" -}}
{{- if not (contains ":" .) -}}
{{- range splitList "." (splitList "/" . | first) }}{{ printf "%08b" (atoi .) }}{{ end -}}
{{- end -}}
{{- end }}
