"""The Grafana dashboards as code; `make contracts` writes them to deploy/k8s/fonoteca/dashboards."""
