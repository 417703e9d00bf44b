"""The stack's broker, seen from outside: a virtual host of the benchmark's own, and its process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from dev.servers.rabbitmq import add_vhost, delete_vhost
from dev.stack import Stack


@contextmanager
def own_vhost(stack: Stack, name: str) -> Iterator[str]:
    """The URL of a fresh virtual host, where no running service takes messages. It is deleted in the end."""
    url = add_vhost(stack.state, stack.exports["RABBITMQ_URL"], name)
    try:
        yield url
    finally:
        delete_vhost(stack.state, name)


def broker_process(stack: Stack) -> psutil.Process:
    """The Erlang machine that is the broker; what the stack started is the shell script around it."""
    if "rabbitmq" not in stack.programs:
        raise RuntimeError("RABBITMQ_URL is set: unset it, this benchmark measures a broker that it starts itself")
    script = psutil.Process(stack.programs["rabbitmq"].pid)
    return next(p for p in [script, *script.children(recursive=True)] if p.name().startswith("beam"))
