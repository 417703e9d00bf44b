{{/* Rules that the API server would reject: port ranges, and exceptions outside of their block. */}}
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
{{- include "fonoteca.check.privateRanges" . -}}
{{- end }}

{{- define "fonoteca.check.blocks" -}}
{{- range $index, $peer := .peers -}}
{{- with $peer.ipBlock -}}
{{- $path := printf "%s.%d.ipBlock" $.path $index -}}
{{- include "fonoteca.check.beginning" (dict "path" (printf "%s.cidr" $path) "block" .cidr) -}}
{{- $bits := splitList "/" .cidr | last | atoi -}}
{{- $block := include "fonoteca.check.bits" .cidr -}}
{{- range $number, $except := .except -}}
{{- include "fonoteca.check.beginning" (dict "path" (printf "%s.except.%d" $path $number) "block" $except) -}}
{{- $inner := include "fonoteca.check.bits" $except -}}
{{- $within := and (eq (len $inner) (len $block)) (gt (splitList "/" $except | last | atoi) $bits) -}}
{{- if not (and $within (hasPrefix (trunc $bits $block) $inner)) }}
{{ $path }}.except.{{ $number }}: {{ $except }} is no part of {{ $peer.ipBlock.cidr }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "fonoteca.check.privateRanges" -}}
{{- range $family, $blocks := .Values.networkPolicy.privateRanges -}}
{{- range $index, $block := $blocks -}}
{{- $path := printf "networkPolicy.privateRanges.%s.%d" $family $index -}}
{{- include "fonoteca.check.beginning" (dict "path" $path "block" $block) -}}
{{- if hasPrefix (printf "%s1111111111111111" (repeat 80 "0")) (include "fonoteca.check.bits" $block) }}
{{ $path }}: {{ $block }} is IPv4 in disguise, which is no part of ::/0 to the API server
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Newer versions of Kubernetes reject a block whose address has bits beyond its prefix. path: of the value. */}}
{{- define "fonoteca.check.beginning" -}}
{{- if contains "1" (substr (splitList "/" .block | last | atoi) -1 (include "fonoteca.check.bits" .block)) }}
{{ .path }}: {{ .block }} begins within the block, not at its first address
{{- end -}}
{{- end }}

{{/* The bits of a block's address: 32 for IPv4, 128 for IPv6. */}}
{{- define "fonoteca.check.bits" -}}
{{- $address := splitList "/" . | first -}}
{{- if contains ":" $address -}}
{{- $parts := splitList "::" $address -}}
{{- $left := compact (splitList ":" (first $parts)) -}}
{{- $right := eq (len $parts) 2 | ternary (compact (splitList ":" (last $parts))) list -}}
{{- range $group := $left }}{{ include "fonoteca.check.groupBits" $group }}{{ end -}}
{{- repeat (sub 128 (mul 16 (add (len $left) (len $right))) | int) "0" -}}
{{- range $group := $right }}{{ include "fonoteca.check.groupBits" $group }}{{ end -}}
{{- else -}}
{{- range splitList "." $address }}{{ printf "%08b" (atoi .) }}{{ end -}}
{{- end -}}
{{- end }}

{{/* The bits of one group of an IPv6 address, such as 2001 or db8. */}}
{{- define "fonoteca.check.groupBits" -}}
{{- range $digit := printf "%s%s" (repeat (sub 4 (len .) | int) "0") (lower .) | splitList "" -}}
{{- printf "%04b" (regexMatch "[0-9]" $digit | ternary (atoi $digit) (index (dict "a" 10 "b" 11 "c" 12 "d" 13 "e" 14 "f" 15) $digit | default 0)) -}}
{{- end -}}
{{- end }}
