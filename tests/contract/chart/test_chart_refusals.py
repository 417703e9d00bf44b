"""Wrong values are refused before anything is applied, with the value's name."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.chart import CHART, helm

EXTERNAL = CHART / "ci/external-values.yaml"
#: Where scrapers are scaled.
SCALED = CHART / "ci/operator-values.yaml"
PEER = '{"ipBlock": {"cidr": "10.1.2.0/24"}}'
PORTS = '[{"port": 443}]'
POOLS = "scraper.pools"
#: The name of the value → values that are wrong there, as JSON for --set-json.
WRONG: dict[str, list[tuple[str, str]]] = {
    # Words that are not there, at every depth.
    "networkPolicy.serverEgress.0: Additional property too": [
        ("networkPolicy.serverEgress", f'[{{"too": [{PEER}], "ports": {PORTS}}}]'),
        ("networkPolicy.serverEgress", f'[{{"to": [{PEER}], "too": [{PEER}], "ports": {PORTS}}}]'),
    ],
    "networkPolicy.serverEgress.0: to is required": [("networkPolicy.serverEgress", f'[{{"ports": {PORTS}}}]')],
    "networkPolicy.serverEgress.0: ports is required": [("networkPolicy.serverEgress", f'[{{"to": [{PEER}]}}]')],
    "networkPolicy.serverEgress.0.to": [("networkPolicy.serverEgress", f'[{{"to": [], "ports": {PORTS}}}]')],
    "networkPolicy.proxyEgress.0.to.0": [
        ("networkPolicy.proxyEgress", f'[{{"to": [{{}}], "ports": {PORTS}}}]'),
        ("networkPolicy.proxyEgress", f'[{{"to": [{{"ipblock": {{}}}}], "ports": {PORTS}}}]'),
    ],
    "networkPolicy.proxyEgress.0.to.0.ipBlock.cidr": [
        ("networkPolicy.proxyEgress", f'[{{"to": [{{"ipBlock": {{"cidr": "10.1.2.0"}}}}], "ports": {PORTS}}}]'),
        ("networkPolicy.proxyEgress", f'[{{"to": [{{"ipBlock": {{"cidr": "10.1.2.256/24"}}}}], "ports": {PORTS}}}]'),
    ],
    "networkPolicy.dnsEgress.0.ports.0.port": [
        ("networkPolicy.dnsEgress", f'[{{"to": [{PEER}], "ports": [{{"port": 70000}}]}}]'),
        ("networkPolicy.dnsEgress", f'[{{"to": [{PEER}], "ports": [{{"port": "dns"}}]}}]'),
    ],
    "networkPolicy.serverEgress.0.ports.0.endPort": [
        ("networkPolicy.serverEgress", f'[{{"to": [{PEER}], "ports": [{{"port": 27017, "endPort": 27015}}]}}]'),
    ],
    "networkPolicy.apiFrom.0.ipBlock.except.0": [
        ("networkPolicy.apiFrom", '[{"ipBlock": {"cidr": "10.1.0.0/16", "except": ["10.2.0.0/24"]}}]'),
        ("networkPolicy.apiFrom", '[{"ipBlock": {"cidr": "10.1.0.0/16", "except": ["10.1.0.0/16"]}}]'),
        ("networkPolicy.apiFrom", '[{"ipBlock": {"cidr": "10.1.0.0/16", "except": ["fc00::/7"]}}]'),
    ],
    "networkPolicy.apiFrom.0": [("networkPolicy.apiFrom", "[{}]")],
    "networkPolicy.apiFrom.0.ipBlock.except.0: 2001:db8::/32 is no part of fd00::/8": [
        ("networkPolicy.apiFrom", '[{"ipBlock": {"cidr": "fd00::/8", "except": ["2001:db8::/32"]}}]'),
    ],
    "networkPolicy.serverEgress.0.to.0.ipBlock.cidr": [
        ("networkPolicy.serverEgress", f'[{{"to": [{{"ipBlock": {{"cidr": "{cidr}"}}}}], "ports": {PORTS}}}]')
        for cidr in ("10.1.2.3/24", "fd00::1/64", ":/64", "1::2::3/64", "12345::/16", "1:2:3::4:5:6:7:8/64")
    ],
    "networkPolicy.metricsFrom.0.namespaceSelector": [
        ("networkPolicy.metricsFrom", '[{"namespaceSelector": {"name": "monitoring"}}]'),
    ],
    "networkPolicy.scalerFrom.0.podSelector.matchExpressions.0": [
        ("networkPolicy.scalerFrom", '[{"podSelector": {"matchExpressions": [{"key": "app", "operator": "Is"}]}}]'),
    ],
    "networkPolicy.publicServerPorts.mongodb.0": [("networkPolicy.publicServerPorts.mongodb", "[0]")],
    "networkPolicy.dnsLabels": [("networkPolicy.dnsLabels", '{"k8s-app": null}')],
    "networkPolicy.privateRanges.ipv4": [
        ("networkPolicy.privateRanges.ipv4", "[]"),
        ("networkPolicy.privateRanges.ipv4", '["fc00::/7"]'),
    ],
    "networkPolicy.privateRanges.ipv6.0": [
        ("networkPolicy.privateRanges.ipv6", '["::ffff:0:0/96"]'),
        ("networkPolicy.privateRanges.ipv6", '["10.0.0.0/8"]'),
        ("networkPolicy.privateRanges.ipv6", '["::/0"]'),
        ("networkPolicy.privateRanges.ipv6", '["0:0:0:0:0:ffff::/96"]'),
        ("networkPolicy.privateRanges.ipv6", '["fd00::7/8"]'),
    ],
    "networkPolicy.privateRanges.ipv4.0": [
        ("networkPolicy.privateRanges.ipv4", '["0.0.0.0/0"]'),
        ("networkPolicy.privateRanges.ipv4", '["10.0.0.1/8"]'),
    ],
    "networkPolicy.privateRanges: ipv6 is required": [("networkPolicy.privateRanges.ipv6", "null")],
    "api.resources: Additional property limit": [("api.resources.limit", '{"memory": "1Gi"}')],
    "api.resources.limits.memory": [
        ("api.resources.limits.memory", '"512m"'),
        ("api.resources.limits.memory", '"64Mi"'),
        ("api.resources.limits.memory", "100000000"),
    ],
    "retry.tolerations.0": [
        ("retry.tolerations", '[{"keys": "spot"}]'),
        ("retry.tolerations", '[{"operator": "Exists", "value": "yes"}]'),
        ("retry.tolerations", '[{"key": ""}]'),
        ("retry.tolerations", '[{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5}]'),
        ("retry.tolerations", '[{"key": "a..b/c"}]'),
    ],
    "sync.nodeSelector.disk": [("sync.nodeSelector", '{"disk": true}')],
    "api.ingress.annotations.proxy-body-size": [("api.ingress.annotations", '{"proxy-body-size": 8}')],
    # Addresses and names.
    "api.ingress.host": [
        ("api.ingress.host", '"https://archive.example.org"'),
        ("api.ingress.host", '"archive.example.org/audio"'),
        ("api.ingress.host", '"archive.example.org:8443"'),
        ("api.ingress.host", '"10.1.2.3"'),
        ("api.ingress.host", '"Archive.example.org"'),
        ("api.ingress.host", '""'),
    ],
    "objectStore.endpoint": [
        ("objectStore.endpoint", '"https://s3.example.org:443"'),
        ("objectStore.endpoint", '"s3.example.org"'),
        ("objectStore.endpoint", '"s3.example.org:99999"'),
        ("objectStore.endpoint", '"s3.example.org:443/audio"'),
        ("objectStore.endpoint", '"s3!example.org:443"'),
    ],
    # A network policy takes the port.
    "rabbitmq.users.managementUrl": [
        ("rabbitmq.users.managementUrl", '"rabbitmq.example.org:15672"'),
        ("rabbitmq.users.managementUrl", '"https://rabbitmq.example.org:99999"'),
        ("rabbitmq.users.managementUrl", '"https://:15671"'),
    ],
    "rabbitmq.users.roles": [
        ("rabbitmq.users.roles", '"scraper,retry"'),
        ("rabbitmq.users.roles", '"scraper=a,retry=b,sync=c,watch=w,notify=n,probe=p,api=d"'),
        ("rabbitmq.users.roles", '"skraper=s,scraper=a,retry=b,sync=c,watch=w,notify=n,probe=p,api=d,audit=e"'),
    ],
    "azure.accountUrl": [
        ("azure.accountUrl", '"example.blob.core.windows.net"'),
        ("azure.accountUrl", '"https://example.blob.core.windows.net:70000"'),
        ("azure.accountUrl", '"https://example.blob.core.windows.net/?sv=2024"'),
    ],
    "watch.callbackUrl": [
        ("watch.callbackUrl", '"push.example.org"'),
        ("watch.callbackUrl", '"http://push.example.org"'),
        ("watch.callbackUrl", '"https://push.example.org/hubs"'),
        ("watch.callbackUrl", '"https://push.example.org:99999"'),
    ],
    "azure.container": [("azure.container", '"Audio"')],
    "objectStore.bucket": [("objectStore.bucket", f'"{bucket}"') for bucket in ("a", "a..b", "192.168.1.1", "a-.b")],
    "settings.MONGO_DATABASE": [("settings.MONGO_DATABASE", f'"{name}"') for name in ("an archive", "a.b", "admin")],
    "monitoring.labels": [("monitoring.labels", '{"app.kubernetes.io/instance": "two"}')],
    "image.tag": [("image.tag", '"1.0 beta"'), ("image.tag", "20261126")],
    "image.registry": [
        ("image.registry", '"https://registry.example.org"'),
        ("image.registry", '"registry.example.org:99999"'),
        ("image.registry", '"registry.example.org//archive"'),
    ],
    "image.prefix": [("image.prefix", '"Fonoteca-"'), ("image.prefix", '"-"')],
    "mongodb.inCluster.image": [
        ("mongodb.inCluster.image", f'"{image}"') for image in ("mongo", "mongo:latest", "mongo:8:9", "a//mongo:8")
    ],
    "mongodb.existingSecret": [("mongodb.existingSecret", '""'), ("mongodb.existingSecret", '"My_Secret"')],
    "objectStore.accessKeyKey": [("objectStore.accessKeyKey", f'"{key}"') for key in ("access key", ".", "..data")],
    "settings.API_PUBLIC_URL": [("settings.API_PUBLIC_URL", '"archive.example.org"')],
    "settings.MINIO_REGION": [("settings.MINIO_REGION", '"eu west"')],
    # Variables that the chart sets: a container may have each but once.
    "settings: Additional property": [("settings.RABBITMQ_USERS", '"scraper=scraper"')],
    "scraper.settings: Additional property": [("scraper.settings.SCRAPER_COOKIES_FILE", '"/cookies.txt"')],
    # Numbers and quantities.
    "rabbitmq.inCluster.replicas": [("rabbitmq.inCluster.replicas", "2"), ("rabbitmq.inCluster.replicas", "0")],
    "objectStore.inCluster.storage": [
        ("objectStore.inCluster.storage", '"100GB"'),
        ("objectStore.inCluster.storage", '"0Gi"'),
    ],
    "audit.activeDeadlineSeconds": [("audit.activeDeadlineSeconds", "0")],
    "audit.schedule": [
        ("audit.schedule", '"61 * * * *"'),
        ("audit.schedule", '"0 3 * * 0 *"'),
        ("audit.schedule", '"0 3 * *"'),
        ("audit.schedule", '"@dayly"'),
        ("audit.schedule", '"0 24 * * *"'),
        ("audit.schedule", '"0 3 0 * *"'),
        ("audit.schedule", '"0 3 * 13 *"'),
        ("audit.schedule", '"0 3 * * 7"'),
        ("audit.schedule", '"0 3 * * fri-mon"'),
        ("audit.schedule", '"*/0 * * * *"'),
        ("audit.schedule", '"TZ=UTC 0 3 * * *"'),
        ("audit.schedule", '""'),
        ("audit.schedule", '"@every 1.2.3h"'),
    ],
    "scraper.autoscaling.minReplicas": [
        ("scraper.autoscaling", '{"minReplicas": 4}'),
        ("scraper.autoscaling", '{"kind": "hpa", "minReplicas": 0}'),
    ],
    "scraper.autoscaling.maxReplicas": [("scraper.autoscaling", '{"minReplicas": 0, "maxReplicas": 0}')],
    # Values that do not go with each other.
    "scraper.resources.limits.cpu": [
        ("scraper.resources.limits.cpu", '"500m"'),
        ("scraper.resources.limits.cpu", "0.5"),
    ],
    "scraper.resources.limits.ephemeral-storage": [("scraper.resources.limits.ephemeral-storage", '"4G"')],
    "scraper.resources.requests.cpu": [
        ("scraper", '{"autoscaling": {"kind": "hpa"}, "resources": {"requests": {"cpu": null}}}')
    ],
    "scraper.workFolder.size": [
        ("scraper.workFolder.size", '"20 GB"'),
        ("scraper.workFolder.size", '"010"'),
        # Below SCRAPER_FREE_MEGABYTES a scraper ends with 78.
        ("scraper.workFolder.size", '"300Mi"'),
        ("scraper", '{"settings": {"SCRAPER_FREE_MEGABYTES": 30000}, "resources": {"limits": null}}'),
    ],
    "scraper.resources.limits.ephemeral-storage: it leaves": [
        (
            "scraper",
            '{"resources": {"requests": {"ephemeral-storage": "1Gi"}, "limits": {"ephemeral-storage": "1Gi"}}}',
        ),
    ],
    "scraper.autoscaling.drainSeconds": [("scraper.autoscaling", '{"drainSeconds": 86401}')],
    "scraper.pools.0.egress.name": [(POOLS, '[{"name": "a", "egress": {"name": "north pole"}}]')],
    "scraper.pools.1.name": [
        (POOLS, '[{"name": "north"}, {"name": "north"}]'),
        (POOLS, '[{"name": "north"}, {"name": "North"}]'),
    ],
    "scraper.pools.1: name is required": [(POOLS, '[{"name": "north"}, {}]')],
    "scraper.pools.1.egress.name": [
        (POOLS, '[{"name": "a", "egress": {"name": "x"}}, {"name": "b", "egress": {"name": "x"}}]'),
        (POOLS, '[{"name": "a", "egress": {"name": "b"}}, {"name": "b"}]'),
    ],
    "scraper.pools.0.resources.limits.memory": [
        (POOLS, '[{"name": "a", "resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "2G"}}}]'),
    ],
    "rabbitmq.inCluster.resources.limits.memory": [("rabbitmq.inCluster.resources.limits.memory", '"1023Mi"')],
    # Nothing where something must be.
    "api: replicas is required": [("api.replicas", "null")],
    "scraper.pools": [(POOLS, "[]")],
}


def rendering_of(path: str, value: str) -> subprocess.CompletedProcess[str]:
    shape = SCALED if "autoscaling" in path + value else EXTERNAL
    return helm("template", "archive", str(CHART), "--values", str(shape), "--set-json", f"{path}={value}")


@pytest.mark.parametrize(
    ("name", "path", "value"), [(name, *each) for name, wrong in WRONG.items() for each in wrong], ids=str
)
def test_a_wrong_value_is_refused_with_its_name(name: str, path: str, value: str) -> None:
    done = rendering_of(path, value)
    assert done.returncode != 0, f"{path}={value} is taken"
    assert name in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("audit.schedule", '"@daily"'),
        ("audit.schedule", '"@every 12h"'),
        ("audit.schedule", '"*/15 1-5,7 1,15 jan-mar MON-fri"'),
        ("audit.schedule", '"0 3 ? * SUN"'),
        ("api.ingress.host", '"*.example.org"'),
        ("objectStore.endpoint", '"[2001:db8::1]:65535"'),
        ("objectStore.endpoint", '"store.minio.svc.cluster.local:9000"'),
        ("scraper.resources.limits.cpu", "1"),
        ("scraper.resources.limits.cpu", '"1000m"'),
        ("api.resources.limits.memory", '"0.125Gi"'),
        ("scraper.autoscaling", '{"kind": "keda", "minReplicas": 0}'),
        ("mongodb.inCluster.image", f'"registry.example.org:5000/mongo@sha256:{"0" * 64}"'),
        (
            "retry.tolerations",
            '[{"operator": "Exists"}, {"key": "a", "effect": "NoExecute", "tolerationSeconds": 9}]',
        ),
        ("networkPolicy.serverEgress", f'[{{"to": [{PEER}], "ports": [{{"port": 27015, "endPort": 27017}}]}}]'),
        ("networkPolicy.apiFrom", '[{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "192.168.7.0/25"]}}]'),
        ("networkPolicy.apiFrom", '[{"ipBlock": {"cidr": "fd00::/8", "except": ["fd00:1::/32"]}}]'),
        ("networkPolicy.apiFrom", '[{"ipBlock": {"cidr": "2001:DB8::/32", "except": ["2001:db8:0:0:8000::/65"]}}]'),
        (
            "networkPolicy.apiFrom",
            '[{"ipBlock": {"cidr": "::/0", "except": ["2001:db8::1/128", "1:2:3:4:5:6:7::/112"]}}]',
        ),
        ("azure.accountUrl", '"https://[fd00::1]:10000/devstoreaccount1"'),
        ("objectStore.bucket", '"an.archive-of.2026"'),
        ("image", '{"prefix": "", "registry": "registry.example.org:5000/an/archive_of"}'),
        ("image.prefix", '"audio/fonoteca-"'),
        ("settings", '{"API_PUBLIC_URL": "https://archive.example.org/audio/", "MINIO_REGION": "us-east-1"}'),
        ("rabbitmq.users.roles", '""'),
        ("rabbitmq.users.roles", '"api=d, audit = e,scraper=a,scraper=f,retry=b,sync=c,watch=w,notify=n,probe=p"'),
    ],
)
def test_a_right_value_is_taken(path: str, value: str) -> None:
    done = rendering_of(path, value)
    assert done.returncode == 0, done.stderr


def test_all_that_do_not_go_together_are_named_at_once() -> None:
    wrong = {"audit": {"schedule": "@dayly"}, "scraper": {"autoscaling": {"minReplicas": 9}}}
    arguments = [word for key, each in wrong.items() for word in ("--set-json", f"{key}={json.dumps(each)}")]
    done = helm("template", "archive", str(CHART), "--values", str(EXTERNAL), *arguments)
    assert "audit.schedule: " in done.stderr
    assert "scraper.autoscaling.minReplicas: 9 is above maxReplicas, 3" in done.stderr


def test_a_pools_name_fits_into_the_names_of_its_objects() -> None:
    def refusal(release: str, length: int) -> str:
        pools = json.dumps([{"name": "a" * length}])
        arguments = ("--values", str(EXTERNAL), "--set-json", f"{POOLS}={pools}")
        return helm("template", release, str(CHART), *arguments).stderr

    long = "a-release-of-forty-characters-and-so-on"
    assert refusal("archive", 32) == ""
    assert "scraper.pools.0.name" in refusal(long, 32)
    assert "15 characters are left" in refusal(long, 32)
    assert refusal(long, 15) == ""


@pytest.mark.parametrize("name", ["42", "an.archive"])
def test_a_release_whose_services_could_have_no_such_name_is_refused(name: str) -> None:
    done = helm("template", name, str(CHART), "--values", str(EXTERNAL))
    assert f"the release's name: {name}" in done.stderr
