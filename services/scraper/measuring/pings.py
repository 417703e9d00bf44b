"""Measures the round trip to a server: by echo requests, or where that is not allowed, by opening connections."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import Literal

import icmplib

#: Seconds between two packets, and until one counts as lost.
INTERVAL_SECONDS, LOST_SECONDS = 0.2, 2.0


@dataclass(frozen=True)
class Ping:
    """Round trips to one server. Seconds; None: nothing came back."""

    method: Literal["icmp", "tcp"]
    sent: int
    received: int
    minimum: float | None = None
    average: float | None = None
    maximum: float | None = None


def ping(address: str, port: int, number: int) -> Ping | None:
    """Measure `number` round trips to an IP address; None: it is none, or the way there is closed.

    Echo requests need a permission of the operating system (Linux: net.ipv4.ping_group_range) and servers that answer
    them. Without either the time to open a TCP connection is measured, which takes one round trip too.
    """
    try:
        by_echo = _by_echo(address, number)
    except (icmplib.ICMPLibError, OSError):
        by_echo = None
    return by_echo if by_echo is not None and by_echo.received else _by_connecting(address, port, number)


def _by_echo(address: str, number: int) -> Ping:
    host = icmplib.ping(
        address, count=number, interval=INTERVAL_SECONDS, timeout=LOST_SECONDS, privileged=False, payload_size=56
    )
    return _summed("icmp", host.packets_sent, [milliseconds / 1000 for milliseconds in host.rtts])


def _by_connecting(address: str, port: int, number: int) -> Ping | None:
    times: list[float] = []
    sent = 0
    for attempt in range(number):
        if attempt:
            time.sleep(INTERVAL_SECONDS)
        began = time.perf_counter()
        sent += 1
        try:
            socket.create_connection((address, port), timeout=LOST_SECONDS).close()
        except TimeoutError:
            continue
        except OSError:
            # Closed on purpose: further ones would meet the same.
            return _summed("tcp", sent, times) if times else None
        times.append(time.perf_counter() - began)
    return _summed("tcp", sent, times)


def _summed(method: Literal["icmp", "tcp"], sent: int, times: list[float]) -> Ping:
    if not times:
        return Ping(method, sent, 0)
    return Ping(method, sent, len(times), min(times), sum(times) / len(times), max(times))
