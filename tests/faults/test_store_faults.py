"""The database, both stores and the disk in trouble."""

from __future__ import annotations

import re
import time
from functools import partial

import httpx
import pytest
from azure.storage.blob import BlobServiceClient
from minio import Minio

from dev.checks.archive_check import object_store
from dev.faults.proxy import Fault
from tests.faults.numbers import many
from tests.faults.rig import FREE_MEGABYTES, WORK_MEGABYTES, Rig, wait_for
from tests.faults.scenario import (
    Row,
    attempts_of,
    breaker_state,
    new_playlist,
    reasons_of,
    settle,
)
from tests.site import requests_of

#: Seconds of a recording whose MP3 is larger than what the filler leaves free.
LARGE_SECONDS = 500
#: Seconds of a recording whose MP3 is larger than what the mirror writes in one request.
LONG_SECONDS = 215
#: What two buckets of one server have in common.
SAME_SERVER = ("MINIO_ENDPOINT", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", "MINIO_SECURE")
SLOW_DOWN = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def test_database_away_and_slow(rig: Rig, row: Row) -> None:
    """MongoDB is away, then slow."""
    before, row.runs = rig.states(), 2
    url, ids = new_playlist(rig, many(30, 8), bytes_per_second=60_000)
    rig.submit(url)
    wait_for(lambda: any(requests_of(rig.stack, "media", id_) for id_ in ids), "a download")
    with rig.fault("mongodb", Fault(refused=True)) as proxy:
        proxy.cut()
        time.sleep(many(60, 8))
    with rig.fault("mongodb", Fault(latency_seconds=0.3)):
        time.sleep(many(20, 4))
    settle(rig, row, before, len(ids))
    assert reasons_of(rig, ids) == {None}, "no attempt was burned"


@pytest.mark.parametrize(
    "fault", [Fault(answer=SLOW_DOWN), Fault(reset_after_bytes=20_000)], ids=["503", "reset mid-upload"]
)
def test_object_store_in_trouble(rig: Rig, row: Row, fault: Fault) -> None:
    """The object store answers 503, or resets connections in the middle of an upload."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(20, 6))
    with rig.fault("s3", fault) as proxy:
        proxy.cut()
        rig.submit(url)
        wait_for(lambda: breaker_state(rig, "storage") == "open", "open storage breaker")
    settle(rig, row, before, len(ids))
    wait_for(lambda: breaker_state(rig, "storage") == "closed", "closed storage breaker")
    assert set(attempts_of(rig, ids)) == {1}
    assert reasons_of(rig, ids) == {None}


def test_disk_full(rig: Rig, row: Row) -> None:
    """The work folder's disk is full: no work is taken until there is room."""
    if not rig.has_small_disk:
        pytest.skip("a small disk for the work folder needs root")
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(20, 4))
    filler = rig.folder / "work" / "filler"
    filler.write_bytes(b"x" * (WORK_MEGABYTES - 5) * 2**20)
    rig.submit(url)
    wait_for(lambda: breaker_state(rig, "storage") == "open", "open storage breaker")
    filler.unlink()
    settle(rig, row, before, len(ids))
    assert set(attempts_of(rig, ids)) == {1}


def test_disk_too_small_for_a_video(rig: Rig, row: Row) -> None:
    """A video that is larger than the disk is set aside, and the others go on."""
    if not rig.has_small_disk:
        pytest.skip("a small disk for the work folder needs root")
    before, row.runs = rig.states(), 1
    filler = rig.folder / "work" / "filler"
    filler.write_bytes(b"x" * (WORK_MEGABYTES - FREE_MEGABYTES - 3) * 2**20)
    url, ids = new_playlist(rig, 1, seconds=LARGE_SECONDS)
    small_url, small = new_playlist(rig, 3)
    rig.submit(url)
    settle(rig, row, before, 1, waiting=1)
    assert rig.client.video(f"youtube:{ids[0]}")["failure"]["reason"] == "larger-than-disk"
    rig.submit(small_url)
    settle(rig, row, before, 1 + len(small), waiting=1, stored=len(small))
    filler.unlink()
    rig.client.decide({"action": "retry", "reason": "larger-than-disk"})
    settle(rig, row, before, 1 + len(small))
    row.items = 1 + len(small)


@pytest.mark.parametrize(
    "fault", [Fault(reset_after_bytes=10_000), Fault(refused=True)], ids=["cut off in the middle", "away"]
)
def test_mirror_away(rig: Rig, row: Row, fault: Fault) -> None:
    """Azure is away, or takes only the beginning: the pipeline goes on, and the backlog drains."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(30, 6))
    with rig.fault("azurite", fault) as proxy:
        proxy.cut()
        rig.submit(url)
        stored = before.get("stored", 0) + len(ids)
        wait_for(lambda: rig.states().get("stored", 0) == stored, "all stored without a mirror")
    settle(rig, row, before, len(ids))


@pytest.mark.parametrize("where", ["s3", "azurite"])
def test_a_flipped_byte(rig: Rig, row: Row, where: str) -> None:
    """A byte is flipped in a store: audit --scrub finds it and repairs it from the other."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, 1)
    rig.submit(url)
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


def test_mirror_killed(rig: Rig, row: Row) -> None:
    """kill -9 of sync in the middle of its copies, in one request and in blocks."""
    before, row.runs = rig.states(), many(20, 2)
    ids: list[str] = []
    for turn in range(row.runs):
        # What it sends is held up on the way, or arrives and is not answered.
        fault = Fault(answers_frozen=True) if turn % 2 else Fault(frozen=True)
        with rig.fault("azurite", fault):
            for seconds in (3, LONG_SECONDS):
                url, new = new_playlist(rig, 1, seconds=seconds)
                rig.submit(url)
                ids += new
            wait_for(lambda: copies_under_way(rig) >= 2, "two copies under way")
            if turn % 2:
                wait_for(partial(have_arrived, rig, ids[-2:]), "both copies' bytes in Azure")
            rig.kill("sync")
        rig.start_again("sync")
        # Else the copies of earlier turns would take all slots of the next one.
        settle(rig, row, before, len(ids))
    row.items = len(ids)
    assert rig.audit("--scrub")["violations"] == []


def test_second_target(rig: Rig, row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mirror gets a second target while the first one is away, and sync is killed: both are whole in the end."""
    before, ids = rig.states(), []
    settings = {name.replace("MINIO_", "MIRROR_S3_"): rig.direct[name] for name in SAME_SERVER}
    settings["MIRROR_S3_BUCKET"] = bucket = f"mirror-{rig.direct['MINIO_BUCKET']}"
    for name, value in settings.items():
        monkeypatch.setitem(rig.direct, name, value)
    with rig.with_settings("sync", **settings):
        for turn in range(many(5, 1)):
            with rig.fault("azurite", Fault(frozen=True) if turn % 2 else Fault(refused=True)):
                url, new = new_playlist(rig, 2)
                rig.submit(url)
                ids += new
                wait_for(partial(are_in_bucket, rig, bucket, new), "copies in the other target")
                rig.kill("sync")
                # It starts without the target that is away, and the other one gets its copies.
                rig.start_again("sync")
                url, new = new_playlist(rig, 1)
                rig.submit(url)
                ids += new
                wait_for(partial(are_in_bucket, rig, bucket, new), "copies of what was stored since")
            settle(rig, row, before, len(ids))
        row.runs, row.items = many(5, 1), len(ids)
        # Those that were mirrored before it was there join the backlog.
        wait_for(lambda: rig.audit()["mirror_pending"] == 0, "everything in both targets")
        assert rig.audit("--scrub")["violations"] == []
        everything = [video["id"] for video in rig.client.videos(state="stored")]
        assert are_in_bucket(rig, bucket, everything)


def are_in_bucket(rig: Rig, bucket: str, ids: list[str]) -> bool:
    """Whether a bucket has an object of each of these videos."""
    settings = {name.removeprefix("MINIO_").lower(): rig.direct[name] for name in SAME_SERVER}
    client = Minio(
        settings["endpoint"], settings["access_key"], settings["secret_key"], secure=False, region="us-east-1"
    )
    if not client.bucket_exists(bucket):
        return False
    names = [str(found.object_name) for found in client.list_objects(bucket, recursive=True)]
    return all(any(f"{id_.rpartition(':')[2]}/" in name for name in names) for id_ in ids)


def copies_under_way(rig: Rig) -> int:
    """Events that the sync service is handling."""
    text = httpx.get(rig.direct["SYNC_METRICS_URL"]).text
    found = re.search(r'^fonoteca_messages_in_progress\{queue="sync.stored"\} (\S+)', text, re.MULTILINE)
    return int(float(found[1])) if found is not None else 0


def have_arrived(rig: Rig, ids: list[str]) -> bool:
    """Whether Azure has a blob of each of these videos, or blocks of one."""
    account = rig.direct["AZURE_ACCOUNT_URL"], rig.direct["AZURE_SAS_TOKEN"]
    with BlobServiceClient(*account) as service:
        container = service.get_container_client(rig.direct["AZURE_CONTAINER"])
        names = [blob.name for blob in container.list_blobs(include=["uncommittedblobs"])]
    return all(any(id_ in name for name in names) for id_ in ids)
