"""Rendered network policies, for every pair in each shape, against a table of who talks to whom that is kept here."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.topology.services import SERVICES
from tests.chart import CHART, SHAPES, Manifest, component, every_pod, of_kind, template
from tests.network_policies import Address, Pod, Port, lets_in, lets_out

#: Who opens connections to whom, at which ports. A shape adds what is different with it.
WORKERS = (*SERVICES, "audit")
DNS = {("DNS", Port(53)), ("DNS", Port(53, "UDP"))}
PROMETHEUS = {**{name: {9100} for name in SERVICES}, "rabbitmq": {15692}}
STORE_USERS = {"scraper", "sync", "api", "audit"}
PUBLIC = ("public IPv4", "public IPv6")

ADDRESSES = [
    Address("public IPv4", "203.0.113.7"),
    Address("public IPv6", "2001:db8::7"),
    Address("servers' network", "10.1.2.3"),
    Address("proxies' network", "10.1.3.3"),
    Address("private 10", "10.200.0.1"),
    Address("private 172", "172.20.0.1"),
    Address("private 192", "192.168.1.1"),
    Address("metadata service", "169.254.169.254"),
    Address("carrier-grade NAT", "100.64.1.1"),
    Address("private IPv6", "fd00::1"),
    Address("IPv4 behind NAT64", "64:ff9b::a00:1"),
    Address("IPv4 behind a network's own NAT64", "64:ff9b:1::a00:1"),
    Address("IPv4 in Teredo", "2001:0:a00:1::1"),
    Address("IPv4 in 6to4", "2002:a00:1::1"),
    Address("IPv4-compatible", "::a00:1"),
]
STRANGERS = [
    Pod("DNS", "kube-system", {"k8s-app": "kube-dns"}),
    Pod("Prometheus", "monitoring", {"app": "prometheus"}),
    Pod("KEDA", "keda", {"app": "keda-operator"}),
    Pod("ingress controller", "ingress-nginx", {"app": "ingress-nginx"}),
    Pod("neighbour", "audio", {"app": "else"}),
    Pod("stranger", "elsewhere", {"app": "else"}),
    Pod("another release's API", "audio", {"app.kubernetes.io/name": "fonoteca", "app.kubernetes.io/instance": "two"}),
]
OPERATED = Pod(
    "operated rabbitmq",
    "audio",
    {"app.kubernetes.io/name": "archive-fonoteca-rabbitmq", "app.kubernetes.io/component": "rabbitmq"},
)
PORTS = [
    *(Port(n) for n in (22, 53, 80, 443, 3128, 5671, 5672, 8000, 9000, 9100)),
    *(Port(n) for n in (9999, 15671, 15672, 15692, 27017)),
    Port(53, "UDP"),
    Port(443, "UDP"),
]
#: Shapes that have no servers of their own, and what is at their servers' network.
SERVERS_NETWORK = {"external-values": {5671, 15671, 27017}, "operator-values": {27017}}


@cache
def ours(shape: Path) -> tuple[Pod, ...]:
    found = {}
    for pod in every_pod(shape):
        labels = pod["metadata"]["labels"]
        found[component(pod)] = Pod(component(pod), "audio", labels)
    return tuple(found.values())


def egress_expected(shape: Path, name: str) -> set[tuple[str, Port]]:  # noqa: C901
    """What `name` may reach, by the words of this table."""
    inside = {pod.name for pod in ours(shape)}
    may = set(DNS)
    servers = {
        "rabbitmq": (5672, {*WORKERS, "topology"}),
        "mongodb": (27017, {*WORKERS, "migrate"}),
        "objectstore": (9000, STORE_USERS),
    }
    for server, (port, users) in servers.items():
        if name in users and server in inside:
            may.add((server, Port(port)))
    if name == "topology" and "rabbitmq" in inside:
        may.add(("rabbitmq", Port(15672)))
    if name == "test":
        may.add(("api", Port(8000)))
    # Sources, and the endpoints of webhooks.
    if name in ("scraper", "notify"):
        may |= {(place, Port(port)) for place in PUBLIC for port in (80, 443)}
    if shape.stem in SERVERS_NETWORK:
        if name in STORE_USERS:
            may |= {(place, Port(443)) for place in PUBLIC}
        if name in {*WORKERS, "topology", "migrate"} and (name != "topology" or shape.stem == "external-values"):
            may |= {("servers' network", Port(port)) for port in SERVERS_NETWORK[shape.stem]}
    if shape.stem == "operator-values":
        if name in {*WORKERS, "topology"}:
            may.add((OPERATED.name, Port(5672)))
        if name == "topology":
            may.add((OPERATED.name, Port(15672)))
    if shape.stem == "external-values":
        if name == "scraper":
            may.add(("proxies' network", Port(3128)))
        if name == "topology":
            may |= {(place, Port(15671)) for place in PUBLIC}
    return may


def ingress_expected(shape: Path, name: str) -> set[tuple[str, Port]]:
    """Who may reach `name`."""
    inside = [pod.name for pod in ours(shape)]
    may = {(caller, port) for caller in inside for to, port in egress_expected(shape, caller) if to == name}
    # By default metrics may be read from every namespace, since Prometheus has one of its own.
    everybody = {*inside, *(pod.name for pod in STRANGERS), OPERATED.name}
    may |= {(caller, Port(port)) for caller in everybody for port in PROMETHEUS.get(name, ())}
    if name == "api":
        here = {*inside, OPERATED.name, *(pod.name for pod in STRANGERS if pod.namespace == "audio")}
        here |= {"ingress controller"} if shape.stem == "external-values" else set()
        may |= {(caller, Port(8000)) for caller in here}
    if name == "rabbitmq" and shape.stem == "keda-values":
        may.add(("KEDA", Port(15672)))
    return may


def pairs(shape: Path) -> Iterator[tuple[Pod, Pod | Address, Port]]:
    others: list[Pod | Address] = [*ours(shape), *STRANGERS, OPERATED, *ADDRESSES]
    return ((pod, other, port) for pod in ours(shape) for other in others for port in PORTS)


@pytest.fixture(params=[shape for shape in SHAPES if "hpa" not in shape.stem], ids=lambda shape: shape.stem)
def shape(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_every_pair_is_as_the_table_says_in_both_directions(shape: Path) -> None:
    policies = of_kind(shape, "NetworkPolicy")
    wrong = []
    for pod, other, port in pairs(shape):
        out = lets_out(policies, pod, other, port)
        if out != ((other.name, port) in egress_expected(shape, pod.name)):
            wrong.append(f"{pod.name} → {other.name} {port}: {'allowed' if out else 'denied'}")
        enters = lets_in(policies, pod, other, port)
        if enters != ((other.name, port) in ingress_expected(shape, pod.name)):
            wrong.append(f"{pod.name} ← {other.name} {port}: {'allowed' if enters else 'denied'}")
    assert wrong == []


def test_what_one_side_lets_out_the_other_lets_in(shape: Path) -> None:
    policies = of_kind(shape, "NetworkPolicy")
    for pod, other, port in pairs(shape):
        if isinstance(other, Pod) and other in ours(shape) and lets_out(policies, pod, other, port):
            assert lets_in(policies, other, pod, port), (pod.name, other.name, port)


def test_no_rule_is_for_everybody_or_for_every_port(shape: Path) -> None:
    for policy in of_kind(shape, "NetworkPolicy"):
        assert policy["spec"]["podSelector"]["matchLabels"]
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(direction, ()):
                assert rule.get(peers), policy["metadata"]["name"]
                assert all(peer for peer in rule[peers])
                assert rule.get("ports")


def test_a_port_of_the_table_is_one_of_the_pod() -> None:
    shape = CHART / "ci/keda-values.yaml"
    listening = {
        component(pod): {port["containerPort"] for c in pod["spec"]["containers"] for port in c.get("ports", ())}
        for pod in every_pod(shape)
    }
    table = yaml.safe_load((CHART / "network.yaml").read_text())
    for connection in table["connections"]:
        for to in connection["to"]:
            pod = "rabbitmq" if to == "management" else to
            if pod in listening:
                assert connection["port"] in listening[pod], connection


def test_every_pod_has_a_policy_of_its_own(shape: Path) -> None:
    names = {policy["metadata"]["name"] for policy in of_kind(shape, "NetworkPolicy")}
    assert names == {f"archive-fonoteca-{pod.name}" for pod in ours(shape)} | {"archive-fonoteca-default-deny"}


def test_without_policies_there_are_none() -> None:
    assert of_kind(CHART / "ci/hpa-values.yaml", "NetworkPolicy") == []


EXTERNAL = CHART / "ci/external-values.yaml"


@cache
def policies_with(*arguments: str) -> list[Manifest]:
    """The policies of the shape whose servers run elsewhere, with further values."""
    return template("--values", str(EXTERNAL), "--show-only", "templates/network/policies.yaml", *arguments)


def reach(name: str, *arguments: str) -> set[tuple[str, int]]:
    """Where `name` gets outside the cluster, with further values."""
    [pod] = [pod for pod in ours(EXTERNAL) if pod.name == name]
    policies = policies_with(*arguments)
    return {(to.name, port.number) for to in ADDRESSES for port in PORTS if lets_out(policies, pod, to, port)}


@pytest.mark.parametrize(
    ("values", "added", "users"),
    [
        ("objectStore.endpoint=s3.example.org:9000", 9000, STORE_USERS),
        ("objectStore.endpoint=[2001:db8::9]:9000", 9000, STORE_USERS),
        ("networkPolicy.publicServerPorts.mongodb={27017}", 27017, {*WORKERS, "migrate"}),
        ("networkPolicy.publicServerPorts.rabbitmq={5671}", 5671, {*WORKERS, "topology"}),
        ("azure.accountUrl=http://azure.example.org:9999", 9999, {"sync", "audit"}),
        ("rabbitmq.users.managementUrl=https://rabbitmq.example.org", 443, {"topology"}),
    ],
)
def test_a_server_at_a_public_address_is_reached_by_those_who_need_it(values: str, added: int, users: set[str]) -> None:
    for name in ("retry", "sync", "api", "audit", "topology", "migrate"):
        before, after = reach(name), reach(name, "--set", values)
        gained = {port for place, port in after - before if place in PUBLIC}
        assert gained == ({added} if name in users else set()), name
        assert {place for place, _ in after - before} <= set(PUBLIC)


def test_an_account_of_azure_behind_a_private_endpoint_is_reached_by_those_who_need_it() -> None:
    shape = CHART / "ci/keda-values.yaml"
    rule = '[{"to": [{"ipBlock": {"cidr": "10.1.2.0/24"}}], "ports": [{"port": 443}]}]'
    values = ("azure.accountUrl=https://example.blob.core.windows.net", f"networkPolicy.serverEgress={rule}")
    arguments = ("--set", values[0], "--set-json", values[1], "--show-only", "templates/network/policies.yaml")
    policies = template("--values", str(shape), *arguments)
    [there] = [each for each in ADDRESSES if each.name == "servers' network"]
    reaching = {pod.name for pod in ours(shape) if lets_out(policies, pod, there, Port(443))}
    assert reaching == {"sync", "audit"}


def test_hubs_are_asked_and_call_back_only_if_there_is_an_address_for_them() -> None:
    values = ("--set", "watch.callbackUrl=https://push.example.org")
    before, after = reach("watch"), reach("watch", *values)
    assert {port for place, port in after - before if place in PUBLIC} == {443}
    assert {place for place, _ in after - before} <= set(PUBLIC)

    def ports(*arguments: str) -> set[int]:
        [watch] = [each for each in policies_with(*arguments) if each["metadata"]["name"].endswith("-watch")]
        return {port["port"] for rule in watch["spec"]["ingress"] for port in rule["ports"]}

    assert (ports(), ports(*values)) == ({9100}, {9100, 8010})
    assert not [each for each in template("--values", str(EXTERNAL)) if _is_service_of_watch(each)]
    assert [each for each in template("--values", str(EXTERNAL), *values) if _is_service_of_watch(each)]


def _is_service_of_watch(manifest: Manifest) -> bool:
    return bool(manifest["kind"] == "Service" and manifest["spec"]["ports"][0]["targetPort"] == "callback")


def test_an_empty_list_of_callers_lets_nobody_in() -> None:
    empty = [f"networkPolicy.{name}=[]" for name in ("apiFrom", "metricsFrom", "scalerFrom")]
    arguments = [word for each in empty for word in ("--set-json", each)]
    for policy in template("--values", str(CHART / "ci/keda-values.yaml"), *arguments):
        if policy["kind"] == "NetworkPolicy":
            callers = [peer for rule in policy["spec"].get("ingress", ()) for peer in rule["from"]]
            assert all("app.kubernetes.io/component" in peer["podSelector"]["matchLabels"] for peer in callers)


def test_private_ranges_are_such_as_the_api_server_takes() -> None:
    values: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    ranges = values["networkPolicy"]["privateRanges"]
    for family, version in (("ipv4", 4), ("ipv6", 6)):
        for each in ranges[family]:
            block = ipaddress.ip_network(each)
            assert block.version == version
            # Go takes such an address for one of IPv4, so the API server refuses it below ::/0.
            assert getattr(block.network_address, "ipv4_mapped", None) is None, each
