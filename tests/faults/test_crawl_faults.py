"""Probe and scraper are killed while a crawl runs: it measures exactly what it was to, and nothing twice."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from typing import Any

from cli.api.crawls import CrawlRequests
from cli.api.measurements import Measurements
from shared.crawling.definition import CrawlDefinition
from tests.faults.numbers import DIE, many
from tests.faults.rig import Rig, wait_for
from tests.faults.scenario import Row
from tests.site import add_playlist_to_site

#: Entries of the list that it begins with, related videos of each, and videos in all.
PER_ADDRESS = many(20, 4)
VIDEOS = many(200, 14)


def video(id_: str) -> dict[str, Any]:
    return {"id": id_, "title": id_, "seconds": 1, "codecs": ["opus"]}


def put_on_site(rig: Rig, mark: str) -> str:
    """A list whose videos each lead to others, which lead to others, as far as a third round goes."""
    firsts = [f"{mark}{n:02}00000"[:11] for n in range(PER_ADDRESS)]
    for n, first in enumerate(firsts):
        seconds = [f"{mark}{n:02}{m:02}000"[:11] for m in range(1, PER_ADDRESS + 1)]
        add_playlist_to_site(rig.stack, f"RD{first}", [video(first), *map(video, seconds)])
        for m, second in enumerate(seconds[:3], 1):
            thirds = [f"{mark}{n:02}{m:02}{k:03}"[:11] for k in range(1, PER_ADDRESS + 1)]
            add_playlist_to_site(rig.stack, f"RD{second}", [video(second), *map(video, thirds)])
    return add_playlist_to_site(rig.stack, f"PLcrawl{mark}{uuid.uuid4().hex[:6]}", list(map(video, firsts)))


def test_probe_and_scraper_killed_in_a_crawl(rig: Rig, row: Row) -> None:
    """kill -9 of probe and scraper while a crawl of three rounds runs."""
    mark = uuid.uuid4().hex[:4]
    name, api = f"crawl-{mark}", CrawlRequests(rig.client)
    definition = CrawlDefinition(
        name=name,
        addresses=(put_on_site(rig, mark),),
        related=True,
        rounds=3,
        per_list=PER_ADDRESS,
        per_video=PER_ADDRESS,
        videos=VIDEOS,
        seconds=5,
        pings=1,
        delay_seconds=0,
    )
    api.start(definition)
    for number in range(1, many(4, 2) + 1):
        before = VIDEOS * number // 5
        wait_for(lambda least=before: api.one(name)["measured"] >= least, f"{before} measured")  # type: ignore[misc]
        time.sleep(DIE.uniform(0, 1))
        for service in ("probe", "scraper"):
            rig.kill(service)
            rig.start_again(service)
        row.runs += 1
    wait_for(lambda: api.one(name)["state"] == "done", "end of the crawl")
    wait_for(lambda: len(measured(rig, name)) >= VIDEOS, "all measurements")
    found = Counter(each["video_id"] for each in measured(rig, name))
    row.items, row.lost = VIDEOS, VIDEOS - len(found)
    assert set(found.values()) == {1}, "none was measured twice"
    assert len(found) == VIDEOS
    rounds = Counter(task["round"] for task in api.tasks(name) if task["kind"] == "video")
    assert rounds[1] == PER_ADDRESS
    assert sum(rounds.values()) == VIDEOS


def measured(rig: Rig, name: str) -> list[dict[str, Any]]:
    return list(Measurements(rig.client).newest({"crawl": name}))
