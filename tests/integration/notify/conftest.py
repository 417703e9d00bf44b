"""A receiver of webhooks on this machine, and the notify service's handlers on a real broker and catalog."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from aio_pika.abc import AbstractRobustConnection
from aiohttp import web
from pydantic import SecretStr

from services.notify.channels.hooks import hooks_running
from services.notify.channels.people import People
from services.notify.channels.sending import Sending
from services.notify.handlers import Notifier, delivery_handlers, event_handlers
from services.notify.places import Places
from services.notify.policy import Policy
from shared.catalog.connection import Catalog
from shared.catalog.notifications.endpoints import apply_endpoints
from shared.messaging.consuming.consumer import Consumer
from shared.messaging.publisher import Publisher
from shared.notifications.definition import EndpointDefinition
from shared.notifications.endpoints_file import Endpoint
from shared.outbound.posting import new_client
from shared.topology import DELIVERIES_QUEUE, NOTIFY_EVENTS_QUEUE
from tests.integration.notify.secret import SECRET


@dataclass
class Receiver:
    """Answers requests with the next of `answers`, then with 200, and keeps what came."""

    url: str = ""
    #: Status, or what is called with the request before it is answered.
    answers: list[int | Callable[[], int]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        names = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.path, names, await request.read()))
        answer = self.answers.pop(0) if self.answers else 200
        return web.Response(status=answer() if callable(answer) else answer, headers=self.headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", receiver.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://localhost:{port}/hook"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def new_notifier(catalog: Catalog, publisher: Publisher) -> AsyncIterator[Callable[..., Notifier]]:
    """Makes a notifier whose attempts follow each other after no time: new_notifier(delays=(0, 0))."""
    threads = ThreadPoolExecutor(5)
    async with new_client(10) as client, hooks_running(5) as hooks:

        def call(
            delays: tuple[float, ...] = (0, 0, 0), *, private_hosts: bool = True, pause_after: int = 2
        ) -> Notifier:
            sending = Sending(client, 10, private_hosts)
            rng = random.Random(1)
            policy, places = Policy(rng, delays), Places(20, rng)
            return Notifier(catalog, publisher, sending, People(10, threads), hooks, policy, places, pause_after)

        yield call
    threads.shutdown()


@pytest.fixture
async def run(broker: AbstractRobustConnection, publisher: Publisher) -> AsyncIterator[Callable[[Notifier], Any]]:
    """Lets a notifier take what comes from its queues."""
    consumers: list[Consumer] = []

    async def call(notifier: Notifier) -> None:
        for queue, handlers in (
            (NOTIFY_EVENTS_QUEUE, event_handlers(notifier)),
            (DELIVERIES_QUEUE, delivery_handlers(notifier)),
        ):
            consumers.append(Consumer(broker, publisher, queue, handlers, prefetch=10))
            await consumers[-1].start()

    yield call
    for consumer in consumers:
        await consumer.stop(5)


@pytest.fixture
def tell(catalog: Catalog) -> Callable[..., Any]:
    """Makes the endpoints these and no others: tell(a=url, b=url)."""

    async def call(**urls: str) -> None:
        made = [
            Endpoint(
                EndpointDefinition.model_validate({"name": name, "url": url, "secret_env": "NONE"}), SecretStr(SECRET)
            )
            for name, url in urls.items()
        ]
        await apply_endpoints(catalog, made)

    return call
