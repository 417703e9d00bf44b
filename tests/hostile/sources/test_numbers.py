"""Numbers and moments that no store can hold, in every field that comes from outside."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bson
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.api.schemas.fields import Moment
from services.api.schemas.playlists import PlaylistIn
from services.retry.policy import Again, History, decide
from services.retry.settings import RetrySettings
from services.scraper.engines.clean_values import cleaned
from services.scraper.engines.values import Downloaded, ListedPlaylist, ListedVideo
from services.scraper.engines.ytdlp import downloading, listing
from services.scraper.engines.ytdlp.completeness import ListAccount
from shared.contracts import MESSAGES, Failure, Message, unwrap
from shared.errors import FailureClass, Unprocessable
from shared.untrusted.bounds import LAST_MOMENT, MAX_INTEGER, MAX_SECONDS
from tests.contract.test_golden import GOLDEN

ODD: list[Any] = [10**30, -(10**30), 2**63, 2**64, 10**400, math.nan, math.inf, -math.inf, 1e300, -1e300]
SENDABLE = ["1e400", "-1e400", "NaN", "Infinity", "-Infinity", "1" + "0" * 30, "-1" + "0" * 30, "1" + "0" * 4000]
MOMENTS = [
    "0001-01-01T00:00:00+23:59",
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "10000-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    1e300,
    10**30,
    -(10**30),
]


def golden() -> list[tuple[type[Message], dict[str, Any]]]:
    """Every type of message with sound data."""
    envelopes = [json.loads(path.read_bytes()) for path in GOLDEN]
    return [(MESSAGES[envelope["type"]], envelope["data"]) for envelope in envelopes]


def numbers_in(model: type[BaseModel], data: dict[str, Any]) -> list[str]:
    """Fields of `data` that hold a number; truths are none."""
    return [name for name, value in data.items() if isinstance(value, int | float) and not isinstance(value, bool)]


FIELDS = [(model, data, name) for model, data in golden() for name in numbers_in(model, data)]


@pytest.mark.parametrize(("model", "data", "name"), FIELDS, ids=[f"{m.type}-{n}" for m, _, n in FIELDS])
def test_no_message_carries_a_number_that_no_store_holds(model: type[Message], data: dict[str, Any], name: str) -> None:
    for number in SENDABLE:
        text = json.dumps({"specversion": "1.0", "type": model.type, "id": "x", "data": {**data, name: "HERE"}})
        with pytest.raises(Unprocessable):
            unwrap(text.replace('"HERE"', number).encode(), (model,))
    received = unwrap(json.dumps({"specversion": "1.0", "type": model.type, "data": data}).encode(), (model,))
    bson.encode(received.message.model_dump(mode="json"))


def moments_in(data: dict[str, Any]) -> list[str]:
    return [name for name in data if name.endswith("_at")]


TIMES = [(model, data, name) for model, data in golden() for name in moments_in(data)]


@pytest.mark.parametrize(("model", "data", "name"), TIMES, ids=[f"{m.type}-{n}" for m, _, n in TIMES])
def test_no_message_carries_a_moment_beyond_the_calendar(model: type[Message], data: dict[str, Any], name: str) -> None:
    for moment in MOMENTS:
        with pytest.raises(ValidationError):
            model.model_validate({**data, name: moment})
    kept = model.model_validate({**data, name: "2026-03-01T12:00:00+05:30"})
    assert getattr(kept, name).utcoffset() == timedelta(0)
    bson.encode({"at": getattr(kept, name)})


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_no_request_and_no_failure_carries_one(moment: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python(moment)
    with pytest.raises(ValidationError):
        Failure(failure_class=FailureClass.TRANSIENT, reason="timeout", retry_at=moment)


@pytest.mark.parametrize("number", SENDABLE)
def test_no_submission_asks_for_such_a_number(number: str) -> None:
    with pytest.raises(ValidationError):
        PlaylistIn.model_validate_json(f'{{"url": "https://x.org/", "limit": {number}}}')


@pytest.mark.parametrize("number", ODD, ids=lambda n: f"{n:.3g}" if isinstance(n, float) else str(n)[:10])
def test_what_leaves_a_worker_can_be_stored(number: Any) -> None:
    assert cleaned(ListedVideo("youtube:x", "https://x.org/", "x", number)).duration is None
    assert cleaned(ListedPlaylist("x", "y", number)).expected is None
    nested = cleaned({"deep": [{"er": (number, number)}], "duration": number, "true": True, "one": 1, "half": 0.5})
    assert nested == {"deep": [{"er": (None, None)}], "duration": None, "true": True, "one": 1, "half": 0.5}
    metadata: Any = {"title": "x", "duration_seconds": number}
    promised = downloading._promised({"duration": number, "fragments": [{"duration": number}]}, _told(number))
    came = cleaned(Downloaded(Path("source.webm"), metadata, promised, "opus", number, "251", 1000, 1))
    assert came.metadata["duration_seconds"] is None
    assert came.source_bitrate_kbps is None
    assert came.promised.page_seconds is None
    assert came.promised.manifest_seconds is None
    bson.encode({"metadata": came.metadata, "nested": nested})
    json.dumps(nested, allow_nan=False)


def _told(number: Any) -> Any:
    return SimpleNamespace(manifest_seconds=number, manifest_tolerance=0.0)


@pytest.mark.parametrize("number", [*ODD, 0, -1, True, "5", None, [], MAX_SECONDS + 1], ids=lambda n: str(n)[:10])
def test_a_length_that_is_none_is_not_said(number: Any) -> None:
    assert listing._duration({"duration": number}) is None


@pytest.mark.parametrize("number", [*ODD, 0, -1, True, "5", None, 2**31], ids=lambda n: str(n)[:10])
def test_a_count_that_is_none_is_not_said(number: Any) -> None:
    ydl: Any = SimpleNamespace(asked=0)
    words: Any = SimpleNamespace(warnings=[])
    assert ListAccount(ydl, words, {"playlist_count": number, "title": "x"}).expected is None


def test_what_is_sound_stays() -> None:
    assert listing._duration({"duration": 61}) == 61
    assert cleaned(ListedVideo("youtube:x", "https://x.org/", "x", 61.5)).duration == 61.5
    assert cleaned({"n": MAX_INTEGER, "m": -MAX_INTEGER, "timestamp": 1_772_000_000}) == {
        "n": MAX_INTEGER,
        "m": -MAX_INTEGER,
        "timestamp": 1_772_000_000,
    }


@pytest.mark.parametrize("kind", [FailureClass.WAIT_UNTIL, FailureClass.EGRESS, FailureClass.TRANSIENT])
def test_a_promise_for_the_end_of_time_is_waited_for_within_the_calendar(kind: FailureClass) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    failure = Failure(failure_class=kind, reason="not-yet", retry_at=LAST_MOMENT)
    settings = RetrySettings(_env_file=None, wait_margin_seconds=31_536_000)
    decision = decide(failure, History(0, 1, now), settings, now, random.Random(1))
    assert isinstance(decision, Again)
    assert now + timedelta(seconds=decision.delay_seconds) < datetime(2100, 1, 1, tzinfo=UTC)


def test_a_detail_of_any_length_is_cut_and_never_refused() -> None:
    failure = Failure(failure_class=FailureClass.TOOL, reason="unknown", detail="\ud83d" + "x" * 10_000)
    grown = failure.model_copy(update={"detail": failure.detail + " and more" * 100})
    assert len(Failure.model_validate(grown.model_dump()).detail) == 2000
