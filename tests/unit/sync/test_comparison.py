"""The decision of the reconciliation about one name: every row of its table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.sync.comparison import Finding, Pair, compare
from shared.catalog.videos.stored_objects import StoredObject
from shared.storage.content import Content

NOW = datetime(2026, 5, 1, tzinfo=UTC)
NAME = "audio/youtube/dQ/dQw4w9WgXcQ/mp3-320.mp3"
WANTED = StoredObject(NAME, "a" * 64, 100)
MD5 = "5d41402abc4b2a76b9719d911017c592"
SAME, OTHER = Content(100, "a" * 64), Content(100, "b" * 64)


def video(state: str = "stored", stored_at: object = NOW - timedelta(hours=1), **more: Any) -> Any:
    return {"_id": "youtube:dQw4w9WgXcQ", "state": state, "audio": {"stored_at": stored_at}, **more}


def found(in_bucket: bool, blob: Content | None, wanted: StoredObject | None, of: Any) -> Finding:
    return compare(Pair(NAME, in_bucket, blob), wanted, of, NOW)


@pytest.mark.parametrize(
    ("in_bucket", "blob", "finding"),
    [
        (True, SAME, Finding.NOTHING),
        (True, None, Finding.MISSING),
        (True, OTHER, Finding.STALE),
        (True, Content(99, "a" * 64), Finding.STALE),
        (False, SAME, Finding.LOST),
        (False, OTHER, Finding.LOST),
    ],
)
def test_an_object_in_the_catalog(in_bucket: bool, blob: Content | None, finding: Finding) -> None:
    assert found(in_bucket, blob, WANTED, video()) is finding


@pytest.mark.parametrize(
    ("size", "etag", "blob_etag", "finding"),
    [
        (100, MD5, MD5, Finding.NOTHING),
        (100, f"{MD5}-7", f"{MD5}-7", Finding.NOTHING),
        # A server that encrypts with keys of its own gives the same bytes another ETag.
        (100, MD5, f"{MD5}-7", Finding.UNSEEN),
        (100, "", MD5, Finding.UNSEEN),
        # A server whose ETags are no hashes.
        (100, "none", "none", Finding.UNSEEN),
        (99, MD5, MD5, Finding.STALE),
        (99, MD5, f"{MD5}-7", Finding.STALE),
        # A listing that should show hashes and shows none.
        (100, MD5, "", Finding.STALE),
        (100, "", "", Finding.STALE),
    ],
)
def test_a_listing_without_hashes_shows_etags(size: int, etag: str, blob_etag: str, finding: Finding) -> None:
    pair = Pair(NAME, True, Content(size, ""), etag, blob_etag)
    assert compare(pair, WANTED, video(), NOW) is finding


def test_a_young_object_is_left_to_its_event_unless_the_copy_is_wrong() -> None:
    young = video(stored_at=NOW + timedelta(seconds=1))
    assert found(True, None, WANTED, young) is Finding.NOTHING
    assert found(True, OTHER, WANTED, young) is Finding.STALE


def test_an_object_stored_at_no_moment_is_old() -> None:
    assert found(True, None, WANTED, video(stored_at="yesterday")) is Finding.MISSING


@pytest.mark.parametrize(("in_bucket", "finding"), [(True, Finding.NOTHING), (False, Finding.ORPHANED)])
def test_a_name_that_no_video_has(in_bucket: bool, finding: Finding) -> None:
    assert found(in_bucket, SAME, None, None) is finding
    assert found(in_bucket, SAME, None, video()) is finding


@pytest.mark.parametrize("state", ["queued", "running", "waiting"])
def test_the_folder_of_a_video_in_work_is_left_alone(state: str) -> None:
    assert found(False, SAME, None, video(state)) is Finding.NOTHING


@pytest.mark.parametrize("in_bucket", [True, False])
def test_the_rest_of_a_deleted_video_is_purged_again(in_bucket: bool) -> None:
    purged = video("abandoned", tombstone={"at": NOW, "purged_at": NOW})
    assert found(in_bucket, SAME, None, purged) is Finding.DELETED
    under_way = video("abandoned", tombstone={"at": NOW, "purged_at": None})
    assert found(in_bucket, SAME, None, under_way) is Finding.NOTHING
