"""The parts of a topology: exchanges, queues and the bindings between them. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Binding:
    """Routes messages of the exchange `source` whose key matches `key` to the owner of the binding."""

    source: str
    key: str


@dataclass(frozen=True)
class Exchange:
    """A durable topic exchange, with bindings from other exchanges."""

    name: str
    bindings: tuple[Binding, ...] = ()


@dataclass(frozen=True)
class Queue:
    """A durable queue with its bindings and arguments: a stream or a quorum queue."""

    name: str
    bindings: tuple[Binding, ...]
    arguments: Mapping[str, str | int] = field(default_factory=dict)
