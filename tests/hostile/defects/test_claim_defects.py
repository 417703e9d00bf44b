"""Videos and playlists that cannot be claimed, and failures that cannot be written, end as defects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest

from services.scraper.handlers import HANDLERS, video_requested
from shared.catalog.delivery.outbox import submission_of
from shared.catalog.playlists.acceptance import accept_playlist
from shared.contracts import PlaylistSubmitted, VideoRequested
from shared.contracts.defect import DEFECT_LIMIT
from shared.topology import PLAYLISTS_QUEUE, VIDEOS_QUEUE
from tests.hostile.defective import GOOD, PLACE, Defective, until
from tests.hostile.defects.broken import BAD, LEASE, failing_scraper

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
