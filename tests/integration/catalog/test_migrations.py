"""Archives of earlier versions are brought to this one: whatever interrupts it, nothing is lost and nothing hidden."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from cli.audit.auditor import Auditor
from cli.audit.rules import Limits
from cli.commands.export import _rows
from dev.install import ROOT
from services.api.auth.authenticator import Authenticator
from services.api.backend import Backend
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.catalog.connection import Catalog, connect
from shared.catalog.migrations import MIGRATIONS
from shared.catalog.migrations.running import migrate
from shared.catalog.schema import CURRENT, version_of
from shared.errors import Misconfigured, Unavailable
from shared.settings import MongoSettings
from shared.storage.s3.objects import ObjectStore
from tests.migrations.archives import NAMES, documents_of, everything_in, load, load_objects

FONOTECA = str(Path(sys.executable).parent / "fonoteca")
KEY = "an administrator's key, long enough"
#: The archives are old: what was under way in them is overdue.
NO_HURRY = Limits(grace_seconds=1e9, max_attempts=8, purge_seconds=1e9)
#: Archive → batches after which its migration is killed; that of 2026-11-26-5135aa7 has none.
KILLED_AFTER = {"2026-11-21-b37c27f": (1, 14, 17), "2026-11-21-82bf8cc": (1, 3)}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
async def older(catalog: Catalog) -> Catalog:
    """A database in which nothing is, not even a version."""
    await catalog.drop()
    return catalog


@pytest.fixture
def run(mongo: MongoSettings, tmp_path: Path) -> Run:
    """Runs a program on this test's database."""
    env = {"MONGO_URI": mongo.uri.get_secret_value(), "MONGO_DATABASE": mongo.database, "PYTHONPATH": str(ROOT)}
    return lambda *command: subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=env, timeout=120, check=False
    )


@pytest.mark.parametrize("name", NAMES)
async def test_an_archive_of_each_shape_is_migrated(
    name: str, backend: Backend, older: Catalog, mongo: MongoSettings, store: ObjectStore, run: Run
) -> None:
    await load(name, older)
    await load_objects(name, store)
    before = await everything_in(older)
    with pytest.raises(Unavailable, match="run `fonoteca migrate`"):
        await connect(mongo, "tests", 10, migration_wait_seconds=0)

    looked = run(FONOTECA, "migrate", "--dry-run", "--json")
    assert looked.returncode == 1, looked.stderr
    assert await everything_in(older) == before, "a dry run changed something"
    assert await version_of(older) == 0

    for batches in KILLED_AFTER.get(name, ()):
        killed = run(sys.executable, "-m", "tests.migrations.killed_migration", str(batches))
        assert killed.returncode == -9, killed.stderr
        assert await version_of(older) < CURRENT
        with pytest.raises(Unavailable):
            await connect(mongo, "tests", 10, migration_wait_seconds=0)

    done = run(FONOTECA, "migrate", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["after"] == CURRENT
    assert (report["interrupted_in"] is not None) == (name in KILLED_AFTER)
    after = await everything_in(older)
    again = await migrate(older, "again", dry_run=False, if_older=False)
    assert again.steps == []
    assert await everything_in(older) == after, "a second migration changed something"

    await (await connect(mongo, "tests", 10, migration_wait_seconds=0)).close()
    await _nothing_is_hidden(name, older, backend, store)


async def _nothing_is_hidden(name: str, catalog: Catalog, backend: Backend, store: ObjectStore) -> None:
    videos = documents_of(name, "videos")
    stored = {video["_id"] for video in videos if video["state"] == "stored"}
    async with _api(backend) as api:
        for query in ("", "&state=stored", "&text=fonoteca", "&licence=unknown", "&channel=Radio+Fonoteca"):
            listed = await _listed(api, f"/v1/videos?limit=4{query}")
            assert len(listed) == len({video["id"] for video in listed}), query
            assert {video["id"] for video in listed} == _wanted(videos, query), query
        listed = await _listed(api, "/v1/videos?limit=4")
        order = [video["accession"] for video in listed]
        assert order == sorted(order, reverse=True)
        oldest_first = [video["_id"] for video in sorted(videos, key=lambda v: (v["accepted_at"], v["_id"]))]
        assert [v["id"] for v in reversed(listed)] == oldest_first or "accession" in videos[0]
        exported = list(_rows(await _listed(api, "/v1/videos?state=stored&limit=4"), Counter(), any_licence=True))
        assert {row["id"] for row in exported} == stored
        assert all(row["key"] and row["stored_at"] and row["sha256"] for row in exported)
        playlists = await _listed(api, "/v1/playlists?limit=2")
        assert {each["id"] for each in playlists} == {p["_id"] for p in documents_of(name, "playlists")}
        for kind, path in (("keys", "/v1/keys?limit=1"), ("parked", "/v1/parked?limit=1")):
            assert {each["id"] for each in await _listed(api, path)} == {d["_id"] for d in documents_of(name, kind)}
        status = (await api.get("/v1/status")).json()
        assert status["catalog_version"] == CURRENT
        assert sum(status["progress"]["counts"].values()) == len(videos)
    report = await Auditor(catalog, store, (), _nothing_queued, NO_HURRY).run()
    assert report.violations == []
    assert report.catalog_version == CURRENT
    assert report.objects == sum(len([v["audio"], *v["further"], *v["beside"]]) for v in videos if "audio" in v)


def _wanted(videos: list[dict[str, Any]], query: str) -> set[str]:
    def fits(video: dict[str, Any]) -> bool:
        metadata = video.get("metadata", {})
        match query:
            case "&state=stored":
                return bool(video["state"] == "stored")
            case "&licence=unknown":
                stored = video["state"] == "stored"
                return bool(video.get("licence", (metadata.get("licence") or "unknown") if stored else "") == "unknown")
            case "&channel=Radio+Fonoteca":
                return bool(metadata.get("channel") == "Radio Fonoteca")
            case "&text=fonoteca":
                return "fonoteca" in f"{video['title']} {metadata.get('channel')}".casefold()
            case _:
                return True

    return {video["_id"] for video in videos if fits(video)}


def _api(backend: Backend) -> httpx.AsyncClient:
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    headers = {"Authorization": f"Bearer {KEY}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://api.test", headers=headers)


async def _listed(api: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    items: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None:
        answer = await api.get(path + (f"&cursor={following}" if following else ""))
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        following = answer.json()["next"]
    return items


async def _nothing_queued(_: str) -> int:
    return 0


async def test_an_empty_catalog_gets_the_version_at_once_whoever_starts_together(mongo: MongoSettings) -> None:
    catalogs = await asyncio.gather(*(connect(mongo, f"tests{n}", 10, migration_wait_seconds=0) for n in range(8)))
    assert await catalogs[0].schema.count_documents({}) == 1
    assert await version_of(catalogs[0]) == CURRENT
    await catalogs[0].drop()
    for catalog in catalogs:
        await catalog.close()


async def test_a_newer_catalog_is_refused_and_left_as_it_is(older: Catalog, mongo: MongoSettings, run: Run) -> None:
    await older.schema.insert_one({"_id": "catalog", "version": CURRENT + 1, "by": "fonoteca 9"})
    before = await everything_in(older)
    with pytest.raises(Misconfigured, match="Upgrade this program"):
        await connect(mongo, "tests", 10, migration_wait_seconds=10)
    refused = run(FONOTECA, "migrate")
    assert refused.returncode == 78
    assert "Upgrade this program" in refused.stderr
    assert await version_of(older) == CURRENT + 1
    assert await everything_in(older) == before, "a program of an older version changed something"


async def test_a_service_waits_for_the_migration_and_goes_on(older: Catalog, mongo: MongoSettings) -> None:
    await load(NAMES[0], older)
    service = asyncio.create_task(connect(mongo, "tests", 60))
    # It has looked, and found an older catalog.
    await asyncio.sleep(0)
    await migrate(older, "one", dry_run=False, if_older=True)
    catalog = await service
    assert await version_of(catalog) == CURRENT
    await catalog.close()


async def test_of_two_migrations_one_waits_for_the_other(older: Catalog) -> None:
    await load(NAMES[0], older)
    reports = await asyncio.gather(
        *(migrate(older, owner, dry_run=False, if_older=False) for owner in ("one", "two", "three"))
    )
    assert [bool(report.steps) for report in reports].count(True) == 1
    numbers = [video["accession"] async for video in older.videos.find()]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


async def test_a_current_catalog_is_put_right_too_unless_only_older_ones_are_meant(catalog: Catalog) -> None:
    """As after a rolling upgrade, when a service of before wrote one more document."""
    for video in documents_of(NAMES[0], "videos"):
        await catalog.collection("videos").insert_one(video)
    assert (await migrate(catalog, "one", dry_run=False, if_older=True)).steps == []
    report = await migrate(catalog, "one", dry_run=False, if_older=False)
    assert {step.step for step in report.steps} >= {"accession-numbers", "words", "licences"}
    assert (await migrate(catalog, "one", dry_run=False, if_older=False)).steps == []


async def test_a_lost_counter_gives_no_number_twice(catalog: Catalog) -> None:
    numbers = {"youtube:a": 41, "youtube:b": None, "youtube:c": 41, "youtube:d": "41", "youtube:e": 7}
    documents = [{"_id": id_, "accession": number} for id_, number in numbers.items()]
    await catalog.collection("videos").insert_many(documents)
    await migrate(catalog, "one", dry_run=False, if_older=False)
    found = {video["_id"]: video["accession"] async for video in catalog.videos.find()}
    assert sorted(found.values()) == [7, 41, 42, 43, 44]
    assert found["youtube:e"] == 7


#: What is no recording.
AUDIO: tuple[Any, ...] = ({}, [{}], [], "x", 7, None)


async def test_what_nobody_could_have_written_is_migrated_once_and_stops_nothing(catalog: Catalog) -> None:
    """As by hand, or by a program that was no version of this one."""
    await catalog.collection("breakers").insert_one({"_id": "x", "kind": "egress"})
    videos: list[Any] = [{"_id": {"extractor": "youtube", "id": "a"}}, {"_id": 7}]
    videos += [
        {"_id": f"youtube:{n}", "audio": audio, "state_since": datetime.now(UTC)} for n, audio in enumerate(AUDIO)
    ]
    await catalog.collection("videos").insert_many(videos)
    await catalog.collection("playlists").insert_many([{"_id": "a", "retry": {}}, {"_id": "b", "retry": [{}]}])
    await migrate(catalog, "one", dry_run=False, if_older=False)
    assert (await migrate(catalog, "one", dry_run=True, if_older=False)).steps == []


def test_each_version_has_its_steps() -> None:
    assert list(MIGRATIONS) == list(range(1, CURRENT + 1))
    names = [step.name for steps in MIGRATIONS.values() for step in steps]
    assert len(names) == len(set(names))
