"""Services are killed, stopped and hang: what they had in hand goes on elsewhere."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx

from dev.faults.proxy import Fault
from shared.topology import DELIVERY_LIMIT
from shared.topology.services import SERVICES
from tests.faults.numbers import DIE, many
from tests.faults.rig import Rig, wait_for
from tests.faults.scenario import (
    Row,
    attempts_of,
    forget_videos,
    media_asked,
    more_asked,
    new_playlist,
    post_playlist,
    reasons_of,
    settle,
    tap,
    tapped,
)
from tests.site import add_playlist_to_site, requests_of


def test_scraper_killed(rig: Rig, row: Row) -> None:
    """kill -9 of the scraper at random moments."""
    before, row.runs = rig.states(), many(50, 3)
    url, ids = new_playlist(rig, many(40, 8), bytes_per_second=60_000)
    rig.submit(url)
    for _ in range(row.runs):
        ended = rig.states().get("stored", 0) - before.get("stored", 0) == len(ids)
        if not ended:
            wait_for(partial(more_asked, rig, ids, media_asked(rig, ids)), "a download")
            time.sleep(DIE.uniform(0, 1.5))
        rig.kill("scraper")
        rig.start_again("scraper")
    settle(rig, row, before, len(ids))
    assert set(attempts_of(rig, ids)) == {1}
    work = rig.folder / "work"
    wait_for(lambda: [p for p in work.rglob("*") if p.is_file() and p.name != "lock"] == [], "empty work folder")
    assert len(list(work.iterdir())) == 1


def test_killed_after_the_upload(rig: Rig, row: Row) -> None:
    """kill -9 between upload and state."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, 1, bytes_per_second=15_000)
    rig.submit(url)
    wait_for(lambda: requests_of(rig.stack, "media", ids[0]) > 0, "a download")
    with rig.fault("mongodb", Fault(frozen=True)):
        key = f"audio/youtube/{ids[0][:2]}/{ids[0]}/mp3-320.mp3"
        wait_for(lambda: _object_is_there(rig, key), "uploaded object")
        rig.kill("scraper")
    rig.start_again("scraper")
    settle(rig, row, before, 1)
    assert attempts_of(rig, ids) == [1]


def _object_is_there(rig: Rig, key: str) -> bool:
    folder = rig.folder / "s3"
    return any(key in str(path) for path in folder.rglob("*mp3-320.mp3*"))


def test_killed_after_the_state(rig: Rig, row: Row) -> None:
    """kill -9 between state and publish."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, 1, bytes_per_second=15_000)
    rig.submit(url)
    wait_for(lambda: requests_of(rig.stack, "media", ids[0]) > 0, "a download")
    with rig.fault("rabbitmq", Fault(frozen=True)):
        wait_for(lambda: rig.client.video(f"youtube:{ids[0]}")["state"] == "stored", "state stored")
        rig.kill("scraper")
    rig.start_again("scraper")
    settle(rig, row, before, 1)
    assert attempts_of(rig, ids) == [1]
    assert requests_of(rig.stack, "page", ids[0]) == 1


def test_killed_before_the_acknowledgement(rig: Rig, row: Row) -> None:
    """kill -9 between publish and acknowledgement."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, 1, bytes_per_second=15_000)
    with tap(rig, "audio.stored.v1") as events:
        rig.submit(url)
        wait_for(lambda: requests_of(rig.stack, "media", ids[0]) > 0, "a download")
        # The broker takes the event, but its confirm does not come back: so the request is not acknowledged.
        with rig.fault("rabbitmq", Fault(answers_frozen=True)):
            wait_for(lambda: tapped(rig, events), "the event")
            rig.kill("scraper")
        rig.start_again("scraper")
        wait_for(lambda: len(tapped(rig, events)) == 2, "the event once more")
        settle(rig, row, before, 1)
        assert len(set(tapped(rig, events))) == 1, "each time with the same id"
    assert attempts_of(rig, ids) == [1]
    assert requests_of(rig.stack, "page", ids[0]) == 1


def test_work_that_kills_its_scraper(rig: Rig, row: Row) -> None:
    """A video in whose middle scrapers die again and again is set aside for a person."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, 1, bytes_per_second=15_000)
    id_ = f"youtube:{ids[0]}"
    rig.submit(url)
    wait_for(partial(more_asked, rig, ids, 0), "a download")
    with rig.mongo() as mongo:
        # The deaths before this one.
        videos = mongo[rig.direct["MONGO_DATABASE"]]["videos"]
        videos.update_one({"_id": id_}, {"$set": {"desertions": DELIVERY_LIMIT - 1}})
    rig.kill("scraper")
    asked = media_asked(rig, ids)
    rig.start_again("scraper")
    settle(rig, row, before, 1, waiting=1)
    assert rig.client.video(id_)["failure"]["reason"] == "crashes-scraper"
    assert media_asked(rig, ids) == asked, "it is not tried once more"
    assert rig.client.decide({"action": "retry", "reason": "crashes-scraper"})["videos"] == 1
    settle(rig, row, before, 1)
    row.items = 1


def test_other_services_killed(rig: Rig, row: Row) -> None:
    """kill -9 of retry, sync and api at random under load."""
    before, row.runs = rig.states(), many(30, 6)
    url, ids = new_playlist(rig, many(60, 12), trouble="server-error", trouble_tries=1)
    rig.submit(url)
    for turn in range(row.runs):
        name = ("retry", "sync", "api")[turn % 3]
        time.sleep(DIE.uniform(0, 0.5))
        rig.kill(name)
        rig.start_again(name)
    settle(rig, row, before, len(ids))
    assert set(attempts_of(rig, ids)) == {2}


def test_api_killed_before_its_answer(rig: Rig, row: Row) -> None:
    """kill -9 of the api before its 202: the same Idempotency-Key gives the same playlist."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, 2)
    key = {"Idempotency-Key": uuid.uuid4().hex}
    with ThreadPoolExecutor(1) as pool, rig.fault("rabbitmq", Fault(frozen=True)):
        cut_off = pool.submit(post_playlist, rig, url, **key)
        with rig.mongo() as mongo:
            playlists = mongo[rig.direct["MONGO_DATABASE"]]["playlists"]
            wait_for(lambda: playlists.find_one({"url": url}), "accepted playlist")
        rig.kill("api")
        assert isinstance(cut_off.exception(), httpx.HTTPError)
    rig.start_again("api")
    first, again = post_playlist(rig, url, **key), post_playlist(rig, url, **key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert post_playlist(rig, "PLanotherlist1", **key).status_code == 422
    settle(rig, row, before, len(ids))


def test_rolling_restart(rig: Rig, row: Row) -> None:
    """SIGTERM to every service in turn under load."""
    before, row.runs = rig.states(), many(20, 2)
    url, ids = new_playlist(rig, many(600, 10), bytes_per_second=60_000)
    rig.submit(url)
    for _ in range(row.runs):
        for name in SERVICES:
            rig.terminate(name)
            rig.start_again(name)
    settle(rig, row, before, len(ids))
    assert set(attempts_of(rig, ids)) == {1}
    assert reasons_of(rig, ids) == {None}


def test_expander_killed(rig: Rig, row: Row) -> None:
    """kill -9 of the scraper in the middle of a long listing."""
    before, row.runs, number = rig.states(), many(5, 2), many(20_000, 300)
    stem = uuid.uuid4().hex[:4]
    # Their media never comes: fetching so many would take hours, and is no part of this fault.
    stalled = {"title": "x", "seconds": 3, "codecs": ["opus"], "trouble": "stalled"}
    url = add_playlist_to_site(
        rig.stack, f"PL{stem}0000000000", [{"id": f"{stem}{n:07}", **stalled} for n in range(number)]
    )
    playlist = rig.submit(url)["id"]
    for turn in range(row.runs):
        # Every listing begins from the first entry, so late kills would make this test take very long.
        share = (turn + 1) * number // 40
        wait_for(partial(_has_found, rig, playlist, share), f"{share} entries")
        rig.kill("scraper")
        rig.start_again("scraper")
    killed = time.monotonic()
    wait_for(lambda: _listed(rig, playlist).get("state") == "expanded", "end of the listing")
    row.items, row.seconds_until_quiet = number, time.monotonic() - killed
    report = rig.audit()
    row.lost = sum(before.values()) + number - report["accepted"]
    assert report["violations"] == []
    assert row.lost == 0
    assert _listed(rig, playlist)["found"] == number
    forget_videos(rig, playlist)
    assert rig.states() == before


def _has_found(rig: Rig, playlist_id: str, number: int) -> bool:
    """Whether the listing has come so far. Each begins from the first entry."""
    return int(_listed(rig, playlist_id).get("found", 0)) > number


def _listed(rig: Rig, playlist_id: str) -> dict[str, Any]:
    """The playlist's document, without the counts that the API would make."""
    with rig.mongo() as mongo:
        return mongo[rig.direct["MONGO_DATABASE"]]["playlists"].find_one({"_id": playlist_id}) or {}


def test_hanging_download(rig: Rig, row: Row) -> None:
    """A download hangs: it is ended at the limit and tried again."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(4, 1), trouble="stalled", trouble_tries=1)
    with rig.with_settings("scraper", SCRAPER_VIDEO_SECONDS="10"):
        rig.submit(url)
        wait_for(lambda: media_asked(rig, ids) >= len(ids), "the downloads")
        wait_for(lambda: "worker-died" in reasons_of(rig, ids), "the end of the hanging download")
    settle(rig, row, before, len(ids))
    assert reasons_of(rig, ids) == {"worker-died", None}
