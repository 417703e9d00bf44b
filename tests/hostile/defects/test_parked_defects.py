"""Parked messages end what waited for them, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from services.retry.keeper import Keeper
from services.scraper.handlers import HANDLERS
from shared.catalog.delivery.outbox import requested_message, submission_of
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.contracts import PlaylistSubmitted, wrap
from shared.messaging.depth import depth
from shared.topology import FAILURES_QUEUE, PLAYLISTS_QUEUE, VIDEOS_QUEUE, parking_of
from tests.hostile.defective import GOOD, Defective, until
from tests.hostile.defects.broken import BAD, LIST, URL, failing_scraper

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
