"""Name servers that never answer hold up nothing but the look-ups of names."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from services.api.http import public_hosts
from services.api.http.public_hosts import LOOKUPS, reject_private_host


async def test_a_name_server_that_never_answers_holds_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    answered, asked = threading.Event(), threading.Semaphore(0)

    def never(*_: Any, **__: Any) -> Any:
        asked.release()
        answered.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(public_hosts, "RESOLVE_SECONDS", 0.05)
    try:
        # Each is accepted: the scrapers check again. Look-ups beyond the threads never begin.
        await asyncio.gather(*(reject_private_host(f"https://a{n}.example.org/") for n in range(20 * LOOKUPS)))
        assert await asyncio.to_thread(lambda: "read") == "read"
        begun = sum(asked.acquire(blocking=False) for _ in range(20 * LOOKUPS))
        assert 0 < begun <= LOOKUPS
    finally:
        answered.set()
