"""What a key may not do, or a server cannot, is told by name, once; and nothing is called deleted for it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import SUSPENDED

from services.sync.purge import purge
from shared.catalog.connection import Catalog
from shared.catalog.videos.deletions import purge_now
from shared.settings import ObjectStoreSettings
from shared.storage.keys import object_key
from shared.storage.s3.objects import ObjectStore
from tests.deleting import (
    AT_ONCE,
    ID,
    Bucket,
    Refusal,
    audit,
    deleted_video,
    detail,
    fill,
    reasons,
    refusing_s3,
)

SECOND = "youtube:deleteme002"


def lacks(*actions: str) -> dict[str, Any]:
    """A policy that takes rights away, whoever asks."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": list(actions), "Resource": "arn:aws:s3:::*"}],
    }


@pytest.mark.parametrize(
    "right",
    [
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:DeleteObjectVersion",
        "s3:ListBucketMultipartUploads",
        "s3:AbortMultipartUpload",
    ],
)
async def test_a_missing_right_is_named_once(
    catalog: Catalog, strict_s3: dict[str, str], s3: ObjectStoreSettings, right: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = at(strict_s3, s3)
    bucket, store = Bucket(settings), ObjectStore(settings)
    fill(bucket, ENABLED)
    video = await deleted_video(catalog)
    second = bucket.put(object_key(SECOND, "mp3-320.mp3"))
    bucket.begin_upload(object_key(SECOND, "mp3-320.mp3"))
    await catalog.videos.insert_one({**video, "_id": SECOND})
    bucket.client.set_bucket_policy(bucket.name, json.dumps(lacks(right)))
    with caplog.at_level(logging.WARNING):
        assert await purge(catalog, store, (), AT_ONCE) == 0
    assert [
        told["videos"] for told in (cast("Any", record.msg) for record in caplog.records) if "purge.kept" in str(told)
    ] == [2]
    assert await reasons(catalog) == ["rights"]
    assert right in await detail(catalog)
    assert bucket.name in await detail(catalog)
    bucket.client.delete_bucket_policy(bucket.name)
    assert await purge_now(catalog, ID)
    assert await purge_now(catalog, SECOND)
    assert await purge(catalog, store, (), AT_ONCE) == 2
    assert bucket.everything() == bucket.everything(SECOND) == []
    assert not bucket.reads(second, object_key(SECOND, "mp3-320.mp3"))


@pytest.mark.parametrize("right", ["s3:ListBucketVersions", "s3:ListBucketMultipartUploads"])
async def test_an_audit_that_cannot_look_says_so_once(
    catalog: Catalog, strict_s3: dict[str, str], s3: ObjectStoreSettings, right: str
) -> None:
    settings = at(strict_s3, s3)
    bucket, store = Bucket(settings), ObjectStore(settings)
    fill(bucket, ENABLED)
    video = await deleted_video(catalog)
    await catalog.videos.insert_one({**video, "_id": SECOND})
    await catalog.videos.update_many({}, {"$set": {"tombstone.purged_at": datetime.now(UTC)}})
    bucket.client.set_bucket_policy(bucket.name, json.dumps(lacks(right)))
    found = [violation for violation in (await audit(catalog, store, None)).violations if "unseen" in violation.rule]
    assert [(violation.rule, right in violation.detail) for violation in found] == [("deletions-unseen", True)]


async def test_without_versioning_a_key_needs_no_right_about_versions(
    catalog: Catalog, strict_s3: dict[str, str], s3: ObjectStoreSettings
) -> None:
    settings = at(strict_s3, s3)
    bucket, store = Bucket(settings), ObjectStore(settings)
    fill(bucket, "never")
    bucket.client.set_bucket_policy(
        bucket.name, json.dumps(lacks("s3:ListBucketVersions", "s3:DeleteObjectVersion", "s3:GetObjectVersion"))
    )
    await deleted_video(catalog)
    assert await purge(catalog, store, (), AT_ONCE) == 1
    bucket.client.delete_bucket_policy(bucket.name)
    assert bucket.everything() == []


def at(exports: dict[str, str], settings: ObjectStoreSettings) -> ObjectStoreSettings:
    """The same bucket's name at another server."""
    from tests.integration.conftest import settings_of

    return settings_of(exports).model_copy(update={"bucket": settings.bucket})


def knows_no_versions(method: str, query: Any) -> tuple[int, str] | None:
    return (501, "NotImplemented") if "versions" in query or "uploads" in query or "versioning" in query else None


def may_not_delete_versions(method: str, query: Any) -> tuple[int, str] | None:
    return (403, "AccessDenied") if method == "DELETE" and "versionId" in query else None


def may_not_list_versions(method: str, query: Any) -> tuple[int, str] | None:
    return (403, "AccessDenied") if method == "GET" and "versions" in query else None


def may_not_know_versions(method: str, query: Any) -> tuple[int, str] | None:
    return (403, "AccessDenied") if "versions" in query or "versioning" in query else None


def is_unwell(method: str, query: Any) -> tuple[int, str] | None:
    return (500, "InternalError") if "versions" in query else None


@pytest.mark.parametrize(
    ("versioning", "refusal", "reason", "words"),
    [
        # A server without versions needs no more than the normal delete.
        ("never", knows_no_versions, None, ""),
        ("never", may_not_delete_versions, None, ""),
        ("never", may_not_list_versions, None, ""),
        ("never", may_not_know_versions, "rights", "s3:GetBucketVersioning"),
        (ENABLED, may_not_delete_versions, "rights", "s3:DeleteObjectVersion"),
        (ENABLED, may_not_list_versions, "rights", "s3:ListBucketVersions"),
        (SUSPENDED, may_not_list_versions, "rights", "s3:ListBucketVersions"),
        (ENABLED, is_unwell, "unreachable", "tried again"),
    ],
)
async def test_what_a_server_refuses_is_told_and_nothing_else_is(
    catalog: Catalog, s3: ObjectStoreSettings, versioning: str, refusal: Refusal, reason: str | None, words: str
) -> None:
    bucket = Bucket(s3)
    fill(bucket, versioning)
    await deleted_video(catalog)
    async with refusing_s3(s3, refusal) as settings:
        done = await purge(catalog, ObjectStore(settings), (), AT_ONCE)
    assert done == (0 if reason else 1)
    assert await reasons(catalog) == ([reason] if reason else [])
    assert words in await detail(catalog)
    assert not bucket.shows()
    if reason:
        await purge_now(catalog, ID)
        assert await purge(catalog, ObjectStore(s3), (), AT_ONCE) == 1
    assert [entry for entry in bucket.everything() if " " in entry] == []
