"""A deletion deletes: all versions in the bucket, or the reason why not, which people see and which is tried again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from minio.commonconfig import COMPLIANCE, ENABLED, GOVERNANCE
from minio.error import S3Error
from minio.retention import Retention
from minio.versioningconfig import SUSPENDED

from cli.audit.repairing import Repairer
from cli.audit.rules import Repair
from services.api.backend import Backend
from services.api.http.problems import Problem
from services.api.overview import overview
from services.api.routes.decisions import decide
from services.api.schemas.decisions import DecisionIn
from services.api.serializers.documents import video_out
from services.sync.purge import purge
from shared.catalog.connection import Catalog
from shared.catalog.videos import deletions
from shared.catalog.videos.deletions import kept_by_reason, mark_purged, purge_again, purge_now, unpurged
from shared.messaging.publisher import Publisher
from shared.settings import ObjectStoreSettings
from shared.storage.s3.objects import ObjectStore
from tests.deleting import (
    AT_ONCE,
    ID,
    KEY,
    NEIGHBOUR,
    Bucket,
    audit,
    deleted_video,
    detail,
    fill,
    reasons,
    video_of,
)


@pytest.mark.parametrize("versioning", ["never", ENABLED, SUSPENDED])
async def test_no_version_is_left(catalog: Catalog, any_s3: ObjectStoreSettings, versioning: str) -> None:
    bucket, store = Bucket(any_s3), ObjectStore(any_s3)
    versions = fill(bucket, versioning)
    neighbours = bucket.everything(NEIGHBOUR)
    assert bucket.reads(versions[-1])
    await deleted_video(catalog)
    assert await purge(catalog, store, (), AT_ONCE) == 1
    assert bucket.everything() == []
    assert not any(bucket.reads(version) for version in versions)
    assert (await video_of(catalog))["tombstone"]["purged_at"] is not None
    assert bucket.everything(NEIGHBOUR) == neighbours
    left = [violation for violation in (await audit(catalog, store, None)).violations if violation.subject == ID]
    assert left == []


async def test_more_versions_than_one_answer_holds(catalog: Catalog, s3: ObjectStoreSettings) -> None:
    bucket, store = Bucket(s3), ObjectStore(s3)
    bucket.versioning(ENABLED)
    for number in range(1_100):
        bucket.put(data=str(number).encode())
    for _ in range(3):
        bucket.begin_upload()
    await deleted_video(catalog)
    assert await purge(catalog, store, (), AT_ONCE) == 1
    assert bucket.everything() == []


@pytest.mark.parametrize("mode", [GOVERNANCE, COMPLIANCE])
async def test_a_lock_is_told_by_name_and_waited_for(catalog: Catalog, any_s3: ObjectStoreSettings, mode: str) -> None:
    bucket, store = Bucket(any_s3, locks=True), ObjectStore(any_s3)
    end = datetime.now(UTC) + timedelta(seconds=4)
    version = bucket.put(retention=Retention(mode, end))
    await deleted_video(catalog)
    assert await purge(catalog, store, (), AT_ONCE) == 0
    tombstone = (await video_of(catalog))["tombstone"]
    assert tombstone["purged_at"] is None
    (kept,) = tombstone["kept"]
    assert (kept["reason"], mode in kept["detail"]) == ("retention", True)
    assert kept["until"] is not None
    assert abs((kept["until"] - end).total_seconds()) <= 1
    assert bucket.reads(version)
    assert not bucket.shows(), "who knows no version sees nothing, however often it was tried"
    assert await purge_now(catalog, ID)
    assert await purge(catalog, store, (), AT_ONCE) == 0
    assert not bucket.shows()
    (violation,) = (await audit(catalog, store, None)).violations
    assert (violation.rule, violation.repair, mode in violation.detail) == ("deleted-but-kept", Repair.NONE, True)
    async with asyncio.timeout(30):
        while await purge(catalog, store, (), AT_ONCE) == 0:
            await asyncio.sleep(0.2)
    assert datetime.now(UTC) > end - timedelta(seconds=1)
    assert bucket.everything() == []
    assert (await audit(catalog, store, None)).violations == []


async def test_a_lock_of_years_is_looked_at_once_a_day(catalog: Catalog, s3: ObjectStoreSettings) -> None:
    """It can be taken off before its time, by somebody who may."""
    bucket, store = Bucket(s3, locks=True), ObjectStore(s3)
    bucket.put(retention=Retention(GOVERNANCE, datetime.now(UTC) + timedelta(days=3650)))
    bucket.put(legal_hold=True)
    await deleted_video(catalog)
    pauses = []
    for _ in range(12):
        assert await purge(catalog, store, (), AT_ONCE) == 0
        assert await unpurged(catalog, datetime.now(UTC) + timedelta(hours=1), await catalog.now()) == []
        tombstone = (await video_of(catalog))["tombstone"]
        pauses.append(round((tombstone["again_at"] - await catalog.now()).total_seconds(), -1))
        due = {"tombstone.again_at": datetime.now(UTC) - timedelta(seconds=1)}
        await catalog.videos.update_one({"_id": ID}, {"$set": due})
    assert pauses[0] == pytest.approx(300, abs=30)
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(86_400, abs=30)
    assert sorted(await reasons(catalog)) == ["legal-hold", "retention"]


async def test_a_legal_hold_is_waited_for_and_people_see_it(catalog: Catalog, any_s3: ObjectStoreSettings) -> None:
    bucket, store = Bucket(any_s3, locks=True), ObjectStore(any_s3)
    version = bucket.put(legal_hold=True)
    await deleted_video(catalog)
    assert await purge(catalog, store, (), AT_ONCE) == 0
    assert bucket.reads(version)
    assert await reasons(catalog) == ["legal-hold"]
    shown = video_out(await video_of(catalog))
    assert (shown.purged_at, [kept.reason for kept in shown.kept]) == (None, ["legal-hold"])
    assert "s3:PutObjectLegalHold" in shown.kept[0].detail

    async def nothing_waits(_: str) -> int:
        return 0

    (concern,) = (await overview(catalog, nothing_waits)).needs_a_person
    assert (concern.kind, concern.count, "legal-hold" in concern.what) == ("kept", 1, True)
    assert await kept_by_reason(catalog) == {"legal-hold": 1}
    assert await purge(catalog, store, (), AT_ONCE) == 0, "it is not due"
    bucket.client.disable_object_legal_hold(bucket.name, KEY, version)
    assert await purge_now(catalog, ID)
    assert await purge(catalog, store, (), AT_ONCE) == 1
    assert bucket.everything() == []
    assert await kept_by_reason(catalog) == {}
    assert video_out(await video_of(catalog)).kept == []
    assert not await purge_now(catalog, ID), "there is nothing left to do"


async def test_somebody_else_may_remove_what_a_lock_keeps(catalog: Catalog, any_s3: ObjectStoreSettings) -> None:
    bucket, store = Bucket(any_s3, locks=True), ObjectStore(any_s3)
    bucket.put(retention=Retention(GOVERNANCE, datetime.now(UTC) + timedelta(days=1)))
    await deleted_video(catalog)
    assert await purge(catalog, store, (), AT_ONCE) == 0
    bucket.bypass_governance()
    assert await purge_now(catalog, ID)
    assert await purge(catalog, store, (), AT_ONCE) == 1


@pytest.mark.parametrize("left", ["version", "marker", "upload", "object"])
async def test_the_audit_finds_what_a_purged_video_left(
    catalog: Catalog, any_s3: ObjectStoreSettings, publisher: Publisher, left: str
) -> None:
    """As of a purge that only hid it, or of what was written since."""
    bucket, store = Bucket(any_s3), ObjectStore(any_s3)
    bucket.versioning(ENABLED)
    assert await mark_purged(catalog, await deleted_video(catalog))
    assert (await audit(catalog, store, None)).violations == []
    if left == "upload":
        bucket.begin_upload()
    else:
        version = bucket.put()
        if left != "object":
            bucket.client.remove_object(bucket.name, KEY)
        if left == "marker":
            bucket.client.remove_object(bucket.name, KEY, version_id=version)
    (violation,) = (await audit(catalog, store, None)).violations
    assert (violation.rule, violation.repair, violation.subject) == ("deleted-but-there", Repair.PURGE, ID)
    assert left in violation.detail
    assert await Repairer(catalog, store, (), publisher).repair(violation)
    assert await purge(catalog, store, (), AT_ONCE) == 1
    assert (await audit(catalog, store, None)).violations == []
    assert bucket.everything() == []


async def test_one_that_is_kept_holds_up_no_other(
    catalog: Catalog, s3: ObjectStoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletions, "BATCH", 5)
    bucket, store = Bucket(s3, locks=True), ObjectStore(s3)
    bucket.put(legal_hold=True)
    video = await deleted_video(catalog)
    others: list[Any] = [{**video, "_id": f"youtube:other{number:06}"} for number in range(12)]
    await catalog.videos.insert_many(others)
    assert await purge(catalog, store, (), AT_ONCE) == 12
    assert await reasons(catalog) == ["legal-hold"]


async def test_a_copy_that_came_while_it_was_purged_is_looked_at_again(
    catalog: Catalog, s3: ObjectStoreSettings
) -> None:
    bucket, store = Bucket(s3), ObjectStore(s3)
    seen = await deleted_video(catalog)
    await purge_again(catalog, ID)
    assert not await mark_purged(catalog, seen), "it was looked at before the copy came"
    bucket.put()
    assert await purge(catalog, store, (), AT_ONCE) == 1
    assert bucket.everything() == []


async def test_the_bucket_of_former_days_is_emptied_too(catalog: Catalog, s3: ObjectStoreSettings) -> None:
    former = Bucket(s3.model_copy(update={"bucket": f"{s3.bucket}-former"}))
    former.versioning(ENABLED)
    former.put()
    former.put()
    store = ObjectStore(s3)
    await store.ensure_bucket(10)
    await deleted_video(catalog, audio={"bucket": former.name, "key": KEY})
    assert await purge(catalog, store, (), AT_ONCE) == 1
    assert former.everything() == []


async def test_a_bucket_of_former_days_that_is_gone_is_empty(catalog: Catalog, store: ObjectStore) -> None:
    await deleted_video(catalog, audio={"bucket": f"{store.bucket}-gone", "key": KEY})
    assert await purge(catalog, store, (), AT_ONCE) == 1


async def test_a_bucket_that_is_missing_is_no_proof(catalog: Catalog, s3: ObjectStoreSettings) -> None:
    await deleted_video(catalog)
    assert await purge(catalog, ObjectStore(s3), (), AT_ONCE) == 0
    assert await reasons(catalog) == ["unreachable"]
    assert "NoSuchBucket" in await detail(catalog)


async def test_deleting_once_more_tries_now(catalog: Catalog, backend: Backend) -> None:
    """What kept it was taken off, and nobody wants to wait for a day."""
    await deleted_video(catalog)
    again = DecisionIn(action="delete", video=ID)
    with pytest.raises(Problem, match="was deleted and is never"):
        await decide(again, backend)
    kept = {"reason": "legal-hold", "detail": "A legal hold.", "until": None}
    waits = {"tombstone.kept": [kept], "tombstone.again_at": datetime.now(UTC) + timedelta(days=1)}
    await catalog.videos.update_one({"_id": ID}, {"$set": waits})
    assert await purge(catalog, backend.store, (), AT_ONCE) == 0
    assert (await decide(again, backend)).videos == 1
    assert await purge(catalog, backend.store, (), AT_ONCE) == 1
    with pytest.raises(Problem, match="was deleted and is never"):
        await decide(again, backend)


@pytest.mark.parametrize("folder", ["", "/", "audio/youtube/de/deleteme001"])
async def test_only_a_folder_is_erased(store: ObjectStore, folder: str) -> None:
    with pytest.raises(ValueError, match="only a folder"):
        await store.erase(folder)


async def test_leftovers_stay_as_the_bucket_was_told_and_go_with_their_video(
    catalog: Catalog, s3: ObjectStoreSettings
) -> None:
    """What is tidied can be brought back, if the bucket has versioning; what a person deletes cannot."""
    bucket, store = Bucket(s3), ObjectStore(s3)
    bucket.versioning(ENABLED)
    version = bucket.put()
    await store.delete(KEY)
    assert not bucket.shows()
    assert bucket.reads(version)
    await deleted_video(catalog)
    assert await purge(catalog, store, (), AT_ONCE) == 1
    assert not bucket.reads(version)
    with pytest.raises(S3Error):
        bucket.client.stat_object(bucket.name, KEY, version_id=version)
