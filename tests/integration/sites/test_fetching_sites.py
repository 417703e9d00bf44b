"""Fetching by packages of sites in real workers: guarded, killable, and with typed failures."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import wave
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dev.install import ROOT
from services.scraper.engines.values import Downloaded, ListedPlaylist, ListedVideo, ListingEnded, Served, SourceRules
from services.scraper.failures import Evidence
from services.scraper.media.ffmpeg import find_ffmpeg
from services.scraper.workers.pool import WorkerDied, Workers
from services.scraper.workers.site_survey import surveyed_sites
from shared.filters import Filters
from tests.integration.sites.running import RULES, listed, reason_of, site
from tests.site_packages import Answer, SmallServer, install

#: Seconds that the recording of these tests lasts.
SECONDS = 2
DENO = str(Path(sys.executable).with_name("deno"))


#: Handles an answer 404 with what follows.
AFTER = "try: web.read(entry.address)\nexcept HttpError as error: "
FETCH = """
from datetime import UTC, datetime

class Unreadable(Gone):
    def __str__(self):
        raise ValueError("no text")

def list(address):
    yield Entry("one", address)

def fetch(entry):
"""


def sound() -> bytes:
    """A wave file of SECONDS with a tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 8000, 0, "NONE", ""))
        written.writeframes(b"".join(bytes((0, n % 64)) for n in range(8000 * SECONDS)))
    return file.getvalue()


async def fetched(
    workers: Workers, folder: Path, server: SmallServer, code: str, rules: SourceRules | None = None
) -> Downloaded | Evidence:
    """What comes of the entry `one` with a site whose `fetch` has this body."""
    made = site(folder, server, FETCH + "".join(f"    {line}\n" for line in dedent(code).splitlines()))
    rules = replace(rules or made, sites=made.sites, video_id="site.small:one")
    work = folder.parent / "work"
    work.mkdir()
    return (await workers.fetch(server.url("/one"), work, rules, 60)).result


async def test_a_site_lists_and_fetches_what_yt_dlp_does_not_know(
    workers: Workers, folder: Path, server: SmallServer
) -> None:
    server.answers["/one.wav"] = sound()
    result = await fetched(
        workers,
        folder,
        server,
        f"""
        from datetime import date
        return Media("{server.url("/one.wav")}", "One", seconds=2, published=date(2024, 3, 1),
                     language="fon", licence="CC0", id="one")
        """,
    )
    assert isinstance(result, Downloaded), result
    assert result.path.read_bytes() == server.answers["/one.wav"]
    assert (result.found_id, result.promised.page_seconds) == ("site.small:one", SECONDS)
    told = {"title": "One", "language": "fon", "licence": "CC0", "upload_date": "20240301"}
    assert {key: result.metadata.get(key) for key in told} == told
    assert result.metadata["webpage_url"] == server.url("/one")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ('raise Gone("No longer here")', ("permanent", "not-found")),
        ('raise Private("Ask the archive")', ("permanent", "private")),
        ('raise TooManyRequests("Slow down", 30)', ("egress", "too-many-requests")),
        ("web.read(entry.address)", ("permanent", "not-found")),
        ('web.read(entry.address + "/busy")', ("egress", "too-many-requests")),
        ('web.read(entry.address + "/odd")', ("tool", "unknown")),
        ('web.read(entry.address + "/closed")', ("transient", "forbidden")),
        ('web.read(entry.address + "/down")', ("transient", "server-error")),
        ('web.read("http://127.0.0.1:1/")', ("transient", "connection")),
        ('raise KeyError("HTTP Error 429: Too Many Requests")', ("tool", "extractor-broken")),
        ('import sys; sys.exit("x")', ("tool", "extractor-broken")),
        ("raise KeyboardInterrupt", ("tool", "extractor-broken")),
        ("import asyncio; raise asyncio.CancelledError", ("tool", "extractor-broken")),
        (f'{AFTER}raise KeyError("x")', ("tool", "extractor-broken")),
        (f"{AFTER}{{}}['items']", ("tool", "extractor-broken")),
        (f"{AFTER}raise error from None", ("permanent", "not-found")),
        ("raise HttpError(404, entry.address)", ("permanent", "not-found")),
        ("raise HttpError(429, entry.address)", ("egress", "too-many-requests")),
        ("raise HttpError(503, entry.address)", ("transient", "server-error")),
        ('raise TooManyRequests("Slow down", "60")', ("tool", "extractor-broken")),
        ('raise NotYet("Never", datetime(9999, 12, 31, tzinfo=UTC))', ("tool", "extractor-broken")),
        ("raise Unreadable()", ("tool", "extractor-broken")),
        ('return Media(entry.address, "One", headers={"A": "b\\r\\nC: d"})', ("tool", "extractor-broken")),
        ("return None", ("tool", "extractor-broken")),
        ('return Media(entry.address, "One")', ("transient", "media-not-found")),
        ('return Media("file:///etc/passwd", "One")', ("tool", "extractor-broken")),
        ('return Media(entry.address, "Two", id="two")', ("transient", "other-video")),
    ],
)
async def test_a_failed_fetch_has_a_typed_reason(
    workers: Workers, folder: Path, server: SmallServer, code: str, reason: tuple[str, str]
) -> None:
    server.answers |= {"/one/busy": 429, "/one/odd": 418, "/one/closed": 403, "/one/down": 503}
    assert reason_of(await fetched(workers, folder, server, code)) == reason


@pytest.mark.parametrize(
    ("published", "day"),
    [
        ("date(1, 1, 1)", "00010101"),
        ("datetime(1, 1, 1)", "00010101"),
        ("date(999, 12, 31)", "09991231"),
        ("date(1955, 4, 3)", "19550403"),
        ("datetime(2024, 2, 29, 23, 30, tzinfo=UTC)", "20240229"),
    ],
)
async def test_any_day_of_the_calendar_is_kept(
    workers: Workers, folder: Path, server: SmallServer, published: str, day: str
) -> None:
    server.answers["/one.wav"] = sound()
    code = f'from datetime import date\nreturn Media("{server.url("/one.wav")}", "One", published={published})'
    result = await fetched(workers, folder, server, code)
    assert isinstance(result, Downloaded), result
    assert result.metadata["upload_date"] == day


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"filters": (Filters(min_seconds=60),)}, "filtered"),
        ({"longest_seconds": 1}, "longer-than-allowed"),
        ({"largest_bytes": 1000}, "larger-than-allowed"),
        ({"language": "en"}, "track-missing"),
    ],
)
async def test_filters_and_limits_hold_for_sites(
    workers: Workers, folder: Path, server: SmallServer, limit: dict[str, Any], reason: str
) -> None:
    server.answers["/one.wav"] = sound()
    code = f'return Media("{server.url("/one.wav")}", "One", seconds={SECONDS}, language="fon")'
    assert reason_of(await fetched(workers, folder, server, code, replace(RULES, **limit)))[1] == reason


async def test_a_recording_that_opens_later_waits_until_then(
    workers: Workers, folder: Path, server: SmallServer
) -> None:
    code = """
        from datetime import UTC, datetime
        raise NotYet("Opens in the year 2999", datetime(2999, 1, 1, tzinfo=UTC))
        """
    result = await fetched(workers, folder, server, code)
    assert reason_of(result) == ("wait-until", "not-yet")
    assert isinstance(result, Evidence)
    assert result.begins_at == datetime(2999, 1, 1, tzinfo=UTC)


async def test_a_site_reaches_no_private_host_by_any_way(workers: Workers, folder: Path, server: SmallServer) -> None:
    guarded = replace(RULES, private_hosts=False)
    result = await fetched(workers, folder, server, "web.read(entry.address)", guarded)
    assert reason_of(result) == ("permanent", "private-address")
    assert server.requested == []


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("import urllib.request; urllib.request.urlopen(entry.address)", "opens no connections itself"),
        ("import socket; socket.create_connection(('127.0.0.1', 1))", "opens no connections itself"),
        # deno, which yt-dlp may start.
        (f"import subprocess; subprocess.run([{DENO!r}, '--version'])", "starts no programs"),
    ],
)
async def test_a_site_opens_no_connection_and_starts_no_program_itself(
    workers: Workers, folder: Path, server: SmallServer, code: str, text: str
) -> None:
    result = await fetched(workers, folder, server, code)
    assert reason_of(result) == ("tool", "extractor-broken")
    assert isinstance(result, Evidence)
    assert text in result.text
    assert server.requested == []


async def test_a_hanging_fetch_is_killed(workers: Workers, folder: Path, server: SmallServer) -> None:
    rules = site(folder, server, FETCH + "    import time\n    time.sleep(3600)\n")
    work = folder.parent / "work"
    work.mkdir()
    with pytest.raises(WorkerDied, match="longer than 3 s"):
        await workers.fetch(server.url("/one"), work, replace(rules, video_id="site.small:one"), 3)


async def test_a_witness_is_tried_without_keeping_anything(workers: Workers, folder: Path, server: SmallServer) -> None:
    server.answers["/one.wav"] = sound()
    rules = site(folder, server, f'{FETCH}    return Media("{server.url("/one.wav")}", "One")\n')
    work = folder.parent / "work"
    work.mkdir()
    result = await workers.try_out(server.url("/one"), work, replace(rules, video_id="site.small:one"), 60)
    assert isinstance(result, Served), result


async def test_a_site_that_is_not_installed_here_waits_for_its_package(
    workers: Workers, server: SmallServer, tmp_path: Path
) -> None:
    rules = replace(RULES, video_id="site.absent:one")
    result = (await workers.fetch(server.url("/one"), tmp_path, rules, 60)).result
    assert reason_of(result) == ("tool", "engine-failed")
    assert server.requested == []


async def test_the_guides_example_works_as_it_stands(workers: Workers, folder: Path, server: SmallServer) -> None:
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/sites.md").read_text(), re.DOTALL)
    install(folder, "guide", code.replace("archive.example", server.host))
    rules = replace(RULES, sites=await surveyed_sites("guide", RULES))
    one, two = ({"id": id_, "address": server.url(f"/{id_}"), "title": id_} for id_ in ("one", "two"))
    server.answers |= {
        "/all": {"title": "All", "count": 2, "recordings": [one], "next": server.url("/all/2")},
        "/all/2": {"recordings": [two], "next": None},
        "/one": {
            "id": "one",
            "access": "open",
            "file": server.url("/one.wav"),
            "title": "1",
            "seconds": SECONDS,
            "date": "2024-03-01",
        },
        "/two": {"access": "members"},
        "/later": {"access": "later", "opens": "2999-01-01"},
        "/5": {"id": 5, "title": "A number"},
        "/one.wav": sound(),
    }
    head, *entries, end = await listed(server.url("/all"), rules)
    assert head == ListedPlaylist("All", None, 2)
    assert [entry.video_id for entry in entries if isinstance(entry, ListedVideo)] == [
        "site.guide:one",
        "site.guide:two",
    ]
    assert end == ListingEnded(2)
    for url, id_ in ((server.url("/one"), "site.guide:one"), (server.url("/5"), "site.guide:5")):
        alone, end = await listed(url, rules)
        assert isinstance(alone, ListedVideo)
        assert (alone.video_id, alone.url, end) == (id_, url, ListingEnded(1))
    for name in ("one", "two", "later"):
        (folder / name).mkdir()
    first = (
        await workers.fetch(server.url("/one"), folder / "one", replace(rules, video_id="site.guide:one"), 60)
    ).result
    assert isinstance(first, Downloaded), first
    second = (
        await workers.fetch(server.url("/two"), folder / "two", replace(rules, video_id="site.guide:two"), 60)
    ).result
    assert reason_of(second) == ("permanent", "private")
    third = (
        await workers.fetch(server.url("/later"), folder / "later", replace(rules, video_id="site.guide:later"), 60)
    ).result
    assert reason_of(third) == ("wait-until", "not-yet")


def test_the_guides_package_can_be_built(tmp_path: Path) -> None:
    guide = (ROOT / "docs/sites.md").read_text()
    [description] = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    [code] = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(description)
    (tmp_path / "village_archive.py").write_text(code)
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([*pip, "--wheel-dir", str(tmp_path), str(tmp_path)], check=True)
    with zipfile.ZipFile(tmp_path / "village_archive-0.1.0-py3-none-any.whl") as wheel:
        points = wheel.read("village_archive-0.1.0.dist-info/entry_points.txt").decode()
        assert points.split() == ["[fonoteca.sites]", "village-archive", "=", "village_archive"]
        assert "village_archive.py" in wheel.namelist()


def stream(folder: Path) -> dict[str, Answer]:
    """An HLS playlist, /all.m3u8, and its two parts of two seconds."""
    parts = folder / "parts"
    parts.mkdir()
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=4", "-c:a", "aac", "-f", "hls", "-hls_time", "2"]
    subprocess.run([find_ffmpeg(), "-v", "error", *tone, "all.m3u8"], check=True, cwd=parts)
    return {f"/{file.name}": file.read_bytes() for file in parts.iterdir()}


async def test_media_may_be_a_stream_in_parts(
    workers: Workers, folder: Path, server: SmallServer, tmp_path: Path
) -> None:
    server.answers |= stream(tmp_path)
    result = await fetched(workers, folder, server, f'return Media("{server.url("/all.m3u8")}", "One")')
    assert isinstance(result, Downloaded), result
    assert result.promised.manifest_seconds == pytest.approx(4, abs=0.2)
