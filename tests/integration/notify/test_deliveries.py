"""Events reach endpoints: signed, once each, and however the receiver behaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aio_pika.abc import AbstractRobustConnection
from standardwebhooks.webhooks import Webhook

from services.notify.handlers import Notifier
from shared.catalog.connection import Catalog
from shared.catalog.documents import Delivery
from shared.catalog.notifications.endpoints import count_failing, count_paused, get_endpoint
from shared.contracts import AudioMirrored, NotificationDue, wrap
from shared.messaging.publisher import Publisher
from shared.topology import DELIVERIES_QUEUE, parking_of
from tests.integration.messaging.queues import depth
from tests.integration.notify.conftest import Receiver
from tests.integration.notify.secret import SECRET

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
New = Callable[..., Notifier]
Run = Callable[[Notifier], Awaitable[None]]
Tell = Callable[..., Awaitable[None]]


def event(number: int = 0) -> AudioMirrored:
    return AudioMirrored(
        video_id=f"youtube:video-{number:05}",
        profile="mp3-320",
        container="archive",
        blob="a",
        sha256="0" * 64,
        size_bytes=1,
        mirrored_at=NOW,
    )


def due(message: AudioMirrored, attempt: int = 1) -> NotificationDue:
    body = wrap(message, "sync", NOW).decode()
    return NotificationDue(
        endpoint="a",
        event_id=message.message_id(),
        event_type=message.type,
        subject=message.video_id,
        body=body,
        attempt=attempt,
        published_at=NOW,
    )


async def ended(catalog: Catalog, endpoint: str, number: int = 0) -> Delivery:
    """The delivery of an event once it has ended."""
    async with asyncio.timeout(60):
        while True:
            found = await catalog.deliveries.find_one({"_id": f"{endpoint}/{event(number).message_id()}"})
            if found is not None and ("delivered_at" in found or "failed_at" in found):
                return found
            await asyncio.sleep(0.02)


async def test_an_event_arrives_once_signed_and_as_it_was_published(
    catalog: Catalog, publisher: Publisher, receiver: Receiver, new_notifier: New, run: Run, tell: Tell
) -> None:
    await tell(a=receiver.url)
    await run(new_notifier())
    # Published twice, as after a repair: the second is known by its id.
    for _ in range(2):
        await publisher.publish(event())
        delivery = await ended(catalog, "a")
    await publisher.publish(event(1))
    await ended(catalog, "a", 1)
    assert (delivery["status"], delivery["attempts"], delivery["subject"]) == (200, 1, event().video_id)
    assert len(receiver.requests) == 2
    path, headers, body = receiver.requests[0]
    assert (path, headers["content-type"]) == ("/hook", "application/cloudevents+json")
    assert headers["host"].startswith("localhost:")
    Webhook(SECRET).verify(body, headers)
    envelope = json.loads(body)
    assert headers["webhook-id"] == envelope["id"] == event().message_id()
    assert (envelope["source"], envelope["type"]) == ("/fonoteca/tests", "audio.mirrored.v1")
    assert AudioMirrored.model_validate(envelope["data"]) == event()


async def test_a_dead_receiver_holds_up_no_other(
    catalog: Catalog, publisher: Publisher, receiver: Receiver, new_notifier: New, run: Run, tell: Tell
) -> None:
    await tell(a="http://127.0.0.1:9/", b=receiver.url)
    await run(new_notifier(()))
    await publisher.publish(event())
    assert "delivered_at" in await ended(catalog, "b")
    failed = await ended(catalog, "a")
    assert failed["status"] is None
    assert "ConnectError" in str(failed["error"])


async def test_failures_are_attempted_again_under_the_same_id(
    catalog: Catalog, publisher: Publisher, receiver: Receiver, new_notifier: New, run: Run, tell: Tell
) -> None:
    receiver.answers = [500, 500, 500]
    await tell(a=receiver.url)
    await run(new_notifier())
    await publisher.publish(event())
    delivery = await ended(catalog, "a")
    assert ("delivered_at" in delivery, delivery["attempts"], delivery["error"]) == (True, 4, None)
    assert {headers["webhook-id"] for _, headers, _ in receiver.requests} == {event().message_id()}
    assert len({body for _, _, body in receiver.requests}) == 1
    assert len(receiver.requests) == 4


async def test_an_endpoint_that_fails_for_good_is_paused_until_a_person_resumes_it(
    catalog: Catalog, receiver: Receiver, new_notifier: New, tell: Tell
) -> None:
    await tell(a=receiver.url)
    notifier = new_notifier(())
    receiver.answers = [500, 200, 500, 500]
    for number in range(4):
        assert await count_paused(catalog) == 0
        await notifier.due(due(event(number)))
    assert await count_paused(catalog) == await count_failing(catalog) == 1
    endpoint = await get_endpoint(catalog, "a")
    assert endpoint is not None
    assert "2 deliveries in a row failed" in endpoint["paused_why"]
    await notifier.due(due(event(4)))
    assert len(receiver.requests) == 4
    await tell(a=f"{receiver.url}/new")
    await notifier.due(due(event(5)))
    assert receiver.requests[-1][0] == "/hook/new"
    assert await count_failing(catalog) == 0


async def test_gone_pauses_at_once(catalog: Catalog, receiver: Receiver, new_notifier: New, tell: Tell) -> None:
    receiver.answers = [410]
    await tell(a=receiver.url)
    await new_notifier().due(due(event()))
    endpoint = await get_endpoint(catalog, "a")
    assert endpoint is not None
    assert endpoint["paused_why"] == "it answered 410 Gone"
    assert "failed_at" in await ended(catalog, "a")


async def test_a_redirect_is_a_failure_and_is_not_followed(
    catalog: Catalog, receiver: Receiver, new_notifier: New, tell: Tell
) -> None:
    receiver.answers, receiver.headers = [307], {"location": "/elsewhere"}
    await tell(a=receiver.url)
    await new_notifier(()).due(due(event()))
    assert [path for path, _, _ in receiver.requests] == ["/hook"]
    assert (await ended(catalog, "a"))["status"] == 307


async def test_a_private_address_is_not_contacted(
    catalog: Catalog, receiver: Receiver, new_notifier: New, tell: Tell
) -> None:
    await tell(a=receiver.url)
    await new_notifier((), private_hosts=False).due(due(event()))
    assert receiver.requests == []
    assert "not on the public internet" in str((await ended(catalog, "a"))["error"])


async def test_a_death_between_the_post_and_its_record_repeats_it_under_the_same_id(
    catalog: Catalog, receiver: Receiver, new_notifier: New, tell: Tell
) -> None:
    await tell(a=receiver.url)
    notifier = new_notifier()
    dying = asyncio.create_task(notifier.due(due(event())))

    def die() -> int:
        dying.cancel()
        return 200

    receiver.answers = [die]
    with pytest.raises(asyncio.CancelledError):
        await dying
    assert await catalog.deliveries.find_one({}) is None
    await notifier.due(due(event()))
    assert [headers["webhook-id"] for _, headers, _ in receiver.requests] == [event().message_id()] * 2
    await notifier.due(due(event()))
    assert len(receiver.requests) == 2, "it was recorded, so it is not sent again"


async def test_a_death_after_the_record_repeats_what_follows_and_not_the_post(
    catalog: Catalog, receiver: Receiver, new_notifier: New, run: Run, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(a=receiver.url)
    notifier = new_notifier()
    receiver.answers = [503]

    async def die(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as dead:
        dead.setattr(notifier.publisher, "publish_later", die)
        with pytest.raises(asyncio.CancelledError):
            await notifier.due(due(event()))
    await run(notifier)
    await notifier.due(due(event()))
    assert (await ended(catalog, "a"))["attempts"] == 2
    assert len(receiver.requests) == 2


@pytest.mark.parametrize(
    ("blob", "sent"),
    [
        ("x" * 300_000, False),
        ("é" * 150_000, False),
        ("🎧" * 70_000, False),
        ('"' * 130_000, False),
        ("ɖ" * 60_000, True),
        ("x" * 200_000, True),
    ],
)
async def test_an_event_that_is_too_large_is_left_out_and_parks_nothing(
    catalog: Catalog,
    broker: AbstractRobustConnection,
    new_notifier: New,
    run: Run,
    tell: Tell,
    receiver: Receiver,
    blob: str,
    sent: bool,
) -> None:
    await tell(a=receiver.url)
    notifier = new_notifier()
    await run(notifier)
    await notifier.event(event().model_copy(update={"blob": blob}))
    await notifier.event(event(1))
    await ended(catalog, "a", 1)
    if sent:
        await ended(catalog, "a")
    assert len(receiver.requests) == 1 + sent
    assert await catalog.deliveries.count_documents({}) == 1 + sent
    assert await depth(broker, parking_of(DELIVERIES_QUEUE)) == 0


async def test_a_webhook_that_has_become_people_ends_its_open_deliveries(
    catalog: Catalog, new_notifier: New, tell: Tell, receiver: Receiver
) -> None:
    await tell(a=receiver.url)
    await catalog.endpoints.update_one({"_id": "a"}, {"$set": {"kind": "people", "secret": "json://localhost/"}})
    await new_notifier().due(due(event()))
    delivery = await ended(catalog, "a")
    assert "is people now" in str(delivery["error"])
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("change", "why"),
    [({"enabled": False}, "is disabled"), ({"paused_at": NOW, "paused_why": "x"}, "is paused"), (None, "was removed")],
)
async def test_a_delivery_that_is_not_made_says_why(
    catalog: Catalog, new_notifier: New, tell: Tell, receiver: Receiver, change: dict[str, Any] | None, why: str
) -> None:
    await tell(a=receiver.url)
    if change is None:
        await tell()
    else:
        await catalog.endpoints.update_one({"_id": "a"}, {"$set": change})
    await new_notifier().due(due(event()))
    assert why in str((await ended(catalog, "a"))["error"])
    assert receiver.requests == []
