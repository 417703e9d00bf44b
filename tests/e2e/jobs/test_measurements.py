"""Every download is measured, good or bad, at no request more; and what was measured can be read and exported."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from cli.api.client import Client
from cli.api.measurements import Measurements
from dev.site.player.formats import CLIENT_ADDRESS
from dev.stack import Stack
from tests.e2e.conftest import SETTINGS
from tests.e2e.pipeline import eventually
from tests.site import add_playlist_to_site, requests_of

FONOTECA = str(Path(sys.executable).parent / "fonoteca")
#: What the site counts of one video.
KINDS = ("page", "player", "media")


def fonoteca(stack: Stack, *arguments: str) -> str:
    """Run the command, which must succeed. Returns what it printed."""
    ran = subprocess.run(
        [FONOTECA, *arguments], env={**os.environ, **stack.exports}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def submitted(stack: Stack, client: Client, number: int) -> tuple[str, list[str]]:
    """Submit a playlist of `number` videos, every third of which is broken. Returns its id, and ids of its videos."""
    mark = uuid.uuid4().hex[:7]
    troubles = [None, None, "private", None, None, "removed"]
    videos: list[dict[str, Any]] = []
    for n in range(number):
        video: dict[str, Any] = {"id": f"{mark}{n:04}", "title": f"Émission {n}", "seconds": 3}
        if (trouble := troubles[n % len(troubles)]) is not None:
            video |= {"trouble": trouble, "placeholder": False}
        videos.append(video)
    url = add_playlist_to_site(stack, f"PLmeasured{mark}", videos)
    return client.submit(url)["id"], [video["id"] for video in videos]


def when_attempted(client: Client, playlist: str, number: int) -> None:
    """Wait until each video was attempted at least once."""

    def look() -> bool:
        found = list(client.videos(playlist=playlist))
        return len(found) == number and all(v["state"] == "stored" or v["failure"] is not None for v in found)

    eventually(look, "an attempt of each video")


def of_playlist(client: Client, ids: list[str]) -> list[dict[str, Any]]:
    wanted = {f"youtube:{id_}" for id_ in ids}
    return [found for found in Measurements(client).newest({}) if found["video_id"] in wanted]


def test_sixty_videos_are_sixty_measurements(stack: Stack, client: Client, tmp_path: Path) -> None:
    playlist, ids = submitted(stack, client, 60)
    when_attempted(client, playlist, 60)
    eventually(lambda: len(of_playlist(client, ids)) >= 60, "sixty measurements")
    found = of_playlist(client, ids)
    assert len({(each["video_id"], each["token"]) for each in found}) == len(found) == 60
    by_result = {result: [each for each in found if each["result"] == result] for result in ("downloaded", "failed")}
    assert (len(by_result["downloaded"]), len(by_result["failed"])) == (40, 20)
    for each in by_result["downloaded"]:
        assert each["bytes"] > 0
        assert each["requests"] == 1
        assert each["host"].startswith("rr1---sn-")
        # A part, as YouTube serves media.
        assert (each["status"], each["engine"]) == (206, "yt-dlp")
        assert each["first_byte_seconds"] is not None
        assert each["stalls"] is not None
        assert each["duration_seconds"] is not None
    assert {each["reason"] for each in by_result["failed"]} == {"private", "removed"}
    assert {each["bytes"] for each in by_result["failed"]} == {0}
    the_log_shows_them(stack, client, found)
    exports_hold_them(stack, tmp_path, {each["url"] for each in found})


def the_log_shows_them(stack: Stack, client: Client, found: list[dict[str, Any]]) -> None:
    one = next(each for each in found if each["result"] == "downloaded")
    [attempt] = client.attempts(one["video_id"])
    assert attempt["measurement"]["id"] == one["id"]
    assert attempt["measurement"]["bytes"] == one["bytes"]
    shown = fonoteca(stack, "logs", one["video_id"])
    assert "first byte after" in shown


def exports_hold_them(stack: Stack, folder: Path, urls: set[str]) -> None:
    """Other videos of this stack may be measured meanwhile."""
    text, database = folder / "all.csv", folder / "all.db"
    fonoteca(stack, "probe", "export", "--to", str(text))
    fonoteca(stack, "probe", "export", "--format", "sqlite", "--to", str(database))
    with text.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Url"] in urls]
    assert (len(rows), len(rows[0])) == (60, 29)
    with sqlite3.connect(database) as opened:
        stored = opened.execute("SELECT ID, Url, DownloadBytes, StatusCode FROM measurements").fetchall()
    opened.close()
    assert [tuple(str(value or "") for value in row) for row in stored if row[1] in urls] == [
        (row["ID"], row["Url"], "" if row["DownloadBytes"] == "0" else row["DownloadBytes"], row["StatusCode"])
        for row in rows
    ]
    video = f"youtube:{rows[0]['Url'].rpartition('=')[2]}"
    [line] = fonoteca(stack, "probe", "list", "--video", video, "--json").splitlines()
    assert json.loads(line)["at"] == rows[0]["ID"]


def six_measured(client: Client, ids: list[str]) -> bool:
    return len(of_playlist(client, ids)) == 6


def test_measuring_asks_nothing_of_the_site(stack: Stack, client: Client) -> None:
    """The same playlist, measured and not: the site counts the same requests for each video."""
    counted: list[list[list[int]]] = []
    measured: list[int] = []
    for measure in ("true", "false"):
        stack.stop_programs(["scraper"])
        stack.start_services(("scraper",), SETTINGS | {"SCRAPER_MEASURE": measure})
        playlist, ids = submitted(stack, client, 6)
        when_attempted(client, playlist, 6)
        counted.append([[requests_of(stack, kind, id_) for kind in KINDS] for id_ in ids])
        if measure == "true":
            eventually(partial(six_measured, client, ids), "six measurements")
        measured.append(
            sum(attempt["measurement"] is not None for id_ in ids for attempt in client.attempts(f"youtube:{id_}"))
        )
    stack.stop_programs(["scraper"])
    stack.start_services(("scraper",), SETTINGS)
    assert counted[0] == counted[1]
    assert measured == [6, 0]


def test_the_public_address_is_nowhere_unless_it_is_wanted(stack: Stack, client: Client, tmp_path: Path) -> None:
    """The site writes the address at which it sees us into each address of media, as YouTube does."""
    mark = uuid.uuid4().hex[:7]
    troubles = ["none", "cut-off", "empty", "damaged", "forbidden"]
    ids = [f"{mark}{n:04}" for n in range(len(troubles))]
    videos = [{"id": id_, "title": mark, "seconds": 3, "trouble": t} for id_, t in zip(ids, troubles, strict=True)]
    playlist = client.submit(add_playlist_to_site(stack, f"PLaddress{mark}", videos))["id"]
    when_attempted(client, playlist, len(videos))
    eventually(lambda: len(of_playlist(client, ids)) >= len(ids), "measurements")
    export = tmp_path / "all.jsonl"
    fonoteca(stack, "probe", "export", "--format", "jsonl", "--to", str(export))
    assert mark in export.read_text()
    crawl, report = f"address-{mark}", tmp_path / "report.html"
    fonoteca(stack, "probe", "crawl", ids[0], "--name", crawl, "-n", "1", "--wait")
    eventually(lambda: list(Measurements(client).newest({"crawl": crawl})), "the crawl's measurement")
    fonoteca(stack, "probe", "report", "--to", str(report))
    texts = {"export": export.read_text(), "catalog": everything_in(stack.exports), "report": report.read_text()}
    texts |= {path.name: path.read_text(errors="replace") for path in stack.state.subfolder("logs").glob("*.log")}
    # What serves the site knows its own address.
    assert [name for name, text in texts.items() if CLIENT_ADDRESS in text and name != "site.log"] == []
    stack.stop_programs(["scraper"])
    stack.start_services(("scraper",), SETTINGS | {"SCRAPER_NO_IP": "false"})
    url = add_playlist_to_site(stack, f"PLtold{mark}", [{"id": f"{mark}told", "title": "Une", "seconds": 3}])
    when_attempted(client, client.submit(url)["id"], 1)
    eventually(lambda: of_playlist(client, [f"{mark}told"]), "its measurement")
    stack.stop_programs(["scraper"])
    stack.start_services(("scraper",), SETTINGS)
    assert [found["public_address"] for found in of_playlist(client, [f"{mark}told"])] == [CLIENT_ADDRESS]


def everything_in(exports: Mapping[str, str]) -> str:
    """Every document of the database, as text."""
    with MongoClient[dict[str, Any]](exports["MONGO_URI"]) as mongo:
        database = mongo[exports["MONGO_DATABASE"]]
        return "\n".join(
            str(document) for name in database.list_collection_names() for document in database[name].find()
        )
