"""Versions, soft delete and holds of Azure, which no emulator has: at a fake that follows Microsoft's reference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.sync.purge import purge
from shared.catalog.connection import Catalog
from shared.catalog.videos.deletions import mark_purged, purge_now
from shared.storage.s3.objects import ObjectStore
from tests.deleting import (
    AT_ONCE,
    ID,
    KEY,
    NEIGHBOURS_KEY,
    OTHER_KEY,
    audit,
    deleted_video,
    kept,
    mirror_at,
)
from tests.fake_azure import FakeAzure, in_days, serving


@pytest.mark.parametrize("versioning", [True, False])
async def test_versions_go_with_their_blob(catalog: Catalog, store: ObjectStore, *, versioning: bool) -> None:
    fake = FakeAzure(versioning=versioning)
    for _ in range(3):
        fake.put(KEY)
    fake.put(OTHER_KEY)
    neighbour = fake.put(NEIGHBOURS_KEY)
    await deleted_video(catalog)
    async with serving(fake) as settings, mirror_at(settings) as blobs:
        assert await purge(catalog, store, [blobs], AT_ONCE) == 1
    assert fake.left() == [neighbour]


async def test_an_account_with_folders_has_no_versions(catalog: Catalog, store: ObjectStore) -> None:
    fake = FakeAzure(versioning=False, hierarchical=True)
    fake.put(KEY)
    await deleted_video(catalog)
    async with serving(fake) as settings, mirror_at(settings) as blobs:
        assert await purge(catalog, store, [blobs], AT_ONCE) == 1
    assert fake.left() == []


async def test_what_a_purge_of_former_days_left_as_versions_is_found(catalog: Catalog, store: ObjectStore) -> None:
    fake = FakeAzure()
    fake.put(KEY)
    assert await mark_purged(catalog, await deleted_video(catalog))
    async with serving(fake) as settings, mirror_at(settings) as blobs:
        assert await blobs.delete(KEY)
        (violation,) = (await audit(catalog, store, blobs)).violations
        assert (violation.rule, "1 old version" in violation.detail) == ("deleted-but-there", True)


@pytest.mark.parametrize("versioning", [True, False])
async def test_soft_delete_is_told_with_its_end_and_is_no_success(
    catalog: Catalog, store: ObjectStore, *, versioning: bool
) -> None:
    fake = FakeAzure(versioning=versioning, soft_delete_days=7)
    fake.put(KEY)
    await deleted_video(catalog)
    async with serving(fake) as settings, mirror_at(settings) as blobs:
        assert await purge(catalog, store, [blobs], AT_ONCE) == 0
        ((reason, _, until),) = await kept(catalog)
        assert reason == "soft-delete"
        assert until is not None
        assert timedelta(days=7) < until - datetime.now(UTC) <= timedelta(days=8)
        report = await audit(catalog, store, blobs)
        assert (report.violations, [told.rule for told in report.exceptions]) == ([], ["deleted-but-kept"])
        fake.days_pass()
        assert await purge_now(catalog, ID)
        assert await purge(catalog, store, [blobs], AT_ONCE) == 1
        report = await audit(catalog, store, blobs)
        assert (report.violations, report.exceptions) == ([], [])


async def test_where_the_account_allows_it_soft_deleted_versions_go_at_once(
    catalog: Catalog, store: ObjectStore
) -> None:
    fake = FakeAzure(soft_delete_days=7, permanent_delete=True)
    fake.put(KEY)
    fake.put(KEY)
    await deleted_video(catalog)
    async with serving(fake) as settings, mirror_at(settings) as blobs:
        assert await purge(catalog, store, [blobs], AT_ONCE) == 1
    assert fake.left() == []


async def test_a_token_that_may_not_remove_versions_is_told_which_permission(
    catalog: Catalog, store: ObjectStore
) -> None:
    fake = FakeAzure(permissions="rwdlac")
    fake.put(KEY)
    await deleted_video(catalog)
    async with serving(fake) as settings, mirror_at(settings) as blobs:
        assert await purge(catalog, store, [blobs], AT_ONCE) == 0
        ((reason, detail, _),) = await kept(catalog)
        assert (reason, "x (delete version)" in detail) == ("rights", True)
        fake.permissions += "x"
        assert await purge_now(catalog, ID)
        assert await purge(catalog, store, [blobs], AT_ONCE) == 1


@pytest.mark.parametrize("versioning", [True, False])
@pytest.mark.parametrize(
    ("hold", "reason", "word"),
    [
        ({"legal_hold": True}, "legal-hold", "the person who set it"),
        ({"immutable_until": in_days(30)}, "immutability-policy", "unlocked"),
        ({"legal_hold": True, "immutable_until": in_days(30)}, "legal-hold", "the person who set it"),
        ({}, "immutability-policy", "whole container"),
    ],
)
async def test_holds_and_policies_are_told_by_name(
    catalog: Catalog, store: ObjectStore, *, versioning: bool, hold: dict[str, Any], reason: str, word: str
) -> None:
    fake = FakeAzure(versioning=versioning, worm=not hold)
    written = fake.put(KEY)
    for name, value in hold.items():
        setattr(written, name, value)
    await deleted_video(catalog)
    async with serving(fake) as settings, mirror_at(settings) as blobs:
        assert await purge(catalog, store, [blobs], AT_ONCE) == 0
        ((found, detail, until),) = await kept(catalog)
        assert (found, word in detail) == (reason, True)
        assert until == (hold.get("immutable_until") if reason == "immutability-policy" else None)
        assert [told.rule for told in (await audit(catalog, store, blobs)).violations] == ["deleted-but-kept"]
        fake.worm, written.legal_hold, written.immutable_until = False, False, None
        assert await purge_now(catalog, ID)
        assert await purge(catalog, store, [blobs], AT_ONCE) == 1
    assert fake.left() == []
