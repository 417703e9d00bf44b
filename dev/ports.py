"""Ports of servers on loopback: no outgoing connection and no other stack can take one between choice and bind."""

from __future__ import annotations

import errno
import random
import socket
from pathlib import Path

#: The kernel gives outgoing connections ports of this range (Linux, ip(7)): a server that binds one late, or binds it
#: again after a restart, can find a client's end of a connection there.
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
#: Ports below are those of well-known servers, which somebody may start at any time.
LOWEST_PORT = 10_000
#: Where fewer ports than this lie below the kernel's range, the whole range above `LOWEST_PORT` is used instead.
ENOUGH_PORTS = 1_000
HIGHEST_PORT = 65_535


class HeldPort:
    """A port that belongs to the holder until `release`, bound or not: other holders on this machine pass it over.

    What marks it is a Unix socket in the abstract namespace, which is the same for all who share a loopback address,
    and which ends with its process, however that ends. Raises OSError (EADDRINUSE) where the port is held already.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._mark = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._mark.bind(f"\0fonoteca-port-{number}")
        except OSError:
            self._mark.close()
            raise

    def release(self) -> None:
        """Leave the port to others."""
        self._mark.close()


#: What `free_port` gave away, until this process ends.
_given: list[HeldPort] = []


def port_is_free(port: int) -> bool:
    """Whether a server can bind `port` on loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def hold_if_free(port: int) -> HeldPort | None:
    """Return `port`, held, or None if somebody holds it or listens there."""
    try:
        held = HeldPort(port)
    except OSError:
        return None
    if port_is_free(port):
        return held
    held.release()
    return None


def hold_free_port() -> HeldPort:
    """Return a port where nobody listens. Raises OSError if there is none."""
    candidates = list(_server_ports())
    random.shuffle(candidates)
    for port in candidates:
        if (held := hold_if_free(port)) is not None:
            return held
    raise OSError(errno.EADDRINUSE, f"no port from {LOWEST_PORT} up is free on 127.0.0.1")


def free_port() -> int:
    """Return a port where nobody listens, held until this process ends."""
    held = hold_free_port()
    _given.append(held)
    return held.number


def _server_ports() -> range:
    """Return the ports that the kernel never gives to an outgoing connection, or all if those are too few."""
    try:
        first_outgoing = int(OUTGOING.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        first_outgoing = 0
    end = first_outgoing if first_outgoing >= LOWEST_PORT + ENOUGH_PORTS else HIGHEST_PORT + 1
    return range(LOWEST_PORT, end)
