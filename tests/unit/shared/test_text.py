import random
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts import MESSAGES, Failure, wrap
from shared.errors import FailureClass
from shared.untrusted.text import clean_line, clean_text

NOW = datetime(2026, 5, 1, tzinfo=UTC)
BAD = "a\ud800b\x00c\x1b[31m\x85d\ud83d\ude00\r\ne\tf\udcff"
GOOD = "a\ufffdbc[31md😀\ne\tf\ufffd"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        ("Fɔngbè 😀", "Fɔngbè 😀"),
        ("\ufeffa", "\ufeffa"),
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ud83d\ud83d\ude00\ude00", "\ufffd😀\ufffd"),
        ("\ud83d", "\ufffd"),
        ("\ud83dé", "\ufffdé"),
        ("a\udc80", "a\ufffd"),
        ("a\nb\tc", "a\nb\tc"),
        ("a\x00b\rc\x7fd\x80e\x9ff\x1b", "abcdef"),
        (BAD, GOOD),
    ],
)
def test_text_is_cleaned(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\nb\tc", "a b c"),
        ("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h", "a b c d e f g h"),
        (" a\n", "a"),
        ("a  b", "a  b"),
        ("\ud83d\ude00\n\ud800\x00", "😀 \ufffd"),
    ],
)
def test_a_line_is_one_line(text: str, cleaned: str) -> None:
    assert clean_line(text) == cleaned


def test_whatever_comes_can_be_encoded_and_is_not_changed_again() -> None:
    rng = random.Random(1)
    codes = [*range(0x20), *range(0x7F, 0xA1), *range(0xD7F0, 0xE010), 0x41, 0x2028, 0xFEFF, 0xFFFF, 0x1F600]
    for _ in range(3000):
        text = "".join(map(chr, rng.choices(codes, k=rng.randrange(30))))
        for clean in (clean_text, clean_line):
            once = clean(text)
            assert once.encode().decode() == once
            assert clean(once) == once
            assert not any((ord(c) < 0x20 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in once)


def test_a_failures_detail_is_cleaned() -> None:
    failure = Failure(failure_class=FailureClass.TRANSIENT, reason="x", detail=BAD)
    assert failure.detail == GOOD
    assert len(Failure(failure_class=FailureClass.TRANSIENT, reason="x", detail="\ud800" * 2000).detail) == 2000


#: A value for every field that a message can have.
VALUES: dict[str, Any] = {
    "url": "https://a.b/c",
    "playlist_id": "youtube:PLabcdefghij1234",
    "video_id": "youtube:dQw4w9WgXcQ",
    "failure": {"failure_class": "transient", "reason": "x", "detail": BAD},
    "sha256": "0" * 64,
    "title": BAD,
    "codec": BAD,
    "beside": [{"kind": "info", "object_key": "a", "sha256": "0" * 64, "size_bytes": 1}],
    **dict.fromkeys(("attempt", "attempts", "token", "size_bytes", "bitrate_kbps", "duration_seconds"), 1),
    **dict.fromkeys(("failed_at", "abandoned_at", "stored_at", "mirrored_at", "submitted_at"), NOW),
    **dict.fromkeys(("profile", "bucket", "object_key", "container", "blob"), "a"),
    "profiles": ["mp3-320"],
    "limit": 1,
    "filters": {"title_exclude": "teaser"},
    "priority": "high",
    "charged": 0,
    "urgent": True,
    "source": "radio-zou",
    "look": 1,
    "depth": "full",
    "rung": "feed",
    **dict.fromkeys(("requests", "new", "known", "filtered", "gone"), 0),
    **{name: ["youtube:dQw4w9WgXcQ"] for name in ("new_ids", "gone_ids", "recent")},
    "feed": {"etag": '"x"'},
    "feed_hub": {"hub": "https://hub.example/", "topic": "https://a.example/feed"},
    "published": [NOW],
    "channel": BAD,
    "identity_id": "youtube:UCabcdefghij1234",
    "checked_at": NOW,
    "endpoint": "radio-site",
    "event_id": "b7a9a3c4-0c0f-5d0e-9a51-0123456789ab",
    "event_type": "audio.stored.v1",
    "subject": "youtube:dQw4w9WgXcQ",
    "body": "{}",
    "attempt": 1,
    "published_at": NOW,
    "measured_at": NOW,
    "purpose": "archive",
    "egress": "cotonou-1",
    "provider": "fibre",
    "scraper": "scraper-1",
    "engine": "yt-dlp",
    "engine_version": "2026.10.26",
    "result": "downloaded",
    "reason": "removed",
    "public_address": "203.0.113.9",
    "media": {"format": "251"},
    "transfer": {
        **dict.fromkeys(("request_count", "bytes", "seconds", "waited_seconds", "transfer_seconds", "interruptions"), 0)
    },
    "crawl": "cotonou-evening",
    "task": "cotonou-evening/1/video/youtube:dQw4w9WgXcQ",
    "asked_resolver": "8.8.8.8",
    "wanted_seconds": 30,
    "ping": {"method": "tcp", "sent": 10, "received": 0},
    "kind": "video",
    "seconds": 30,
    "resolvers": ["system"],
    "pings": 10,
    "entries": 20,
    "found": [{"video_id": "youtube:dQw4w9WgXcQ", "url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ"}],
    "playback": dict.fromkeys(("stalls", "stalled_seconds", "played_seconds", "buffered_seconds"), 0),
}


@pytest.mark.parametrize("type_", sorted(MESSAGES))
def test_every_message_that_is_valid_can_be_encoded(type_: str) -> None:
    """Whatever text is put into a field: the message refuses it, or it can be written and sent."""
    model = MESSAGES[type_]
    valid = {name: VALUES[name] for name in model.model_fields}
    wrap(model.model_validate(valid), "test", NOW)
    refused = []
    for name, value in valid.items():
        if isinstance(value, str):
            try:
                message = model.model_validate(valid | {name: f"{value}\ud800"})
            except ValueError:
                refused.append(name)
                continue
            assert "\\ud800" not in wrap(message, "test", NOW).decode()
            assert name in ("title", "codec", "channel")
    assert set(refused) <= set(valid) - {"title", "codec", "channel", "failure"}
    assert "url" in refused or "url" not in valid
