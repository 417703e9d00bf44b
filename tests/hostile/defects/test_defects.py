"""Documents and messages over which our own code fails: each ends in a state, and everything else goes on."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import bson
import pytest
from bson.datetime_ms import DatetimeMS

from services.api.routes.decisions import list_reasons
from services.api.routes.videos import page
from services.retry.keeper import Keeper
from services.retry.totals import count_totals
from services.scraper.attempt.failed import AttemptFailed
from services.scraper.handlers import HANDLERS, video_requested
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import failed_message, requested_message, submission_of
from shared.catalog.documents import PlaylistState, VideoState
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.catalog.videos.attempt_log import log_entry
from shared.catalog.videos.claims import Claim, claim
from shared.catalog.videos.defects import count_ended
from shared.catalog.videos.outcomes import Failed, fail
from shared.contracts import Failure, PlaylistSubmitted, VideoFailed, VideoRequested, wrap
from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import CatalogRefused, FailureClass
from shared.messaging import settlement
from shared.messaging.connection import Broker
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.topology import FAILURES_QUEUE, PLAYLISTS_QUEUE, VIDEOS_QUEUE, parking_of
from tests.hostile.defective import GOOD, PLACE, Defective, until
from tests.integration.conftest import (  # noqa: F401 fixtures
    backend,
    broker,
    publisher,
    s3,
    store,
)
from tests.scraper_parts import scraper_of

BAD, LIST = "youtube:badbadbadba", "youtube:PLdefectbad01"
URL = "https://www.youtube.com/playlist?list=PLdefectbad01"
FLAKY = Failure(failure_class=FailureClass.TRANSIENT, reason="timeout", detail="Read timed out.")
PAST = datetime(2026, 1, 1, tzinfo=UTC)
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
RETRY: dict[str, Any] = {
    "failure": {"failure_class": "transient", "reason": "timeout", "detail": "", "retry_at": None},
    "due_at": PAST,
    "decided": True,
    "charged": 1,
    "in_a_row": 1,
    "first_failed_at": PAST,
    "last_failed_at": PAST,
}
LEASE = {"owner": "dead", "expires_at": PAST}


@pytest.fixture
def rig(
    catalog: Catalog,
    broker: Broker,  # noqa: F811
    publisher: Publisher,  # noqa: F811
    backend: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Defective:
    """Our services on the servers of this run, with short delays after a defect."""
    monkeypatch.setattr(settlement, "DEFECT_SECONDS", 0.01)
    return Defective(catalog, broker, publisher, backend)


def undecided(**change: Any) -> dict[str, Any]:
    """A failed video whose failure nobody decided on, with something wrong in it."""
    return {"state": "waiting", "token": 1, "requested_at": PAST, "retry": {**RETRY, "decided": False, **change}}


UNFINISHED: dict[str, Mapping[str, Any]] = {
    "queued, attempts no number": {"attempts": "many"},
    "queued, attempts negative": {"attempts": -1},
    "queued, attempts beyond all": {"attempts": 2**62},
    "queued, address no text": {"url": 7},
    "queued, address no address": {"url": "nonsense"},
    "queued, address too long": {"url": "https://youtu.be/" + "x" * 3000},
    "queued, urgent no truth": {"urgent": "perhaps"},
    "queued, requested at no moment": {"requested_at": "yesterday"},
    "waiting, due at no moment": {"state": "waiting", "retry": {**RETRY, "due_at": "tomorrow"}},
    "waiting, due at a number": {"state": "waiting", "retry": {**RETRY, "due_at": 10**15}},
    "waiting, without a retry": {"state": "waiting"},
    "waiting, retry a text": {"state": "waiting", "retry": "later"},
    "waiting, due, attempts no number": {"state": "waiting", "retry": RETRY, "attempts": [1]},
    "running, lease a text": {"state": "running", "lease": "mine"},
    "running, lease ends at no moment": {"state": "running", "lease": {"owner": "x", "expires_at": 5}},
    "running, desertions no number": {"state": "running", "lease": LEASE, "desertions": "few"},
    "undecided, class unknown": undecided(failure={**RETRY["failure"], "failure_class": "cosmic"}),
    "undecided, reason no slug": undecided(failure={**RETRY["failure"], "reason": "NO SLUG"}),
    "undecided, failure a number": undecided(failure=3),
    "undecided, failed at no moment": undecided(last_failed_at="once"),
    "undecided, token no number": {**undecided(), "token": "one"},
}


async def test_videos_that_fail_in_the_sweep_fail_alone(rig: Defective, inputs: Callable[[int], None]) -> None:
    inputs(len(UNFINISHED))
    ids = {name: f"youtube:unfinished{n:02}" for n, name in enumerate(UNFINISHED)}
    await rig.accept(*ids.values(), GOOD)
    for name, change in UNFINISHED.items():
        await rig.spoil(ids[name], change)
    await rig.sweeper().sweep()
    assert (await rig.video(GOOD)).get("requested_at") is not None, "the sweep went on"
    for _ in range(DEFECT_LIMIT):
        await rig.sweeper().sweep()
        await rig.drained(VIDEOS_QUEUE)
        await rig.drained(FAILURES_QUEUE)
    await rig.spoil(GOOD, {"state": "running", "lease": {**LEASE, "expires_at": FUTURE}})
    assert sum((await rig.sweeper().sweep()).values()) == 0, "nothing is published again for ever"
    for name, id_ in ids.items():
        video = await rig.video(id_)
        assert (video["state"], video["retry"]["failure"]["reason"]) == ("abandoned", "defect"), name
        assert re.search(PLACE, video["retry"]["failure"]["detail"]), name
    listed = await page(rig.backend, state=None, reason="defect", limit=500)
    assert {item.id for item in listed.items} == set(ids.values()), "people can see them"
    await count_totals(rig.catalog, rig.sweeper().depth)
    assert await count_ended(rig.catalog) == {"video": len(ids), "playlist": 0}


async def test_after_an_upgrade_it_is_taken_up_again(rig: Defective) -> None:
    await rig.accept(BAD, GOOD)
    await rig.spoil(BAD, {"attempts": "many"})
    await rig.sweep_often()
    [reason] = (await list_reasons(rig.backend)).items
    assert (reason.reason, reason.abandoned, reason.playlists) == ("defect", 1, 0)
    # Nothing is mended yet: it fails again, and is given up again.
    assert (await rig.retry(reason="defect")).videos == 0
    await rig.sweep_often()
    assert (await rig.video(BAD))["retry"]["failure"]["reason"] == "defect"
    await rig.spoil(BAD, {"attempts": 0})
    assert (await rig.retry(reason="defect")).videos == 1
    assert not isinstance(await claim(rig.catalog, BAD, "me", 60), type(None))
    assert (await rig.video(BAD))["state"] == "running"
    assert "defects" not in await rig.video(BAD)


STORED: dict[str, Mapping[str, Any]] = {
    "no objects": {},
    "size nought": {"audio": {"size_bytes": 0}},
    "objects a text": {"audio": "here"},
}


async def test_stored_videos_that_cannot_be_announced_rest(rig: Defective, inputs: Callable[[int], None]) -> None:
    inputs(len(STORED))
    ids = {name: f"youtube:storedbad{n:02}" for n, name in enumerate(STORED)}
    await rig.accept(*ids.values())
    for name, change in STORED.items():
        entry = {"_id": f"{ids[name]}#1", "video_id": ids[name], "token": 1, "timestamp": PAST}
        await rig.spoil(ids[name], {"state": "stored", "requested_at": PAST, "unannounced": entry, **change})
    await rig.sweep_often()
    for name, id_ in ids.items():
        video = await rig.video(id_)
        assert video["state"] == "stored", "what is stored stays stored"
        assert video["defects"]["number"] == DEFECT_LIMIT, f"{name}: and is left alone"
        assert video["defects"]["again_at"] > await rig.catalog.now() + timedelta(minutes=30)
        assert re.search(PLACE, video["defects"]["failure"]["detail"])
    assert await count_ended(rig.catalog) == {"video": len(ids), "playlist": 0}
    [reason] = (await list_reasons(rig.backend)).items
    assert (reason.reason, reason.open) == ("defect", len(ids))
    assert (await rig.retry(reason="defect")).videos == len(ids)
    assert all(["defects" not in await rig.video(id_) for id_ in ids.values()])


PLAYLISTS: dict[str, Mapping[str, Any]] = {
    "limit nought": {"limit": 0},
    "limit beyond all": {"limit": 2**62},
    "limit a text": {"limit": "all"},
    "address no text": {"url": 3},
    "address no address": {"url": "nonsense"},
    "profiles of nobody": {"profiles": ["louder!"]},
    "profiles a number": {"profiles": 9},
    "submitted at no moment": {"submitted_at": "today"},
    "waiting, address no text": {"url": [], "state": "waiting", "retry": RETRY},
    "waiting, due at no moment": {"state": "waiting", "retry": {**RETRY, "due_at": "x"}, "limit": -1},
    "listed, lease a text": {"state": "expanding", "lease": "mine", "limit": -1},
    "listed, lease ends at no moment": {"state": "expanding", "lease": {"expires_at": "x"}, "desertions": "x"},
    "listed, desertions no number": {"state": "expanding", "lease": LEASE, "desertions": "few"},
}


async def test_playlists_that_fail_in_the_sweep_fail_alone(rig: Defective, inputs: Callable[[int], None]) -> None:
    inputs(len(PLAYLISTS))
    good, ids = "youtube:PLdefectgood1", {name: f"youtube:PLdefectbad{n:02}" for n, name in enumerate(PLAYLISTS)}
    for id_ in (good, *ids.values()):
        await accept_playlist(rig.catalog, id_, f"https://www.youtube.com/playlist?list={id_.partition(':')[2]}")
    await rig.catalog.playlists.update_many({}, {"$set": {"state_since": PAST}})
    for name, change in PLAYLISTS.items():
        await rig.catalog.playlists.update_one({"_id": ids[name]}, {"$set": dict(change)})
    assert (await rig.sweeper().sweep())["playlist"] == 1
    assert await rig.drained(PLAYLISTS_QUEUE) == 1, "the good one"
    await rig.catalog.playlists.update_one({"_id": good}, {"$set": {"state": "expanded"}})
    await rig.sweep_often()
    assert await depth(rig.broker, PLAYLISTS_QUEUE) == 0
    for name, id_ in ids.items():
        playlist = await rig.playlist(id_)
        assert (playlist["state"], playlist.get("retry", {}).get("failure", {}).get("reason")) == (
            "refused",
            "defect",
        ), name
        assert re.search(PLACE, playlist["retry"]["failure"]["detail"]), name
    [reason] = (await list_reasons(rig.backend)).items
    assert (reason.reason, reason.playlists, reason.open) == ("defect", len(ids), 0)
    # Mended, and taken up again.
    mended = {"url": URL, "limit": None, "profiles": None, "desertions": 0}
    await rig.catalog.playlists.update_many({}, {"$set": mended})
    done = await rig.retry(reason="defect")
    assert (done.videos, done.playlists) == (0, len(ids))
    for id_ in ids.values():
        playlist = await rig.playlist(id_)
        assert (playlist["state"], "retry" in playlist, "defects" in playlist) == ("accepted", False, False)
    assert await depth(rig.broker, PLAYLISTS_QUEUE) == len(ids)


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


CLAIMED_OVER: dict[str, Mapping[str, Any]] = {
    "token a text": {"token": "one"},
    "desertions a text": {"state": "running", "lease": LEASE, "desertions": "few"},
    "waiting without a retry": {"state": "waiting"},
    "attempts a text": {"attempts": "none"},
}


async def test_videos_that_cannot_be_claimed_end(rig: Defective, inputs: Callable[[int], None]) -> None:
    """Also one whose attempt can be made, but whose end nobody can write."""
    inputs(len(CLAIMED_OVER))
    ids = {name: f"youtube:claimbad{n:03}" for n, name in enumerate(CLAIMED_OVER)}
    await rig.accept(*ids.values(), GOOD, requested=True)
    for name, change in CLAIMED_OVER.items():
        await rig.spoil(ids[name], change)
    scraper, fetched = failing_scraper(rig)

    async def ended() -> bool:
        await rig.sweeper().sweep()
        return all([(await rig.video(id_))["state"] == "abandoned" for id_ in ids.values()])

    async def went_on() -> bool:
        return (await rig.video(GOOD))["state"] == "waiting"

    async with rig.consuming(VIDEOS_QUEUE, {VideoRequested: partial(HANDLERS[VideoRequested], scraper)}):
        for id_ in (*ids.values(), GOOD):
            await rig.publisher.publish(VideoRequested(video_id=id_, url=f"https://youtu.be/{id_.partition(':')[2]}"))
        await until(went_on, "attempt of the good one")
        await until(ended, "end")
    for id_ in ids.values():
        assert (await rig.video(id_))["retry"]["failure"]["reason"] == "defect"
        assert fetched.count(id_) <= DEFECT_LIMIT
    assert fetched.count(GOOD) == 1


def failing_scraper(rig: Defective, title: str | None = None) -> tuple[Any, list[str]]:
    """A scraper whose attempts all fail, with this title. Returns also what was fetched."""
    fetched: list[str] = []

    async def fetch(video: Any, _watch: object) -> None:
        fetched.append(video["_id"])
        raise AttemptFailed(FLAKY, title)

    async def expand(playlist_id: str, *_: object) -> int:
        fetched.append(playlist_id)
        return 3

    nobody = SimpleNamespace(begins=str, ended=str)
    parts: dict[str, Any] = {
        "expander": SimpleNamespace(expand=expand),
        "fetcher": SimpleNamespace(fetch=fetch),
        "judge": nobody,
        "admission": SimpleNamespace(admitted=nullcontext, listed=str),
        "work_folder": SimpleNamespace(too_full=lambda: False),
    }
    return scraper_of(rig.catalog, rig.publisher, **parts), fetched


@pytest.mark.parametrize("title", ["half of an emoji \ud83d", "\udfff", "x" * 17_000_000], ids=["half", "end", "16 MB"])
async def test_a_failure_that_cannot_be_written_is_written_as_a_defect(rig: Defective, title: str) -> None:
    await rig.accept(BAD, requested=True)
    scraper, fetched = failing_scraper(rig, title)
    await video_requested(scraper, VideoRequested(video_id=BAD, url=f"https://youtu.be/{BAD.partition(':')[2]}"))
    video = await rig.video(BAD)
    assert (video["state"], video["attempts"], video["retry"]["failure"]["reason"]) == ("waiting", 1, "defect")
    assert "lease" not in video
    assert fetched == [BAD]
    assert re.search(PLACE, video["retry"]["failure"]["detail"])


LISTED_OVER: dict[str, Mapping[str, Any]] = {
    "desertions a text": {"state": "expanding", "lease": LEASE, "desertions": "few"},
    "waiting without a retry": {"state": "waiting"},
    "lease a text": {"lease": "mine"},
}


async def test_playlists_that_cannot_be_claimed_end(rig: Defective, inputs: Callable[[int], None]) -> None:
    inputs(len(LISTED_OVER))
    ids = {name: f"youtube:PLclaimbad{n:03}" for n, name in enumerate(LISTED_OVER)}
    scraper, listed = failing_scraper(rig)

    async def ended() -> bool:
        return all([(await rig.playlist(id_))["state"] == "refused" for id_ in ids.values()])

    async with rig.consuming(PLAYLISTS_QUEUE, {PlaylistSubmitted: partial(HANDLERS[PlaylistSubmitted], scraper)}):
        for name, id_ in ids.items():
            url = f"https://www.youtube.com/playlist?list={id_.partition(':')[2]}"
            playlist, _ = await accept_playlist(rig.catalog, id_, url)
            await rig.catalog.playlists.update_one({"_id": id_}, {"$set": dict(LISTED_OVER[name])})
            await rig.publisher.publish(submission_of(playlist))
        await until(ended, "end")
    for id_ in ids.values():
        found = await rig.playlist(id_)
        assert found["retry"]["failure"]["reason"] == "defect"
        assert "shared/catalog/playlists/lifecycle.py" in found["retry"]["failure"]["detail"]
    assert listed == []


WRONG_NUMBERS = [
    "1" + 30 * "0",
    "-1",
    "0",
    "1.5",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "1000001",
    '"many"',
    "[]",
    "2e9",
]


async def test_limits_that_are_none_harm_no_playlist(rig: Defective, inputs: Callable[[int], None]) -> None:
    inputs(len(WRONG_NUMBERS))
    await accept_playlist(rig.catalog, LIST, URL, SubmissionOptions(limit=5))
    before = await rig.playlist(LIST)
    scraper, listed = failing_scraper(rig)
    bodies = [f'{{"url": "{URL}", "limit": {limit}}}'.encode() for limit in WRONG_NUMBERS]

    async def all_parked() -> bool:
        return await depth(rig.broker, parking_of(PLAYLISTS_QUEUE)) == len(bodies)

    async with rig.consuming(PLAYLISTS_QUEUE, {PlaylistSubmitted: partial(HANDLERS[PlaylistSubmitted], scraper)}):
        for body in bodies:
            await rig.publisher.deliver_later(body, {}, PLAYLISTS_QUEUE, 1)
        await until(all_parked, "parked messages")
    keeper = Keeper(rig.catalog, rig.book)
    for body in bodies:
        await keeper.keep(PLAYLISTS_QUEUE, body, "not a valid playlist.submitted.v1", datetime.now(UTC))
    assert await rig.playlist(LIST) == before
    assert listed == []


async def test_what_the_broker_parks_moves_what_waited_for_it(rig: Defective) -> None:
    await rig.accept(BAD, GOOD, requested=True)
    playlist, _ = await accept_playlist(rig.catalog, LIST, URL)
    keeper, now = Keeper(rig.catalog, rig.book), await rig.catalog.now()
    request = wrap(requested_message(await rig.video(BAD)), "scraper", now)
    for queue, body in ((VIDEOS_QUEUE, request), (PLAYLISTS_QUEUE, wrap(submission_of(playlist), "api", now))):
        await keeper.keep(queue, body, "it was delivered 20 times", now)
    video, listed = await rig.video(BAD), await rig.playlist(LIST)
    assert (video["state"], video["retry"]["failure"]["reason"]) == ("abandoned", "defect")
    assert "it was delivered 20 times" in video["retry"]["failure"]["detail"]
    assert (listed["state"], listed["retry"]["failure"]["reason"]) == ("refused", "defect")
    # A person takes it up again, and then the keeper comes to the same message once more.
    assert (await rig.retry(reason="defect")).videos == 1
    await rig.spoil(BAD, {"state_since": now + timedelta(seconds=10)})
    await keeper.keep(VIDEOS_QUEUE, request, "it was delivered 20 times", now)
    assert (await rig.video(BAD))["state"] == "queued"


FOREIGN: list[dict[str, Any]] = [
    {"video_id": GOOD, "url": 5},
    {"video_id": GOOD, "url": "https://youtu.be/x", "attempts": 7},
    {"video_id": GOOD, "url": "https://youtu.be/x", "attempts": 10**30},
    {"video_id": GOOD},
    {"video_id": [GOOD], "url": "https://youtu.be/x"},
    {"video_id": "youtube:nobody", "url": "https://youtu.be/x"},
]


async def test_parked_messages_of_a_stranger_move_nothing(rig: Defective, inputs: Callable[[int], None]) -> None:
    inputs(len(FOREIGN))
    await rig.accept(GOOD, requested=True)
    before = await rig.video(GOOD)
    keeper, now = Keeper(rig.catalog, rig.book), datetime.now(UTC)
    for data in FOREIGN:
        body = json.dumps({"specversion": "1.0", "type": "video.requested.v1", "id": "x", "data": data}).encode()
        for queue in (VIDEOS_QUEUE, PLAYLISTS_QUEUE, FAILURES_QUEUE):
            await keeper.keep(queue, body, "for whatever reason", now)
    assert await rig.video(GOOD) == before
    assert await rig.catalog.parked.count_documents({}) == 3 * len(FOREIGN)


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
