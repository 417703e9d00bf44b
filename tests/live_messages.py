"""Messages of the stream of events, put in by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from fastapi.sse import ServerSentEvent

from services.api.live.live_event import LiveEvent, live_event, read_message
from shared.catalog.videos.lookup import Membership
from shared.contracts import AudioMirrored, wrap
from shared.messaging.consuming.stream import StreamMessage

NOW = datetime.now(UTC)


def mirrored_fact(video_id: str, at: datetime = NOW) -> AudioMirrored:
    """The fact that a video was mirrored."""
    return AudioMirrored(
        video_id=video_id,
        profile="mp3-320",
        container="c",
        blob="b",
        sha256="0" * 64,
        size_bytes=1,
        mirrored_at=at,
    )


def mirrored(number: int, at: datetime = NOW, playlist: str = "youtube:PL1") -> LiveEvent:
    """The event at offset `number`, of a video with that number."""
    message = StreamMessage(number, wrap(mirrored_fact(f"youtube:{number:011}", at), "sync", at))
    return live_event(read_message(message), Membership(f"title {number}", [playlist]))


def videos(events: Iterable[ServerSentEvent]) -> list[str]:
    """The videos of the events that say what happened."""
    return [json.loads(event.raw_data or "")["video"] for event in events if event.event == "happened"]
