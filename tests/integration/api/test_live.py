"""The events that a listener receives, on the real catalog, from messages put in by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.sse import ServerSentEvent

from services.api.backend import Backend
from services.api.live import listener as listeners
from services.api.live.listener import Listener
from services.api.live.live_event import UNKNOWN_VIDEO, LiveEvent, live_event, read_message
from shared.catalog.videos.lookup import Membership
from shared.contracts import AudioMirrored, wrap
from shared.messaging.stream import StreamMessage

NOW = datetime.now(UTC)


def mirrored(number: int, at: datetime = NOW) -> LiveEvent:
    fact = AudioMirrored(
        video_id=f"youtube:{number:011}",
        profile="mp3-320",
        container="c",
        blob="b",
        sha256="0" * 64,
        size_bytes=1,
        mirrored_at=at,
    )
    message = StreamMessage(number, wrap(fact, "sync", at))
    return live_event(read_message(message), Membership(f"title {number}", ["youtube:PL1"]))


async def received(
    backend: Backend, number: int, *, last_id: str | None = None, playlist: str | None = None
) -> list[ServerSentEvent]:
    """The first events that a listener receives."""

    async def key_is_valid() -> bool:
        return True

    found: list[ServerSentEvent] = []
    with backend.live.polls.watch(playlist) as poll:
        async for event in backend.live.listen(poll, playlist, last_id, key_is_valid):
            found.append(event)
            if len(found) == number:
                break
    return found


def videos(events: list[ServerSentEvent]) -> list[str]:
    return [json.loads(event.raw_data or "")["video"] for event in events if event.event == "happened"]


async def test_a_listener_that_received_only_progress_misses_nothing_either(backend: Backend) -> None:
    backend.live.recent.add(mirrored(0))
    [progress] = await received(backend, 1)
    assert (progress.event, progress.id) == ("progress", mirrored(0).position.event_id())
    backend.live.recent.add(mirrored(1))
    assert videos(await received(backend, 1, last_id=progress.id)) == ["youtube:00000000001"]


async def test_a_new_listener_receives_no_old_events(backend: Backend) -> None:
    # As when the API has just started, and reads what happened within the last hour.
    listener = Listener(backend.live.recent, None, None)
    backend.live.recent.add(mirrored(0, datetime.now(UTC) - timedelta(minutes=30)))
    backend.live.recent.add(mirrored(1, datetime.now(UTC)))
    assert videos(list(listener.next_events())) == ["youtube:00000000001"]


async def test_a_title_comes_from_the_catalog_where_the_message_has_none(backend: Backend) -> None:
    assert json.loads(mirrored(7).data)["title"] == "title 7"


async def test_a_message_that_holds_what_no_header_may_hurts_nobody(backend: Backend) -> None:
    body = json.loads(wrap(AudioMirrored.model_validate_json(_fact()), "sync", NOW))
    body["id"] = "line\nbreak: \0"
    id_ = read_message(StreamMessage(3, json.dumps(body).encode())).position.event_id()
    assert ServerSentEvent(event="happened", id=id_, raw_data="{}").id == id_
    backend.live.recent.add(live_event(read_message(StreamMessage(4, b"not even JSON")), UNKNOWN_VIDEO))
    [progress] = await received(backend, 1)
    assert progress.event == "progress"


def _fact() -> str:
    return json.dumps(
        {
            "video_id": "youtube:a",
            "profile": "p",
            "container": "c",
            "blob": "b",
            "sha256": "0" * 64,
            "size_bytes": 1,
            "mirrored_at": NOW.isoformat(),
        }
    )


async def test_a_position_that_is_not_read_yet_is_waited_for(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    backend.live.recent.add(mirrored(0))
    listener = Listener(backend.live.recent, None, mirrored(2).position.event_id())
    assert list(listener.next_events()) == []
    for number in (1, 2, 3):
        backend.live.recent.add(mirrored(number))
    assert videos(list(listener.next_events())) == ["youtube:00000000003"]
    monkeypatch.setattr(listeners, "CATCH_UP_SECONDS", 0)
    lost = Listener(backend.live.recent, None, mirrored(99).position.event_id())
    assert [event.event for event in lost.next_events()] == ["reset"]
