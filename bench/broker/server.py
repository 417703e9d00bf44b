"""The stack's broker: a virtual host for the benchmark, and the broker's process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from dev.servers.rabbitmq import add_vhost, delete_vhost
from dev.stack import Stack


@contextmanager
def own_vhost(stack: Stack, name: str) -> Iterator[str]:
    """Yield the URL of a new virtual host, from which no running service consumes. It is deleted afterwards."""
    url = add_vhost(stack.state, stack.exports["RABBITMQ_URL"], name)
    try:
        yield url
    finally:
        delete_vhost(stack.state, name)


def broker_process(stack: Stack) -> psutil.Process:
    """Return the broker's Erlang virtual machine; the stack started the shell script around it."""
    if "rabbitmq" not in stack.programs:
        raise RuntimeError("RABBITMQ_URL is set: unset it, this benchmark measures a broker that it starts itself")
    script = psutil.Process(stack.programs["rabbitmq"].pid)
    return next(p for p in [script, *script.children(recursive=True)] if p.name().startswith("beam"))
