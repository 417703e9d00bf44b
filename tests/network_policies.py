"""Evaluates NetworkPolicy objects as a network plugin does: which connection do they let through?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Policy = dict[str, Any]


@dataclass(frozen=True)
class Pod:
    """A pod somewhere in the cluster."""

    name: str
    namespace: str
    labels: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True)
class Address:
    """An address outside the cluster."""

    name: str
    ip: str


@dataclass(frozen=True)
class Port:
    """A port of TCP, unless `protocol` says otherwise."""

    number: int
    protocol: str = "TCP"


def lets_out(policies: Sequence[Policy], pod: Pod, to: Pod | Address, port: Port) -> bool:
    """Whether egress from `pod` is allowed; a pod that no policy selects may do everything."""
    return _allows(policies, pod, "Egress", to, port)


def lets_in(policies: Sequence[Policy], pod: Pod, caller: Pod | Address, port: Port) -> bool:
    """Whether ingress to `pod` is allowed."""
    return _allows(policies, pod, "Ingress", caller, port)


def _allows(policies: Sequence[Policy], pod: Pod, direction: str, other: Pod | Address, port: Port) -> bool:
    bound = [p for p in policies if direction in p["spec"]["policyTypes"] and _selects(p, pod)]
    if not bound:
        return True
    return any(
        _rule_allows(rule, direction, policy["metadata"]["namespace"], other, port)
        for policy in bound
        for rule in policy["spec"].get(direction.lower(), ())
    )


def _selects(policy: Policy, pod: Pod) -> bool:
    return policy["metadata"]["namespace"] == pod.namespace and _matches(policy["spec"]["podSelector"], pod.labels)


def _rule_allows(rule: Policy, direction: str, namespace: str, other: Pod | Address, port: Port) -> bool:
    peers = rule.get("to" if direction == "Egress" else "from")
    # A rule without peers, or without ports, is for all of them.
    if peers and not any(_is(peer, namespace, other) for peer in peers):
        return False
    ports = rule.get("ports")
    return not ports or any(_is_port(each, port) for each in ports)


def _is_port(wanted: Policy, port: Port) -> bool:
    assert isinstance(wanted["port"], int), "names of ports are for ingress alone in some network plugins"
    in_range = port.number in range(wanted["port"], wanted.get("endPort", wanted["port"]) + 1)
    return in_range and port.protocol == wanted.get("protocol", "TCP")


def _is(peer: Policy, namespace: str, other: Pod | Address) -> bool:
    if isinstance(other, Address):
        return "ipBlock" in peer and _in_block(peer["ipBlock"], other.ip)
    if "ipBlock" in peer:
        return False
    if "namespaceSelector" in peer:
        found = {"kubernetes.io/metadata.name": other.namespace}
        if not _matches(peer["namespaceSelector"], found):
            return False
    elif other.namespace != namespace:
        return False
    return _matches(peer.get("podSelector", {}), other.labels)


def _in_block(block: Policy, ip: str) -> bool:
    return _contains(block["cidr"], ip) and not any(_contains(each, ip) for each in block.get("except", ()))


@cache
def _contains(block: str, ip: str) -> bool:
    return ipaddress.ip_address(ip) in ipaddress.ip_network(block)


def _matches(selector: Policy, labels: Mapping[str, str]) -> bool:
    return selector.get("matchLabels", {}).items() <= dict(labels).items() and all(_expressions(selector, labels))


def _expressions(selector: Policy, labels: Mapping[str, str]) -> Iterator[bool]:
    for each in selector.get("matchExpressions", ()):
        assert each["operator"] == "In", each
        yield labels.get(each["key"]) in each["values"]
