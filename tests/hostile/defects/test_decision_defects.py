"""Failures that nobody can decide on end as defects, and the decisions of others stand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
from bson.datetime_ms import DatetimeMS

from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import failed_message
from shared.catalog.documents import PlaylistState, VideoState
from shared.catalog.videos.attempt_log import log_entry
from shared.catalog.videos.claims import Claim, claim
from shared.catalog.videos.outcomes import Failed, fail
from shared.contracts import Failure, VideoFailed
from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import CatalogRefused, FailureClass
from shared.messaging.depth import depth
from shared.topology import FAILURES_QUEUE, parking_of
from tests.hostile.defective import GOOD, Defective, until
from tests.hostile.defects.broken import BAD, FLAKY, PAST

DECIDED_OVER: dict[str, Mapping[str, Any]] = {
    "charged a text": {"retry.charged": "one"},
    "charged nothing": {"retry.charged": None},
    "first failed at no moment": {"retry.first_failed_at": "once"},
    "first failed at a number": {"retry.first_failed_at": 5},
}


async def test_a_failure_that_cannot_be_decided_on_ends(rig: Defective) -> None:
    ids = [f"youtube:undecided{n:02}" for n in range(len(DECIDED_OVER))]
    await rig.accept(*ids, GOOD, requested=True)
    messages = {id_: await failed(rig, id_) for id_ in (*ids, GOOD)}
    for id_, change in zip(ids, DECIDED_OVER.values(), strict=True):
        await rig.spoil(id_, change)

    async def ended() -> bool:
        return all([(await rig.video(id_))["state"] == "abandoned" for id_ in ids])

    async with rig.retrying():
        for message in messages.values():
            await rig.publisher.publish(message)
        await until(ended, "end of all")
        await until(lambda: depth(rig.broker, parking_of(FAILURES_QUEUE)), "parked message")
    for id_ in ids:
        video = await rig.video(id_)
        assert video["retry"]["failure"]["reason"] == "defect"
        assert "services/retry/" in video["retry"]["failure"]["detail"]
        assert video["retry"]["in_a_row"] == DEFECT_LIMIT
    assert (await rig.video(GOOD))["retry"]["decided"], "decided as ever"
    assert (await rig.retry(reason="defect")).videos == len(ids)


async def failed(rig: Defective, id_: str) -> VideoFailed:
    """Let an attempt of a video fail. Returns its message, which nobody has sent."""
    attempt = await claim(rig.catalog, id_, "me", 60)
    assert isinstance(attempt, Claim)
    entry = log_entry(attempt.video, title=None, failure=FLAKY, now=PAST, seconds=1, stages={})
    video = await fail(rig.catalog, id_, attempt.token, Failed(FLAKY), entry)
    assert video is not None
    return failed_message(video)


async def test_a_strangers_failure_decides_nothing(rig: Defective) -> None:
    """Its token may be right: what the catalog knows is decided on, not what a message says."""
    await rig.accept(GOOD, requested=True)
    honest = await failed(rig, GOOD)
    gone = Failure(failure_class=FailureClass.PERMANENT, reason="removed", detail="says a stranger")
    late = Failure(failure_class=FailureClass.WAIT_UNTIL, reason="not-yet", retry_at=datetime(8999, 1, 1, tzinfo=UTC))

    async def decided() -> bool:
        return (await rig.video(GOOD))["retry"]["decided"]

    async with rig.retrying():
        for forged in (gone, late):
            await rig.publisher.publish(honest.model_copy(update={"failure": forged}))
        await until(decided, "decision")
    video = await rig.video(GOOD)
    assert (video["state"], video["retry"]["failure"]["reason"], video["retry"]["charged"]) == ("waiting", "timeout", 1)
    assert video["retry"]["due_at"] < await rig.catalog.now() + timedelta(days=1)
    assert "defects" not in video


async def test_a_moment_at_the_end_of_the_calendar_breaks_no_document(rig: Defective) -> None:
    await rig.accept(GOOD, requested=True)
    end = datetime(8999, 12, 31, tzinfo=UTC)
    attempt = await claim(rig.catalog, GOOD, "me", 60)
    assert isinstance(attempt, Claim)
    failure = Failure(failure_class=FailureClass.WAIT_UNTIL, reason="not-yet", detail="", retry_at=end)
    entry = log_entry(attempt.video, title=None, failure=failure, now=PAST, seconds=1, stages={})
    video = await fail(rig.catalog, GOOD, attempt.token, Failed(failure), entry)
    assert video is not None

    async def decided() -> bool:
        return (await rig.video(GOOD))["retry"]["decided"]

    async with rig.retrying():
        await rig.publisher.publish(failed_message(video))
        await until(decided, "decision")
    due = (await rig.video(GOOD))["retry"]["due_at"]
    assert await rig.catalog.now() < due < datetime(2100, 1, 1, tzinfo=UTC)
    # However such a document came to be, it keeps no other one from being read.
    beyond = bson.encode({"at": DatetimeMS(10**15), "title": "x"})
    read: dict[str, Any] = bson.decode(beyond, rig.catalog.videos.codec_options)
    assert read["at"] > due
    torn = beyond.replace(b"x\0", b"\xff\0")
    assert bson.decode(torn, rig.catalog.videos.codec_options)["title"] == "\ufffd"


@pytest.mark.parametrize(
    "change",
    [
        [{"$set": {"n": {"$add": ["$text", 1]}}}],
        [{"$set": {"n": {"$add": ["$$NOW", "$$NOW"]}}}],
        {"$inc": {"text": 1}},
        {"$set": {"text.inner": 1}},
        {"$set": {"_id": "another"}},
        {"$push": {"text": 1}},
    ],
    ids=repr,
)
async def test_what_the_database_refuses_is_no_database_that_is_away(catalog: Catalog, change: Any) -> None:
    await catalog.sweeps.insert_one({"_id": "x", "text": "no number"})
    with pytest.raises(CatalogRefused):
        await catalog.sweeps.update_one({"_id": "x"}, change)


async def test_of_two_who_count_the_same_defect_one_counts(rig: Defective) -> None:
    await rig.accept(BAD)
    video = await rig.video(BAD)
    counted = await asyncio.gather(*(rig.book.met_over_video(video, ValueError("x")) for _ in range(8)))
    assert sum(each is not None for each in counted) == 1
    assert (await rig.video(BAD))["defects"]["number"] == 1
    assert {state.value for state in VideoState} & {state.value for state in PlaylistState} == {"waiting"}
