{{/* Rules of network policies, from network.yaml. These helpers return JSON, because helpers can only return text. */}}

{{/* The components that have pods in this release. */}}
{{- define "fonoteca.network.components" -}}
{{- $found := list "scraper" "retry" "sync" "watch" "notify" "probe" "api" "migrate" "test" -}}
{{- if .Values.audit.enabled }}{{ $found = append $found "audit" }}{{ end -}}
{{- if .Values.rabbitmq.users.existingSecret }}{{ $found = append $found "topology" }}{{ end -}}
{{- if eq .Values.rabbitmq.inCluster.kind "statefulset" }}{{ $found = append $found "rabbitmq" }}{{ end -}}
{{- if .Values.mongodb.inCluster.enabled }}{{ $found = append $found "mongodb" }}{{ end -}}
{{- if .Values.objectStore.inCluster.enabled }}{{ $found = append $found "objectstore" }}{{ end -}}
{{- toJson $found -}}
{{- end }}

{{- define "fonoteca.network.pod" -}}
{{- $labels := include "fonoteca.selector" (dict "root" .root "component" .component) | fromYaml -}}
{{- dict "podSelector" (dict "matchLabels" $labels) | toJson -}}
{{- end }}

{{/* The port of an address: the one it names, or the default of its scheme. */}}
{{- define "fonoteca.network.portOf" -}}
{{- $named := regexFind ":[0-9]+$" (urlParse .).host | trimPrefix ":" -}}
{{- $named | default (hasPrefix "http://" . | ternary "80" "443") -}}
{{- end }}

{{/* All addresses except private ones. `ports`: numbers. */}}
{{- define "fonoteca.network.public" -}}
{{- $private := .root.Values.networkPolicy.privateRanges -}}
{{- $blocks := list -}}
{{- range $cidr, $except := dict "0.0.0.0/0" $private.ipv4 "::/0" $private.ipv6 -}}
{{- $blocks = append $blocks (dict "ipBlock" (dict "cidr" $cidr "except" $except)) -}}
{{- end -}}
{{- $ports := list -}}
{{- range .ports }}{{ $ports = append $ports (dict "port" (int .) "protocol" "TCP") }}{{ end -}}
{{- dict "to" $blocks "ports" $ports | toJson -}}
{{- end }}

{{/* The egress rules to a server outside this release. `to`: a word of network.yaml. */}}
{{- define "fonoteca.network.outside" -}}
{{- $values := .root.Values -}}
{{- $ports := list -}}
{{- if eq .to "objectstore" }}{{ $ports = list (regexFind "[0-9]+$" (include "fonoteca.endpoint" .root)) }}
{{- else if eq .to "management" }}{{ $ports = list (include "fonoteca.network.portOf" (include "fonoteca.managementUrl" .root)) }}
{{- else }}{{ $ports = get $values.networkPolicy.publicServerPorts .to }}{{ end -}}
{{- $rules := $values.networkPolicy.serverEgress -}}
{{- if $ports }}{{ $rules = append $rules (include "fonoteca.network.public" (dict "root" .root "ports" $ports) | fromJson) }}{{ end -}}
{{- toJson $rules -}}
{{- end }}

{{/* The egress rules of one connection. `to`: a word of network.yaml; `port`: the port of its pod. */}}
{{- define "fonoteca.network.egress" -}}
{{- $values := .root.Values -}}
{{- $policy := $values.networkPolicy -}}
{{- $component := eq .to "management" | ternary "rabbitmq" .to -}}
{{- $ports := list (dict "port" .port "protocol" "TCP") -}}
{{- if eq .to "dns" -}}
{{- $pods := dict "namespaceSelector" dict "podSelector" (dict "matchLabels" $policy.dnsLabels) -}}
{{- $both := list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP") -}}
{{- prepend $policy.dnsEgress (dict "to" (list $pods) "ports" $both) | toJson -}}
{{- else if has .to (list "sources" "receivers") -}}
{{- list (include "fonoteca.network.public" (dict "root" .root "ports" (list 443 80)) | fromJson) | toJson -}}
{{- else if eq .to "hubs" -}}
{{- if $values.watch.callbackUrl -}}
{{- list (include "fonoteca.network.public" (dict "root" .root "ports" (list 443)) | fromJson) | toJson -}}
{{- else }}[]{{ end -}}
{{- else if eq .to "proxies" -}}
{{- toJson $policy.proxyEgress -}}
{{- else if eq .to "mirror" -}}
{{- $mirrorPorts := list -}}
{{- with $values.azure.accountUrl }}{{ $mirrorPorts = append $mirrorPorts (include "fonoteca.network.portOf" .) }}{{ end -}}
{{- with $values.mirrorS3.endpoint }}{{ $mirrorPorts = append $mirrorPorts (regexFind "[0-9]+$" .) }}{{ end -}}
{{- if $mirrorPorts -}}
{{- $public := include "fonoteca.network.public" (dict "root" .root "ports" (uniq $mirrorPorts)) | fromJson -}}
{{- /* For an account with a private endpoint, or an S3 server of one's own. */ -}}
{{- append $policy.serverEgress $public | toJson -}}
{{- else }}[]{{ end -}}
{{- else if has $component (include "fonoteca.network.components" .root | fromJsonArray) -}}
{{- list (dict "to" (list (include "fonoteca.network.pod" (dict "root" .root "component" $component) | fromJson)) "ports" $ports) | toJson -}}
{{- else if and (eq $component "rabbitmq") (eq $values.rabbitmq.inCluster.kind "operator") -}}
{{- /* The operator labels its pods itself. */ -}}
{{- $labels := dict "app.kubernetes.io/name" (include "fonoteca.name" (dict "root" .root "name" "rabbitmq")) "app.kubernetes.io/component" "rabbitmq" -}}
{{- list (dict "to" (list (dict "podSelector" (dict "matchLabels" $labels))) "ports" $ports) | toJson -}}
{{- else -}}
{{- include "fonoteca.network.outside" . -}}
{{- end -}}
{{- end }}

{{/* The peers that may open a connection. `from`: words of network.yaml. */}}
{{- define "fonoteca.network.callers" -}}
{{- $root := .root -}}
{{- $policy := $root.Values.networkPolicy -}}
{{- $scalers := eq $root.Values.scraper.autoscaling.kind "keda" | ternary $policy.scalerFrom list -}}
{{- $hubs := ternary $policy.apiFrom list (ne $root.Values.watch.callbackUrl "") -}}
{{- $outside := dict "hubs" $hubs "callers" $policy.apiFrom "prometheus" $policy.metricsFrom "scaler" $scalers -}}
{{- $components := include "fonoteca.network.components" $root | fromJsonArray -}}
{{- $peers := list -}}
{{- range .from -}}
{{- if hasKey $outside . }}{{ $peers = concat $peers (get $outside .) }}
{{- else if has . $components }}{{ $peers = append $peers (include "fonoteca.network.pod" (dict "root" $root "component" .) | fromJson) }}{{ end -}}
{{- end -}}
{{- toJson $peers -}}
{{- end }}
