"""The hub's half of WebSub (https://www.w3.org/TR/websub/): it verifies intent and pushes content.

POST /                a request: hub.mode, hub.topic, hub.callback, hub.secret, hub.lease_seconds
GET  /subscriptions   {"<callback>": {"topic": "…", "lease_seconds": 60, "confirmed": 2}, …}
POST /conduct         {"answer": 500, "denies": "…", "verifies": false, "wrong_signature": true, "lease_seconds": 2}:
                          how it behaves from now on; what is left out is as usual
POST /publish         {"topic": "…"} pushes to all who are subscribed to a topic: {"statuses": [202, …]}
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession, web

#: Seconds of a lease, unless the subscriber asks for another.
LEASE_SECONDS = 3600


@dataclass(frozen=True)
class Conduct:
    """How the hub behaves."""

    #: HTTP status for requests; 202: it takes them.
    answer: int = 202
    #: Why it denies all subscriptions; None: it does not.
    denies: str | None = None
    verifies: bool = True
    wrong_signature: bool = False
    #: Seconds of a lease, whatever the subscriber asks for; None: what it asks for.
    lease_seconds: int | None = None


@dataclass
class Subscribed:
    """A confirmed subscription."""

    topic: str
    secret: str
    lease_seconds: int
    #: How often it was confirmed.
    confirmed: int = 0


@dataclass
class Hub:
    """A hub; `application` serves it."""

    conduct: Conduct = field(default_factory=Conduct)
    #: Callback → subscription.
    subscribed: dict[str, Subscribed] = field(default_factory=dict)
    #: Every request: its mode and its callback.
    requests: list[tuple[str, str]] = field(default_factory=list)
    #: The HTTP statuses of the answers to verifications: (mode, status).
    verified: list[tuple[str, int]] = field(default_factory=list)
    method: str = "sha256"
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        app = web.Application()
        app.router.add_post("/", self.request)
        app.router.add_get("/subscriptions", self.subscriptions)
        app.router.add_post("/conduct", self.set_conduct)
        app.router.add_post("/publish", self.publish_topic)
        app.on_cleanup.append(self._end)
        return app

    async def request(self, request: web.Request) -> web.Response:
        """POST /: the answer does not wait for the verification."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        mode, callback, topic = form["hub.mode"], form["hub.callback"], form["hub.topic"]
        self.requests.append((mode, callback))
        if self.conduct.answer == 202:
            lease = self.conduct.lease_seconds or int(form.get("hub.lease_seconds", LEASE_SECONDS))
            wanted = Subscribed(topic, form.get("hub.secret", ""), lease)
            task = asyncio.create_task(self.verify(mode, callback, wanted))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return web.Response(status=self.conduct.answer)

    async def verify(self, mode: str, callback: str, wanted: Subscribed) -> None:
        """Ask a callback whether a request was its own, and note its confirmation; or tell it of a denial."""
        if not self.conduct.verifies:
            return
        challenge = secrets.token_hex(16)
        query = {"hub.mode": mode, "hub.topic": wanted.topic, "hub.challenge": challenge}
        query["hub.lease_seconds"] = str(wanted.lease_seconds)
        if self.conduct.denies is not None:
            query = {"hub.mode": "denied", "hub.topic": wanted.topic, "hub.reason": self.conduct.denies}
        async with ClientSession() as session, session.get(callback, params=query) as answer:
            confirmed = answer.status == 200 and await answer.text() == challenge
            self.verified.append((query["hub.mode"], answer.status))
        if confirmed and mode == "subscribe":
            before = self.subscribed.get(callback)
            wanted.confirmed = 1 + (before.confirmed if before is not None else 0)
            self.subscribed[callback] = wanted
        elif confirmed:
            self.subscribed.pop(callback, None)

    async def publish(self, topic: str, body: bytes = b"<feed/>") -> list[int]:
        """Push to all who are subscribed to a topic. Returns the statuses of their answers."""
        return [
            await self.push(callback, body, known.secret)
            for callback, known in list(self.subscribed.items())
            if known.topic == topic
        ]

    async def push(self, callback: str, body: bytes, secret: str) -> int:
        """Push to one callback. Returns the status of its answer."""
        key = "wrong" if self.conduct.wrong_signature else secret
        signature = hmac.new(key.encode(), body, getattr(hashlib, self.method)).hexdigest()
        headers = {"X-Hub-Signature": f"{self.method}={signature}", "Content-Type": "application/atom+xml"}
        async with ClientSession() as session, session.post(callback, data=body, headers=headers) as answer:
            return answer.status

    async def settled(self) -> None:
        """Wait until no verification is under way."""
        await asyncio.gather(*self._running)

    async def subscriptions(self, _: web.Request) -> web.Response:
        """GET /subscriptions: without the secrets."""
        return web.json_response(
            {
                callback: {"topic": one.topic, "lease_seconds": one.lease_seconds, "confirmed": one.confirmed}
                for callback, one in self.subscribed.items()
            }
        )

    async def set_conduct(self, request: web.Request) -> web.Response:
        """POST /conduct"""
        self.conduct = Conduct(**await request.json())
        return web.json_response({})

    async def publish_topic(self, request: web.Request) -> web.Response:
        """POST /publish"""
        return web.json_response({"statuses": await self.publish((await request.json())["topic"])})

    async def _end(self, _: web.Application) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


@asynccontextmanager
async def serving(hub: Hub, port: int = 0) -> AsyncIterator[str]:
    """Serve a hub on loopback. Yields its address."""
    runner = web.AppRunner(hub.application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
