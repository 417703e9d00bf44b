"""People are told through Apprise: of conditions that begin and end, of new recordings, and how the archive does."""

from __future__ import annotations

import asyncio
import email
import json
import smtplib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from services.notify.channels.people import People
from services.notify.handlers import Notifier
from services.notify.notices.rounds import OVER_AFTER, Rounds
from services.notify.settings import NotifySettings
from shared.catalog.connection import Catalog
from shared.catalog.notifications.endpoints import apply_endpoints, get_endpoint
from shared.catalog.notifications.notices import notices
from shared.catalog.sources.definitions import add_source, remove_source
from shared.contracts import AudioStored, NoticeRaised
from shared.following.definition import SourceDefinition
from shared.messaging.publisher import Publisher
from shared.notifications.definition import EndpointDefinition
from shared.notifications.deliveries import deliveries_of
from shared.notifications.endpoints_file import Endpoint
from tests.integration.notify.conftest import Receiver

LIST = "PLnotices000001"


async def eventually(is_so: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until a condition is so."""
    async with asyncio.timeout(60):
        while True:
            found = is_so()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.02)


def stored_fact(video_id: str) -> AudioStored:
    return AudioStored(
        video_id=video_id,
        url="https://www.youtube.com/watch?v=x",
        title="Broadcast 1",
        profile="mp3-320",
        bucket="b",
        object_key="audio/a.mp3",
        sha256="0" * 64,
        size_bytes=1,
        duration_seconds=1,
        bitrate_kbps=320,
        codec="mp3",
        stored_at=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    )


@pytest.fixture
def address(receiver: Receiver) -> str:
    """The address of a receiver, as Apprise writes it."""
    return receiver.url.replace("http://", "json://") + "?cto=5&rto=5"


@pytest.fixture
def people(catalog: Catalog, address: str) -> Callable[..., Any]:
    """Makes the endpoints these people: people(archivists={"tell": […]})."""

    async def call(**rules: dict[str, Any]) -> None:
        made = [
            Endpoint(EndpointDefinition.model_validate({"name": name, "to_env": "NONE", **rule}), SecretStr(address))
            for name, rule in rules.items()
        ]
        await apply_endpoints(catalog, made)

    return call


@pytest.fixture
def rounds(catalog: Catalog, publisher: Publisher) -> Rounds:
    return Rounds(catalog, publisher, NotifySettings(fails_after_seconds=0), "one")


def told(receiver: Receiver) -> list[str]:
    return [json.loads(body)["title"] for _, _, body in receiver.requests]


async def follow(catalog: Catalog, name: str, **labels: str) -> None:
    await add_source(
        catalog, SourceDefinition(name=name, address=f"https://www.youtube.com/playlist?list={LIST}", labels=labels)
    )


async def fail(catalog: Catalog, name: str, failures: int) -> None:
    await catalog.sources.update_one({"_id": name}, {"$set": {"failures": failures}})


async def test_a_condition_is_told_once_when_it_begins_and_once_when_it_is_over(
    catalog: Catalog, rounds: Rounds, people: Any, run: Any, new_notifier: Callable[..., Notifier], receiver: Receiver
) -> None:
    await run(new_notifier())
    await people(archivists={}, others={"tell": ["audit-violation"]})
    await follow(catalog, "radio-zou")
    await fail(catalog, "radio-zou", 3)
    for _ in range(3):
        await rounds.round()
    await eventually(lambda: told(receiver) == ["radio-zou fails"])
    assert json.loads(receiver.requests[0][2])["message"].startswith("The last 3 looks failed")
    await fail(catalog, "radio-zou", 0)
    await rounds.round()
    # It has only just been seen: a short pause between two failures is no end.
    assert [notice["_id"] for notice in await notices(catalog)] == ["source-failing/radio-zou"]
    await catalog.notices.update_many({}, {"$set": {"seen_at": await catalog.now() - 2 * OVER_AFTER}})
    for _ in range(2):
        await rounds.round()
    await eventually(lambda: told(receiver) == ["radio-zou fails", "Over: radio-zou fails"])
    assert await notices(catalog) == []


async def test_whoever_dies_in_the_middle_tells_nothing_twice(
    catalog: Catalog, rounds: Rounds, people: Any, run: Any, new_notifier: Callable[..., Notifier], receiver: Receiver
) -> None:
    await people(archivists={})
    await follow(catalog, "radio-zou")
    await fail(catalog, "radio-zou", 3)
    await rounds.round()
    # As if the process had died before it noted that the deliveries were requested.
    await catalog.notices.update_many({}, {"$unset": {"raised_at": ""}})
    await rounds.round()
    await run(new_notifier())
    await fail(catalog, "radio-zou", 0)
    await catalog.notices.update_many({}, {"$set": {"seen_at": await catalog.now() - 2 * OVER_AFTER}})
    await rounds.round()
    await eventually(lambda: "Over: radio-zou fails" in told(receiver))
    assert sorted(told(receiver)) == ["Over: radio-zou fails", "radio-zou fails"]


@pytest.mark.parametrize(
    ("labels", "expected"), [({}, 1), ({"region": "zou"}, 1), ({"region": "mono"}, 0), ({"region": "zou", "x": "y"}, 0)]
)
async def test_labels_choose_the_sources(
    catalog: Catalog, rounds: Rounds, people: Any, labels: dict[str, str], expected: int, broker: Any
) -> None:
    await people(archivists={"labels": labels})
    await follow(catalog, "radio-zou", region="zou", language="fon")
    await fail(catalog, "radio-zou", 3)
    await rounds.round()
    async with await broker.channel() as channel:
        queue = await channel.get_queue("notify.deliveries", ensure=False)
        requested = []
        while (message := await queue.get(fail=False, no_ack=True)) is not None:
            requested.append(message)
    assert len(requested) == expected


async def store(catalog: Catalog, number: int, at: datetime) -> None:
    video: Any = {
        "_id": f"youtube:notice-{number:03}",
        "accession": number,
        "state": "stored",
        "title": f"Broadcast {number}",
        "playlists": [f"youtube:{LIST}"],
        "audio": {"duration_seconds": 60.0, "size_bytes": 1000},
    }
    entry: Any = {"_id": f"log-{number}", "video_id": video["_id"], "status": "stored", "timestamp": at}
    await catalog.videos.insert_one(video)
    await catalog.logs.insert_one(entry)


async def test_a_digest_tells_what_was_stored_since_the_last_one(
    catalog: Catalog, rounds: Rounds, people: Any, run: Any, new_notifier: Callable[..., Notifier], receiver: Receiver
) -> None:
    await run(new_notifier())
    await people(archivists={"digest": "daily", "summary": "never"})
    await follow(catalog, "radio-zou")
    now = await catalog.now()
    seven = now.astimezone(UTC).replace(hour=7, minute=0, second=0, microsecond=0)
    last = seven if seven < now - timedelta(minutes=5) else seven - timedelta(days=1)
    await catalog.endpoints.update_many({}, {"$set": {"digest_until": last - timedelta(days=1)}})
    for number, hours in ((1, -30), (2, -20), (3, -1), (4, 1)):
        await store(catalog, number, last + timedelta(hours=hours))
    for _ in range(2):
        await rounds.round()
    await eventually(lambda: told(receiver) == ["2 new recordings"])
    text = json.loads(receiver.requests[0][2])["message"]
    assert "radio-zou: 2" in text
    assert [n for n in range(5) if f"Broadcast {n}" in text] == [2, 3]
    endpoint = await get_endpoint(catalog, "archivists")
    assert endpoint is not None
    assert endpoint["digest_until"] == last


async def test_a_summary_tells_how_the_archive_does(
    catalog: Catalog, rounds: Rounds, people: Any, run: Any, new_notifier: Callable[..., Notifier], receiver: Receiver
) -> None:
    await run(new_notifier())
    await people(archivists={"digest": "never", "summary": "daily"})
    await follow(catalog, "radio-zou")
    await fail(catalog, "radio-zou", 3)
    await store(catalog, 1, await catalog.now())
    await catalog.endpoints.update_many({}, {"$set": {"summary_until": await catalog.now() - timedelta(days=3)}})
    for _ in range(2):
        await rounds.round()
    await eventually(lambda: sorted(told(receiver)) == ["State of the archive", "radio-zou fails"])
    [text] = [json.loads(body)["message"] for _, _, body in receiver.requests if b"State of" in body]
    assert "1 stored" in text
    assert "radio-zou fails" in text


async def test_a_new_recording_can_be_told_at_once(
    catalog: Catalog,
    publisher: Publisher,
    people: Any,
    run: Any,
    new_notifier: Callable[..., Notifier],
    receiver: Receiver,
) -> None:
    await run(new_notifier())
    await people(archivists={"digest": "at-once"}, patient={})
    await follow(catalog, "radio-zou")
    await store(catalog, 1, await catalog.now())
    event = stored_fact("youtube:notice-001")
    await publisher.publish(event)
    await publisher.publish(event)
    await publisher.publish(stored_fact("youtube:submitted01"))
    await eventually(lambda: told(receiver) == ["radio-zou: a new recording"])


async def test_people_who_cannot_be_reached_are_tried_again_and_then_paused(
    catalog: Catalog, rounds: Rounds, people: Any, run: Any, new_notifier: Callable[..., Notifier], receiver: Receiver
) -> None:
    receiver.answers = [500] * 6
    await run(new_notifier(delays=(0, 0), pause_after=1))
    await people(archivists={})
    await follow(catalog, "radio-zou")
    await fail(catalog, "radio-zou", 3)
    await rounds.round()

    async def paused() -> bool:
        endpoint = await get_endpoint(catalog, "archivists")
        return endpoint is not None and "paused_at" in endpoint

    await eventually(paused)
    assert len(receiver.requests) == 3
    [delivery] = await catalog.deliveries.find().to_list()
    assert (delivery["attempts"], delivery["status"]) == (3, None)
    assert delivery["error"]
    assert receiver.url.partition("://")[2] not in delivery["error"]


async def test_many_that_begin_at_once_are_told_in_one(
    catalog: Catalog, rounds: Rounds, people: Any, run: Any, new_notifier: Callable[..., Notifier], receiver: Receiver
) -> None:
    await run(new_notifier())
    await people(archivists={}, zou={"labels": {"region": "zou"}})
    for number in range(30):
        await follow(catalog, f"radio-{number:02}", **({"region": "zou"} if number < 2 else {}))
    await catalog.sources.update_many({}, {"$set": {"failures": 3}, "$unset": {"same_as": ""}})
    for _ in range(2):
        await rounds.round()
    first = ["30 at once: source-failing", "radio-00 fails", "radio-01 fails"]
    await eventually(lambda: sorted(told(receiver)) == first)
    await catalog.sources.update_many({}, {"$set": {"failures": 0}})
    await catalog.notices.update_many({}, {"$set": {"seen_at": await catalog.now() - 2 * OVER_AFTER}})
    for _ in range(2):
        await rounds.round()
    over = [f"Over: {title}" for title in first]
    await eventually(lambda: sorted(told(receiver)) == sorted([*first, *over]))


async def test_the_end_is_told_to_those_who_were_told_the_beginning(
    catalog: Catalog, rounds: Rounds, people: Any, run: Any, new_notifier: Callable[..., Notifier], receiver: Receiver
) -> None:
    await run(new_notifier())
    await people(mono={"labels": {"region": "mono"}}, zou={"labels": {"region": "zou"}})
    await follow(catalog, "radio-zou", region="zou")
    await fail(catalog, "radio-zou", 3)
    await rounds.round()
    await remove_source(catalog, "radio-zou")
    await catalog.notices.update_many({}, {"$set": {"seen_at": await catalog.now() - 2 * OVER_AFTER}})
    await rounds.round()
    await eventually(lambda: len(receiver.requests) == 2)
    deliveries = await catalog.deliveries.find().to_list()
    assert {each["endpoint"] for each in deliveries} <= {"zou"}


async def test_an_end_that_was_told_before_a_crash_stays_one(
    catalog: Catalog, rounds: Rounds, people: Any, run: Any, new_notifier: Callable[..., Notifier], receiver: Receiver
) -> None:
    await run(new_notifier())
    await people(archivists={})
    await follow(catalog, "radio-zou")
    await fail(catalog, "radio-zou", 3)
    await rounds.round()
    # The end was told, and the process died before it forgot the condition; then the source fails again.
    await catalog.notices.update_many({}, {"$set": {"over_at": await catalog.now()}})
    for _ in range(3):
        await rounds.round()
    await eventually(lambda: sorted(told(receiver)) == ["Over: radio-zou fails", "radio-zou fails", "radio-zou fails"])


async def test_titles_of_strangers_are_no_markup_in_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(smtplib.SMTP, "connect", lambda *_, **__: (220, b"ready"))
    monkeypatch.setattr(smtplib.SMTP, "login", lambda *_, **__: (235, b"ok"))
    monkeypatch.setattr(smtplib.SMTP, "sendmail", lambda _, __, ___, text, *____: sent.append(str(text)))
    monkeypatch.setattr(smtplib.SMTP, "quit", lambda _: None)
    notice = NoticeRaised(
        key="test",
        kind="test",
        title="A <b>title</b>",
        text="<img src=https://evil.example/x.png>\n- second line",
        raised_at=datetime(2026, 2, 3, tzinfo=UTC),
    )
    [message] = deliveries_of(notice, ["mail"], "notify")
    with ThreadPoolExecutor(1) as threads:
        answer = await People(10, threads).tell("mailto://user:pass@mail.example.org", message)
    assert answer.error is None
    walked = email.message_from_string(sent[0]).walk()
    parts = [(part.get_content_type(), part.get_payload(decode=True)) for part in walked if not part.is_multipart()]
    assert parts
    for kind, content in parts:
        assert isinstance(content, bytes)
        assert kind == "text/plain" or b"<img" not in content
