"""The sweeper against real servers: each thing that should have moved on is published again, once."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from aio_pika.abc import AbstractRobustConnection
from prometheus_client import generate_latest

from services.retry.settings import RetrySettings
from services.retry.sweeper import Sweeper
from services.retry.totals import count_totals
from shared.catalog.connection import Catalog
from shared.catalog.delivery.overdue import longest_overdue
from shared.catalog.documents import VideoState
from shared.catalog.operator.decisions import abandon_video, delete_video
from shared.catalog.operator.reasons import reasons
from shared.catalog.operator.selection import Selection, selected_videos
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.playlists.lifecycle import NotListed, claim_playlist
from shared.catalog.reports.audits import save_audit
from shared.catalog.reports.progress import attempts_page
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.catalog.videos.attempt_log import log_entry
from shared.catalog.videos.claims import Claim, NotClaimed, claim
from shared.catalog.videos.outcomes import Failed, fail, schedule
from shared.catalog.videos.requeue import RequeueReason, requeue_video
from shared.contracts import Failure
from shared.errors import FailureClass
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.topology import FAILURES_QUEUE, PLAYLISTS_QUEUE, VIDEOS_QUEUE
from tests.integration.messaging.queues import get

Broker = AbstractRobustConnection
A, B = "youtube:aaaaaaaaaaa", "youtube:bbbbbbbbbbb"
FLAKY = Failure(failure_class=FailureClass.TRANSIENT, reason="timeout", detail="Read timed out.")


def sweeper(catalog: Catalog, broker: Broker, publisher: Publisher, owner: str = "me") -> Sweeper:
    settings = RetrySettings(_env_file=None, sweep_grace_seconds=0, sweep_seconds=30)
    return Sweeper(catalog, publisher, partial(depth, broker), settings, owner)


async def accepted(catalog: Catalog, *ids: str, requested: bool = True) -> None:
    entries = [Entry(id_, f"https://youtu.be/{id_}", None) for id_ in ids]
    now = await catalog.now() - timedelta(seconds=5)
    await accept_videos(catalog, "youtube:PL1", ("mp3-320",), entries, now)
    if requested:
        await mark_requested(catalog, list(ids), now)


async def failed(catalog: Catalog, id_: str) -> int:
    attempt = await claim(catalog, id_, "me", 60)
    assert isinstance(attempt, Claim)
    now = await catalog.now() - timedelta(seconds=5)
    entry = log_entry(attempt.video, title=None, failure=FLAKY, now=now, seconds=1, stages={})
    assert await fail(catalog, id_, attempt.token, Failed(FLAKY), entry) is not None
    return attempt.token


async def swept(one: Sweeper) -> dict[str, int]:
    return {kind: number for kind, number in (await one.sweep()).items() if number}


async def requested_video(broker: Broker) -> str:
    message = await get(broker, VIDEOS_QUEUE)
    id_: str = json.loads(message.body)["data"]["video_id"]
    return id_


async def test_accepted_but_never_requested(catalog: Catalog, broker: Broker, publisher: Publisher) -> None:
    await accepted(catalog, A, requested=False)
    one = sweeper(catalog, broker, publisher)
    assert await swept(one) == {"unrequested": 1}
    assert await requested_video(broker) == A


async def test_queued_whose_message_is_lost(catalog: Catalog, broker: Broker, publisher: Publisher) -> None:
    await accepted(catalog, A, B)
    assert await swept(sweeper(catalog, broker, publisher)) == {"unheard": 2}
    assert {await requested_video(broker), await requested_video(broker)} == {A, B}


async def test_what_waits_in_a_long_queue_is_not_requested_again(
    catalog: Catalog, broker: Broker, publisher: Publisher
) -> None:
    await accepted(catalog, A, B)
    one = sweeper(catalog, broker, publisher)
    await swept(one)
    assert await swept(one) == {}
    assert await depth(broker, VIDEOS_QUEUE) == 2


async def test_a_lease_that_ran_out(catalog: Catalog, broker: Broker, publisher: Publisher) -> None:
    await accepted(catalog, A)
    late = await claim(catalog, A, "dead", 0)
    assert isinstance(late, Claim)
    await asyncio.sleep(0.01)
    assert await swept(sweeper(catalog, broker, publisher)) == {"deserted": 1}
    assert await requested_video(broker) == A
    video = await catalog.videos.find_one({"_id": A})
    assert video is not None
    assert (video["state"], video["attempts"], "lease" in video) == (VideoState.QUEUED, 0, False)


async def test_a_failure_that_was_never_announced(catalog: Catalog, broker: Broker, publisher: Publisher) -> None:
    await accepted(catalog, A)
    token = await failed(catalog, A)
    found = await swept(sweeper(catalog, broker, publisher))
    assert found["unannounced"] == 1
    message = json.loads((await get(broker, FAILURES_QUEUE)).body)
    assert (message["type"], message["data"]["token"]) == ("video.failed.v1", token)
    assert len((await attempts_page(catalog, A, after=None, limit=10)).items) == 1, (
        "the log entry the dead scraper could not write"
    )
    video = await catalog.videos.find_one({"_id": A})
    assert video is not None
    assert "unannounced" not in video


async def test_every_lease_that_ran_out_is_counted(catalog: Catalog, broker: Broker, publisher: Publisher) -> None:
    await accepted(catalog, A)
    counted = []
    for number in range(4):
        attempt = await claim(catalog, A, "dead", 0)
        assert isinstance(attempt, Claim)
        counted.append(attempt.video.get("desertions"))
        await asyncio.sleep(0.01)
        if number % 2:
            # Whether the sweeper or another message finds it: each death counts once.
            assert "deserted" in await swept(sweeper(catalog, broker, publisher))
    assert counted == [0, 1, 2, 3]
    await failed(catalog, A)
    video = await catalog.videos.find_one({"_id": A})
    assert video is not None
    assert video.get("desertions") == 0, "an attempt that came to its end ends the count"


async def test_a_wait_that_is_over(catalog: Catalog, broker: Broker, publisher: Publisher) -> None:
    await accepted(catalog, A)
    token = await failed(catalog, A)
    await schedule(catalog, A, token, 0, 1)
    await asyncio.sleep(0.01)
    found = await swept(sweeper(catalog, broker, publisher))
    assert found["due"] == 1
    assert await requested_video(broker) == A
    assert "due" not in await swept(sweeper(catalog, broker, publisher)), "taken up once"


async def test_how_long_what_is_overdue_has_been_so(catalog: Catalog) -> None:
    assert set((await longest_overdue(catalog)).values()) == {0.0}
    await accepted(catalog, A, B)
    await failed(catalog, A)
    assert not isinstance(await claim(catalog, B, "dead", 0), NotClaimed)
    await asyncio.sleep(0.01)
    found = await longest_overdue(catalog)
    assert found["unannounced"] > 4, "the failure of 5 s ago"
    assert 0 < found["deserted"] < found["unannounced"]
    assert (found["due"], found["playlist"]) == (0, 0)


async def test_what_an_audit_found_is_in_the_metrics(catalog: Catalog, broker: Broker, publisher: Publisher) -> None:
    await save_audit(catalog, await catalog.now(), {"overdue": 2, "object-differs": 1})
    one = sweeper(catalog, broker, publisher)
    await one.sweep()
    await count_totals(one.catalog, one.depth)
    text = generate_latest().decode()
    assert "fonoteca_retry_audit_violations 3.0" in text
    assert 'fonoteca_retry_queue_messages{queue="scraper.videos"} 0.0' in text


async def test_playlists_that_nobody_lists(catalog: Catalog, broker: Broker, publisher: Publisher) -> None:
    for number in (1, 2):
        await accept_playlist(
            catalog, f"youtube:PLnobodylists{number}", f"https://www.youtube.com/playlist?list=PLnobodylists{number}"
        )
    assert not isinstance(await claim_playlist(catalog, "youtube:PLnobodylists2", "dead", 0, None), NotListed)
    await asyncio.sleep(0.01)
    assert await swept(sweeper(catalog, broker, publisher)) == {"playlist": 2}
    bodies = [json.loads((await get(broker, PLAYLISTS_QUEUE)).body)["data"] for _ in range(2)]
    assert {body["playlist_id"] for body in bodies} == {"youtube:PLnobodylists1", "youtube:PLnobodylists2"}
    assert all(body["submitted_at"] for body in bodies)


async def test_of_two_replicas_one_sweeps(catalog: Catalog, broker: Broker, publisher: Publisher) -> None:
    await accepted(catalog, A, requested=False)
    found = await asyncio.gather(*(sweeper(catalog, broker, publisher, f"replica-{n}").sweep() for n in range(5)))
    assert sum(f.get("unrequested", 0) for f in found) == 1
    assert await depth(broker, VIDEOS_QUEUE) == 1


async def chosen(catalog: Catalog, selection: Selection, *states: VideoState) -> list[str]:
    return [video["_id"] async for batch in selected_videos(catalog, selection, states) for video in batch]


async def test_decisions_by_reason(catalog: Catalog) -> None:
    await accepted(catalog, A, B)
    token = await failed(catalog, A)
    await schedule(catalog, A, token, 3600, 1)
    [count] = await reasons(catalog)
    assert (count.reason, count.open, count.abandoned) == ("timeout", 1, 0)
    assert count.next_due is not None
    assert await chosen(catalog, Selection(reason="timeout"), VideoState.WAITING) == [A]
    assert await chosen(catalog, Selection(reason="other"), VideoState.WAITING) == []
    soon = await catalog.now() + timedelta(seconds=1)
    assert await chosen(catalog, Selection(reason="timeout", since=soon), VideoState.WAITING) == []
    video = await catalog.videos.find_one({"_id": A})
    assert video is not None
    ended = await abandon_video(catalog, video)
    assert ended is not None
    assert (ended["state"], ended["retry"]["failure"]["reason"]) == (VideoState.ABANDONED, "timeout")
    assert await abandon_video(catalog, video) is None, "it changed meanwhile"
    again = await requeue_video(catalog, ended, RequeueReason.PERSON)
    assert again is not None
    assert (again["state"], again["retry"]["charged"], "requested_at" in again) == (VideoState.QUEUED, 0, False)


@pytest.mark.parametrize("running", [False, True])
async def test_what_a_person_deleted_is_not_fetched_again(catalog: Catalog, running: bool) -> None:
    await accepted(catalog, A)
    attempt: Any = await claim(catalog, A, "me", 60) if running else None
    video = await catalog.videos.find_one({"_id": A})
    assert video is not None
    assert await delete_video(catalog, video) is not None
    if attempt is not None:
        entry = log_entry(
            attempt.video, title=None, failure=FLAKY, now=attempt.video["accepted_at"], seconds=1, stages={}
        )
        assert await fail(catalog, A, attempt.token, Failed(FLAKY), entry) is None, "its lease is lost"
    assert not isinstance(await claim(catalog, A, "me", 60), Claim)
    await accepted(catalog, A, requested=False)
    assert await chosen(catalog, Selection(video_id=A), *VideoState) == []
    kept = await catalog.videos.find_one({"_id": A})
    assert kept is not None
    assert kept["state"] == VideoState.ABANDONED
