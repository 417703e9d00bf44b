"""Documents over which the sweep fails: each ends in a state, and everything else goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from services.api.routes.decisions import list_reasons
from services.api.routes.videos import page
from services.retry.totals import count_totals
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.videos.claims import claim
from shared.catalog.videos.defects import count_ended
from shared.contracts.defect import DEFECT_LIMIT
from shared.messaging.depth import depth
from shared.topology import FAILURES_QUEUE, PLAYLISTS_QUEUE, VIDEOS_QUEUE
from tests.hostile.defective import GOOD, PLACE, Defective
from tests.hostile.defects.broken import BAD, FUTURE, LEASE, PAST, RETRY, URL


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
