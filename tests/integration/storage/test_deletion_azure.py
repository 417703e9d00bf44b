"""A deletion deletes in the mirror too: versions, snapshots, unfinished blocks; and says what Azure does not let go."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas
from azure.storage.blob.aio import BlobServiceClient, ContainerClient
from pydantic import SecretStr

from dev.faults.proxy import Fault, FaultProxy
from dev.servers.azurite import ACCOUNT
from dev.stack import Stack
from services.sync.mirror import Mirror
from services.sync.purge import purge
from services.sync.reconcile import Reconciliation
from shared.catalog.connection import Catalog
from shared.catalog.videos.deletions import mark_purged, purge_now
from shared.catalog.videos.requeue import RequeueReason, requeue_video
from shared.settings import AzureSettings, ObjectStoreSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.keys import object_key
from shared.storage.s3.objects import ObjectStore
from tests.deleting import (
    AT_ONCE,
    ID,
    KEY,
    NEIGHBOURS_KEY,
    OTHER_KEY,
    Bucket,
    audit,
    deleted_video,
    kept,
    mirror_at,
    video_of,
)


@pytest.fixture
async def blobs(azure: AzureSettings) -> AsyncIterator[BlobMirror]:
    async with mirror_at(azure) as blobs:
        await blobs.ensure_container(10)
        yield blobs


@pytest.fixture
async def container(blobs: BlobMirror, azure: AzureSettings) -> AsyncIterator[ContainerClient]:
    """The container as an administrator sees it."""
    assert azure.account_url is not None
    assert azure.sas_token is not None
    async with BlobServiceClient(azure.account_url, azure.sas_token.get_secret_value()) as service:
        yield service.get_container_client(azure.container)


async def everything(container: ContainerClient) -> set[str]:
    included = ["snapshots", "deleted", "uncommittedblobs"]
    return {f"{blob.name} {blob.snapshot}" async for blob in container.list_blobs(include=included)}


async def with_snapshots(container: ContainerClient, name: str) -> None:
    """A blob that was overwritten, with a snapshot of either content, and blocks that were never committed."""
    blob = container.get_blob_client(name)
    for data in (b"one", b"two"):
        await blob.upload_blob(data, overwrite=True)
        await blob.create_snapshot()
    await blob.stage_block(base64.b64encode(b"1").decode(), b"a block")


async def test_snapshots_and_unfinished_blocks_go_too(
    catalog: Catalog, store: ObjectStore, blobs: BlobMirror, container: ContainerClient
) -> None:
    await with_snapshots(container, KEY)
    await container.get_blob_client(OTHER_KEY).stage_block(base64.b64encode(b"1").decode(), b"a block")
    await with_snapshots(container, NEIGHBOURS_KEY)
    before = {one for one in await everything(container) if one.startswith(NEIGHBOURS_KEY)}
    await deleted_video(catalog)
    assert await purge(catalog, store, [blobs], AT_ONCE) == 1
    assert await everything(container) == before
    assert len(before) == 3


@pytest.mark.parametrize("left", ["snapshot", "unfinished"])
async def test_the_audit_finds_what_a_purged_video_left_in_the_mirror(
    catalog: Catalog, store: ObjectStore, blobs: BlobMirror, container: ContainerClient, left: str
) -> None:
    assert await mark_purged(catalog, await deleted_video(catalog))
    assert (await audit(catalog, store, blobs)).violations == []
    if left == "snapshot":
        await with_snapshots(container, KEY)
    else:
        await container.get_blob_client(KEY).stage_block(base64.b64encode(b"1").decode(), b"a block")
    (violation,) = (await audit(catalog, store, blobs)).violations
    assert (violation.rule, violation.subject, blobs.container in violation.detail) == ("deleted-but-there", ID, True)


async def test_a_lease_is_told_and_waited_for(
    catalog: Catalog, store: ObjectStore, blobs: BlobMirror, container: ContainerClient
) -> None:
    await container.get_blob_client(KEY).upload_blob(b"one")
    lease = await container.get_blob_client(KEY).acquire_lease()
    await container.get_blob_client(OTHER_KEY).upload_blob(b"two")
    await deleted_video(catalog)
    assert await purge(catalog, store, [blobs], AT_ONCE) == 0
    assert await everything(container) == {f"{KEY} None"}, "the others went"
    assert [reason for reason, _, _ in await kept(catalog)] == ["lease"]
    await lease.release()
    assert await purge_now(catalog, ID)
    assert await purge(catalog, store, [blobs], AT_ONCE) == 1


@pytest.mark.parametrize(("missing", "word"), [("delete", "d (delete)"), ("list", "l (list)")])
async def test_a_missing_permission_is_named(
    catalog: Catalog,
    store: ObjectStore,
    blobs: BlobMirror,
    container: ContainerClient,
    servers: Stack,
    azure: AzureSettings,
    missing: str,
    word: str,
) -> None:
    await container.get_blob_client(KEY).upload_blob(b"one")
    may: dict[str, Any] = {name: name != missing for name in ("read", "write", "delete", "list", "create")}
    token = generate_account_sas(
        ACCOUNT,
        servers.state.keep_secret("azurite", ""),
        ResourceTypes(container=True, object=True),
        AccountSasPermissions(**may),
        expiry=datetime.now(UTC) + timedelta(days=1),
    )
    await deleted_video(catalog)
    async with mirror_at(azure.model_copy(update={"sas_token": SecretStr(token)})) as weak:
        assert await purge(catalog, store, [weak], AT_ONCE) == 0
    ((reason, detail, _),) = await kept(catalog)
    assert (reason, "AZURE_SAS_TOKEN" in detail, word in detail) == ("rights", True, True)
    assert await purge_now(catalog, ID)
    assert await purge(catalog, store, [blobs], AT_ONCE) == 1


async def test_a_purge_that_dies_between_the_stores_is_done_again(
    catalog: Catalog, s3: ObjectStoreSettings, blobs: BlobMirror, container: ContainerClient
) -> None:
    bucket, store = Bucket(s3), ObjectStore(s3)
    bucket.put()
    await container.get_blob_client(KEY).upload_blob(b"one")
    await deleted_video(catalog)

    async def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blobs, "erase", dies)
        with pytest.raises(KeyboardInterrupt):
            await purge(catalog, store, [blobs], AT_ONCE)
    assert bucket.everything() == []
    assert (await video_of(catalog))["tombstone"]["purged_at"] is None
    assert await purge(catalog, store, [blobs], AT_ONCE) == 1
    assert await everything(container) == set()


@pytest.mark.parametrize("away", ["bucket", "container"])
async def test_either_store_is_emptied_while_the_other_one_is_away(
    catalog: Catalog,
    s3: ObjectStoreSettings,
    azure: AzureSettings,
    blobs: BlobMirror,
    container: ContainerClient,
    away: str,
) -> None:
    bucket, store = Bucket(s3), ObjectStore(s3)
    bucket.put()
    await container.get_blob_client(KEY).upload_blob(b"one")
    await deleted_video(catalog)
    assert azure.account_url is not None
    port = int((s3.endpoint if away == "bucket" else azure.account_url.rpartition("/")[0]).rpartition(":")[2])
    with FaultProxy(port) as proxy:
        proxy.set(Fault(refused=True))
        if away == "bucket":
            store_then = ObjectStore(s3.model_copy(update={"endpoint": f"127.0.0.1:{proxy.port}"}))
            assert await purge(catalog, store_then, [blobs], AT_ONCE) == 0
        else:
            url = f"http://127.0.0.1:{proxy.port}/{ACCOUNT}"
            async with mirror_at(azure.model_copy(update={"account_url": url})) as blobs_then:
                assert await purge(catalog, store, [blobs_then], AT_ONCE) == 0
    assert [reason for reason, _, _ in await kept(catalog)] == ["unreachable"]
    assert (bucket.everything() == []) == (away == "container")
    assert (await everything(container) == set()) == (away == "bucket")
    assert await purge_now(catalog, ID)
    assert await purge(catalog, store, [blobs], AT_ONCE) == 1
    assert await everything(container) == set()
    assert bucket.everything() == []


async def test_a_mirror_that_was_switched_off_is_not_forgotten(
    catalog: Catalog, store: ObjectStore, blobs: BlobMirror, container: ContainerClient
) -> None:
    await container.get_blob_client(KEY).upload_blob(b"one")
    await deleted_video(catalog, mirror={"container": blobs.container, "blob": KEY, "sha256": "0"})
    assert await purge(catalog, store, (), AT_ONCE) == 0
    ((reason, detail, _),) = await kept(catalog)
    assert (reason, blobs.container in detail, "AZURE_ACCOUNT_URL" in detail) == ("mirror-off", True, True)
    assert await purge_now(catalog, ID)
    assert await purge(catalog, store, [blobs], AT_ONCE) == 1
    assert await everything(container) == set()


async def test_the_container_of_former_days_is_emptied_too(
    catalog: Catalog, store: ObjectStore, azure: AzureSettings, blobs: BlobMirror, container: ContainerClient
) -> None:
    await with_snapshots(container, KEY)
    await deleted_video(catalog, mirror={"container": blobs.container, "blob": KEY, "sha256": "0"})
    async with mirror_at(azure.model_copy(update={"container": f"{azure.container}-new"})) as new:
        await new.ensure_container(10)
        assert await purge(catalog, store, [new], AT_ONCE) == 1
    assert await everything(container) == set()


async def test_an_orphan_with_snapshots_or_a_lease_does_not_stop_the_sweep(
    catalog: Catalog, store: ObjectStore, blobs: BlobMirror, container: ContainerClient
) -> None:
    leased, snapped = (object_key(f"youtube:orphan0000{n}", "mp3-320.mp3") for n in (1, 2))
    await container.get_blob_client(leased).upload_blob(b"one")
    await container.get_blob_client(leased).acquire_lease()
    await with_snapshots(container, snapped)
    mirror = Mirror(catalog, store, [blobs], None)
    report = await Reconciliation(catalog, store, blobs, mirror).run()
    assert report.orphaned.number == 2
    assert await everything(container) == {f"{leased} None"}


@pytest.mark.parametrize("where", ["bucket", "container"])
async def test_the_sweep_lets_what_came_back_of_a_deleted_video_be_purged(
    catalog: Catalog, s3: ObjectStoreSettings, blobs: BlobMirror, container: ContainerClient, where: str
) -> None:
    bucket, store = Bucket(s3), ObjectStore(s3)
    bucket.versioning("Enabled")
    assert await mark_purged(catalog, await deleted_video(catalog))
    if where == "bucket":
        bucket.put()
    else:
        await with_snapshots(container, KEY)
    reconciliation = Reconciliation(catalog, store, blobs, Mirror(catalog, store, [blobs], None))
    report = await reconciliation.run()
    assert (report.deleted.first, report.orphaned.number) == ([KEY], 0)
    assert await purge(catalog, store, [blobs], AT_ONCE) == 1
    assert bucket.everything() == []
    assert await everything(container) == set()
    assert (await reconciliation.run()).deleted.number == 0


async def test_a_leftover_that_is_kept_does_not_stop_the_copy(
    catalog: Catalog, s3: ObjectStoreSettings, blobs: BlobMirror, container: ContainerClient
) -> None:
    data = b"the sound of it"
    sha256 = "a" * 64
    bucket, store = Bucket(s3), ObjectStore(s3)
    bucket.put(data=data, metadata={"sha256": sha256})
    now = datetime.now(UTC)
    audio = {"key": KEY, "sha256": sha256, "size_bytes": len(data), "stored_at": now, "profile": "mp3-320"}
    await container.get_blob_client(KEY).upload_blob(data, metadata={"sha256": sha256})
    await container.get_blob_client(OTHER_KEY).upload_blob(b"a leftover")
    await container.get_blob_client(OTHER_KEY).acquire_lease()
    document: Any = {"_id": ID, "state": "stored", "token": 2, "audio": audio, "playlists": ["x"]}
    await catalog.videos.insert_one(document)
    await Mirror(catalog, store, [blobs], None).mirror(ID, check_first=True)
    assert (await video_of(catalog))["mirror"]["sha256"] == sha256
    assert await requeue_video(catalog, await video_of(catalog), RequeueReason.CONTENT_LOST) is not None
