"""Every fault, with real processes and servers; after each the auditor must find that the promise is kept."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shutil
import signal
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import aio_pika
import httpx
import pytest
from aio_pika import DeliveryMode, Message

from dev.archive_check import object_store
from dev.faults.proxy import Fault
from dev.program import RunningProgram
from dev.servers.rabbitmq import clear_memory_alarm, raise_memory_alarm, set_consumer_timeout
from shared.contracts import VideoRequested, wrap
from tests.faults.conftest import Row, many
from tests.faults.rig import WORK_MEGABYTES, Rig, wait_for
from tests.site import add_playlist_to_site, requests_of

DIE = random.Random(20260501)


def new_playlist(rig: Rig, number: int, **more: Any) -> tuple[str, list[str]]:
    """A playlist of `number` fresh videos on the site. Returns its address and the videos' ids at the site."""
    stem = uuid.uuid4().hex[:6]
    ids = [f"{stem}{n:05}" for n in range(number)]
    videos = [{"id": id_, "title": id_, "seconds": 3, "codecs": ["opus"], **more} for id_ in ids]
    return add_playlist_to_site(rig.stack, f"PL{stem}00000000", videos, prepare=True), ids


def states_with(rig: Rig, before: dict[str, int], **more: int) -> dict[str, int]:
    """The states that there must be: those before, and what this fault adds."""
    return {state: n for state in {*before, *more} if (n := before.get(state, 0) + more.get(state, 0))}


def duplicates(rig: Rig) -> int:
    """Requests that the running scraper took without anything to do."""
    with urllib.request.urlopen(rig.direct["SCRAPER_METRICS_URL"]) as answer:
        text = answer.read().decode()
    found = re.findall(r'^fonoteca_scraper_attempts_total\{.*outcome="duplicate".*\} (\S+)', text, re.MULTILINE)
    return int(sum(float(n) for n in found))


def settle(rig: Rig, row: Row, before: dict[str, int], items: int, **states: int) -> None:
    """Wait until all is quiet, let the auditor look, and fill in the row."""
    wanted = states_with(rig, before, **(states or {"stored": items}))
    row.items += items
    row.seconds_until_quiet = rig.when_quiet(sum(wanted.values()), wanted)
    report = rig.audit()
    row.violations = report["violations"]
    row.lost = sum(before.values()) + items - report["accepted"]
    row.duplicates = duplicates(rig)
    assert row.violations == []
    assert row.lost == 0


def attempts_of(rig: Rig, ids: list[str]) -> list[int]:
    return [rig.client.video(f"youtube:{id_}")["attempts"] for id_ in ids]


def reasons_of(rig: Rig, ids: list[str]) -> set[str | None]:
    return {a["reason"] for id_ in ids for a in rig.client.attempts(f"youtube:{id_}")}


def test_scraper_killed(rig: Rig, row: Row) -> None:
    """kill -9 of the scraper at random moments."""
    before, row.runs = rig.states(), many(50, 3)
    url, ids = new_playlist(rig, many(40, 8), bytes_per_second=60_000)
    rig.client.submit(url)
    for _ in range(row.runs):
        ended = rig.states().get("stored", 0) - before.get("stored", 0) == len(ids)
        if not ended:
            wait_for(partial(_more_asked, rig, ids, _asked(rig, ids)), "a download")
            time.sleep(DIE.uniform(0, 1.5))
        rig.kill("scraper")
        rig.start_again("scraper")
    settle(rig, row, before, len(ids))
    assert set(attempts_of(rig, ids)) == {1}
    work = rig.folder / "work"
    wait_for(lambda: [p for p in work.rglob("*") if p.is_file() and p.name != "lock"] == [], "empty work folder")
    assert len(list(work.iterdir())) == 1


def _asked(rig: Rig, ids: list[str]) -> int:
    return sum(requests_of(rig.stack, "media", id_) for id_ in ids)


def _more_asked(rig: Rig, ids: list[str], before: int) -> bool:
    return _asked(rig, ids) > before


def test_killed_after_the_upload(rig: Rig, row: Row) -> None:
    """kill -9 between upload and state."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, 1, bytes_per_second=15_000)
    rig.client.submit(url)
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
    rig.client.submit(url)
    wait_for(lambda: requests_of(rig.stack, "media", ids[0]) > 0, "a download")
    with rig.fault("rabbitmq", Fault(frozen=True)):
        wait_for(lambda: rig.client.video(f"youtube:{ids[0]}")["state"] == "stored", "state stored")
        rig.kill("scraper")
    rig.start_again("scraper")
    settle(rig, row, before, 1)
    assert attempts_of(rig, ids) == [1]
    assert requests_of(rig.stack, "page", ids[0]) == 1


def test_other_services_killed(rig: Rig, row: Row) -> None:
    """kill -9 of retry, sync and api at random under load."""
    before, row.runs = rig.states(), many(30, 6)
    url, ids = new_playlist(rig, many(60, 12), trouble="server-error", trouble_tries=1)
    rig.client.submit(url)
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
    key = {"Authorization": f"Bearer {rig.direct['API_KEY']}", "Idempotency-Key": uuid.uuid4().hex}
    post = {"url": f"{rig.direct['API_URL']}/v1/playlists", "json": {"url": url}, "headers": key, "trust_env": False}
    with ThreadPoolExecutor(1) as pool, rig.fault("rabbitmq", Fault(frozen=True)):
        cut_off = pool.submit(lambda: httpx.post(**post))  # type: ignore[arg-type]
        with rig.mongo() as mongo:
            playlists = mongo[rig.direct["MONGO_DATABASE"]]["playlists"]
            wait_for(lambda: playlists.find_one({"url": url}), "accepted playlist")
        rig.kill("api")
        assert isinstance(cut_off.exception(), httpx.HTTPError)
    rig.start_again("api")
    first, again = httpx.post(**post), httpx.post(**post)  # type: ignore[arg-type]
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    other = httpx.post(**{**post, "json": {"url": "PLanotherlist1"}})  # type: ignore[arg-type]
    assert other.status_code == 422
    settle(rig, row, before, len(ids))


async def _publish(rig: Rig, bodies: list[bytes], key: str, times: int = 1) -> None:
    async with await aio_pika.connect(rig.direct["RABBITMQ_URL"]) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("fonoteca.work", ensure=False)
        for _ in range(times):
            for body in bodies:
                await exchange.publish(Message(body, delivery_mode=DeliveryMode.PERSISTENT), key)


def test_broker_killed_with_a_full_delay_tree(rig: Rig, row: Row) -> None:
    """kill -9 of the broker while retries wait in the delay tree."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(400, 20), trouble="server-error", trouble_tries=1)
    rig.client.submit(url)
    wait_for(lambda: rig.states().get("waiting", 0) > before.get("waiting", 0) + len(ids) // 4, "waiting videos")
    rig.kill("rabbitmq")
    rig.start_again("rabbitmq")
    settle(rig, row, before, len(ids))


def test_broker_frozen_and_restarted(rig: Rig, row: Row) -> None:
    """The broker freezes, then is restarted."""
    before, row.runs = rig.states(), 2
    url, ids = new_playlist(rig, many(40, 8))
    rig.client.submit(url)
    with rig.fault("rabbitmq", Fault(frozen=True)):
        # Publishing fails within its time limit and says so.
        headers = {"Authorization": f"Bearer {rig.direct['API_KEY']}"}
        answer = httpx.post(
            f"{rig.direct['API_URL']}/v1/playlists",
            json={"url": url},
            headers=headers,
            trust_env=False,
            timeout=60,
        )
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        time.sleep(many(60, 0))
    rig.stack.stop_and_start("rabbitmq")
    settle(rig, row, before, len(ids))


def test_broker_wiped(rig: Rig, row: Row) -> None:
    """The broker loses all its data."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(60, 8), trouble="server-error", trouble_tries=1)
    queued_url, queued = new_playlist(rig, 3)
    rig.client.submit(url)
    wait_for(lambda: rig.states().get("waiting", 0) > before.get("waiting", 0), "a waiting video")
    rig.client.submit(queued_url)
    rig.kill("rabbitmq")
    shutil.rmtree(rig.folder / "rabbitmq" / "data")
    rig.start_again("rabbitmq")
    settle(rig, row, before, len(ids) + len(queued))


def test_database_away_and_slow(rig: Rig, row: Row) -> None:
    """MongoDB is away, then slow."""
    before, row.runs = rig.states(), 2
    url, ids = new_playlist(rig, many(30, 8), bytes_per_second=60_000)
    rig.client.submit(url)
    wait_for(lambda: any(requests_of(rig.stack, "media", id_) for id_ in ids), "a download")
    with rig.fault("mongodb", Fault(refused=True)) as proxy:
        proxy.cut()
        time.sleep(many(60, 8))
    with rig.fault("mongodb", Fault(latency_seconds=0.3)):
        time.sleep(many(20, 4))
    settle(rig, row, before, len(ids))
    assert reasons_of(rig, ids) == {None}, "no attempt was burned"


SLOW_DOWN = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "fault", [Fault(answer=SLOW_DOWN), Fault(reset_after_bytes=20_000)], ids=["503", "reset mid-upload"]
)
def test_object_store_in_trouble(rig: Rig, row: Row, fault: Fault) -> None:
    """The object store answers 503, or resets connections in the middle of an upload."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(20, 6))
    with rig.fault("s3", fault) as proxy:
        proxy.cut()
        rig.client.submit(url)
        wait_for(lambda: _breaker(rig, "storage") == "open", "open storage breaker")
    settle(rig, row, before, len(ids))
    wait_for(lambda: _breaker(rig, "storage") == "closed", "closed storage breaker")
    assert set(attempts_of(rig, ids)) == {1}
    assert reasons_of(rig, ids) == {None}


def _breaker(rig: Rig, kind: str) -> str:
    return next(str(b["state"]) for b in rig.client.breakers() if b["kind"] == kind)


def test_disk_full(rig: Rig, row: Row) -> None:
    """The work folder's disk is full: intake pauses until there is room."""
    if not rig.has_small_disk:
        pytest.skip("a small disk for the work folder needs root")
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(20, 4))
    filler = rig.folder / "work" / "filler"
    filler.write_bytes(b"x" * (WORK_MEGABYTES - 5) * 2**20)
    rig.client.submit(url)
    wait_for(lambda: _breaker(rig, "storage") == "open", "open storage breaker")
    filler.unlink()
    settle(rig, row, before, len(ids))
    assert set(attempts_of(rig, ids)) == {1}


def test_memory_alarm(rig: Rig, row: Row) -> None:
    """The broker raises a memory alarm and takes no messages."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(20, 4), bytes_per_second=60_000)
    rig.client.submit(url)
    wait_for(partial(_more_asked, rig, ids, 0), "a download")
    raise_memory_alarm(rig.stack.state)
    try:
        stored = before.get("stored", 0)
        wait_for(lambda: rig.states().get("stored", 0) > stored, "a stored video whose event cannot be sent")
        time.sleep(many(60, 0))
    finally:
        clear_memory_alarm(rig.stack.state)
    settle(rig, row, before, len(ids))
    assert set(attempts_of(rig, ids)) == {1}


def test_hanging_download(rig: Rig, row: Row) -> None:
    """A download hangs: it is ended at the limit and tried again."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(4, 1), trouble="stalled", trouble_tries=1)
    rig.client.submit(url)
    settle(rig, row, before, len(ids))
    assert reasons_of(rig, ids) == {"worker-died", None}


def test_consumer_timeout(rig: Rig, row: Row) -> None:
    """The broker's consumer_timeout fires in the middle of a download."""
    before, row.runs = rig.states(), 1
    set_consumer_timeout(rig.stack.state, 3000)
    rig.kill("scraper")
    rig.start_again("scraper")
    url, ids = new_playlist(rig, 1, bytes_per_second=6_000)
    rig.client.submit(url)
    log = rig.folder / "logs" / "rabbitmq.log"
    wait_for(lambda: "delivery acknowledgement" in log.read_text(errors="replace"), "consumer_timeout in the log")
    set_consumer_timeout(rig.stack.state, 7_200_000)
    settle(rig, row, before, 1)
    assert set(attempts_of(rig, ids)) == {1}


def test_mirror_away(rig: Rig, row: Row) -> None:
    """Azure is away: the pipeline goes on, and the backlog drains."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(30, 6))
    with rig.fault("azurite", Fault(reset_after_bytes=10_000)) as proxy:
        proxy.cut()
        rig.client.submit(url)
        stored = before.get("stored", 0) + len(ids)
        wait_for(lambda: rig.states().get("stored", 0) == stored, "all stored without a mirror")
    settle(rig, row, before, len(ids))


def test_each_message_ten_times(rig: Rig, row: Row) -> None:
    """Each message is delivered ten times at once, and old ones come late."""
    before, row.runs = rig.states(), 10
    url, ids = new_playlist(rig, many(30, 6))
    asyncio.run(_publish(rig, [json.dumps({"url": url}).encode()], "playlist.submitted.v1", times=10))
    now = rig.now()
    old = [
        wrap(VideoRequested(video_id=f"youtube:{id_}", url=f"https://www.youtube.com/watch?v={id_}"), "test", now)
        for id_ in ids
    ]
    asyncio.run(_publish(rig, old, "video.requested.v1", times=10))
    settle(rig, row, before, len(ids))
    asyncio.run(_publish(rig, old, "video.requested.v1"))
    wait_for(lambda: duplicates(rig) > 0, "absorbed duplicates")
    settle(rig, row, rig.states(), 0, stored=0)
    row.items = len(ids)
    assert set(attempts_of(rig, ids)) == {1}
    assert {requests_of(rig.stack, "page", id_) for id_ in ids} == {1}


def test_poison_among_good_ones(rig: Rig, row: Row) -> None:
    """Poison of each kind among good messages."""
    before = rig.states()
    url, ids = new_playlist(rig, 4)
    poison = [
        b"{",
        b"[]",
        b'{"url": 7}',
        b'{"specversion":"1.0","type":"playlist.submitted.v9","data":{}}',
        b'{"url": "' + b"x" * 300_000 + b'"}',
        b"\xff\xfe\x00",
    ]
    row.runs = len(poison)
    asyncio.run(_publish(rig, [*poison, json.dumps({"url": url}).encode()], "playlist.submitted.v1"))
    wait_for(lambda: len(list(rig.client.parked())) == len(poison), "parked poison")
    settle(rig, row, before, len(ids))
    for message in list(rig.client.parked()):
        rig.client.drop_parked(message["id"])


def test_rolling_restart(rig: Rig, row: Row) -> None:
    """SIGTERM to every service in turn under load."""
    before, row.runs = rig.states(), many(20, 2)
    url, ids = new_playlist(rig, many(60, 10), bytes_per_second=60_000)
    rig.client.submit(url)
    for _ in range(row.runs):
        for name in ("scraper", "retry", "sync", "api"):
            program = rig.stack.programs[name]
            os.kill(program.pid, signal.SIGTERM)
            wait_for(partial(_ended, program), f"end of {name}")
            rig.start_again(name)
    settle(rig, row, before, len(ids))
    assert set(attempts_of(rig, ids)) == {1}
    assert reasons_of(rig, ids) == {None}


def _ended(program: RunningProgram) -> bool:
    return not program.running()


def test_expander_killed(rig: Rig, row: Row) -> None:
    """kill -9 of the scraper in the middle of a long listing."""
    before, row.runs, number = rig.states(), many(5, 2), many(20_000, 300)
    stem = uuid.uuid4().hex[:4]
    removed = {"title": "[Deleted video]", "trouble": "removed"}
    url = add_playlist_to_site(
        rig.stack, f"PL{stem}0000000000", [{"id": f"{stem}{n:07}", **removed} for n in range(number)]
    )
    playlist = rig.client.submit(url)["id"]
    for turn in range(row.runs):
        share = (turn + 1) * number // (row.runs + 2)
        wait_for(partial(_has_members, rig, playlist, share), f"{share} entries")
        rig.kill("scraper")
        rig.start_again("scraper")
    settle(rig, row, before, number, abandoned=number)
    assert rig.client.playlist(playlist)["found"] == number
    assert _members(rig, playlist) == number


def _members(rig: Rig, playlist_id: str) -> int:
    with rig.mongo() as mongo:
        return mongo[rig.direct["MONGO_DATABASE"]]["videos"].count_documents({"playlists": playlist_id})


def _has_members(rig: Rig, playlist_id: str, number: int) -> bool:
    return _members(rig, playlist_id) > number


@pytest.mark.parametrize("where", ["s3", "azurite"])
def test_a_flipped_byte(rig: Rig, row: Row, where: str) -> None:
    """A byte is flipped in a store: audit --scrub finds it and repairs it from the other."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, 1)
    rig.client.submit(url)
    settle(rig, row, before, 1)
    audio = rig.client.video(f"youtube:{ids[0]}")["audio"]
    _flip(rig, where, audio["key"])
    found = rig.audit("--scrub")["violations"]
    rule = "object-differs" if where == "s3" else "mirror-differs"
    assert [(v["rule"], v["subject"]) for v in found] == [(rule, f"youtube:{ids[0]}")]
    repaired = rig.audit("--scrub", "--repair")["violations"]
    assert [v["repaired"] for v in repaired] == [True]
    assert rig.audit("--scrub")["violations"] == []


def _flip(rig: Rig, where: str, key: str) -> None:
    """Flip a byte of an object in the files of a store."""
    with object_store(rig.direct).reading(key) as reading:
        whole = reading.stream.read()
    for file in (p for p in (rig.folder / where).rglob("*") if p.is_file()):
        data = bytearray(file.read_bytes())
        if (start := data.find(whole)) >= 0:
            data[start + len(whole) // 2] ^= 0xFF
            file.write_bytes(data)
            return
    pytest.fail(f"no file of {where} holds {key}")
