"""Copies of objects in the mirror, and what proves them, against real servers."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob.aio import BlobServiceClient
from minio import Minio
from minio.error import S3Error
from urllib3 import HTTPResponse

from dev.faults.proxy import Fault, FaultProxy
from shared.errors import MirrorUnavailable, Misconfigured, StoreUnavailable
from shared.settings import AzureSettings, ObjectStoreSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.content import Content, Payload
from shared.storage.copying import WrongContent, copy_object
from shared.storage.in_flight import BytesInFlight
from shared.storage.s3.mirror import BucketMirror
from shared.storage.s3.objects import ObjectMissing, ObjectStore
from shared.storage.target import Cure, MirrorTarget
from shared.storage.targets import must_be_elsewhere
from tests.integration.conftest import settings_of
from tests.integration.mirror.conftest import Place
from tests.integration.mirror.copies import NAME, content_of, copy, noise, put

#: Bytes of the smallest part that S3 takes, unless it is the last one.
LEAST_PART = 5 * 2**20
TITLE = "ɖɔ̀ 100 % + a&b=c / “quoted” 🎧"
#: Where a copy changes its way: in one request, in one part, in several, with a short last one.
#: (times the bytes of one request, times the bytes of a part, further bytes)
SIZES = [(0, 0, 1), (1, 0, 0), (1, 0, 1), (0, 3, 0), (0, 3, 5)]


def bytes_of(target: MirrorTarget, size: tuple[int, int, int]) -> int:
    return size[0] * target.whole_bytes + size[1] * target.part_bytes + size[2]


async def read(target: MirrorTarget) -> bytes:
    return b"".join([block async for block in target.read(NAME)])


@pytest.mark.parametrize("size", SIZES)
async def test_a_copy_has_the_content_and_the_metadata(
    store: ObjectStore, target: MirrorTarget, tmp_path: Path, size: tuple[int, int, int]
) -> None:
    data = noise(bytes_of(target, size))
    wanted = await put(store, tmp_path, data, **{"source-url": "https://a.b/?c=d&e=f", "title": TITLE})
    await copy(store, target, wanted)
    assert await read(target) == data
    assert await target.stat(NAME) == wanted
    assert await target.has(NAME, wanted.sha256)
    assert not await target.has(NAME, "0" * 64)
    metadata = await target.metadata(NAME)
    assert (metadata["title"], metadata["source-url"]) == (TITLE, "https://a.b/?c=d&e=f")
    [described] = [found async for found in target.described("audio/")]
    assert (described.name, described.size_bytes, described.metadata) == (NAME, len(data), metadata)


@pytest.mark.parametrize("size", SIZES)
async def test_a_listing_shows_what_tells_a_copy_from_another(
    store: ObjectStore, target: MirrorTarget, tmp_path: Path, size: tuple[int, int, int]
) -> None:
    """Its SHA-256, or the ETag of its object."""
    wanted = await put(store, tmp_path, noise(bytes_of(target, size)))
    await copy(store, target, wanted)
    [[object_]] = [found async for found in store.listed("audio/", 10)]
    [[shown]] = [found async for found in target.listed("audio/", 10)]
    assert (shown.name, shown.content.size_bytes) == (NAME, wanted.size_bytes)
    if shown.etag:
        assert shown.etag == object_.etag
    else:
        assert shown.content == wanted


async def test_azure_records_the_md5_and_the_type(store: ObjectStore, azure: AzureSettings, tmp_path: Path) -> None:
    mirror = BlobMirror(azure)
    await mirror.ensure_container(10)
    assert azure.account_url is not None
    assert azure.sas_token is not None
    for size in SIZES:
        data = noise(bytes_of(mirror, size))
        await copy(store, mirror, await put(store, tmp_path, data))
        async with BlobServiceClient(azure.account_url, azure.sas_token.get_secret_value()) as service:
            properties = await service.get_blob_client(azure.container, NAME).get_blob_properties()
        assert properties.content_settings.content_type == "audio/mpeg"
        assert (
            bytes(properties.content_settings.content_md5 or b"") == hashlib.md5(data, usedforsecurity=False).digest()
        )
    await mirror.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fault", ["another byte", "a byte more", "a byte less"])
async def test_other_content_than_wanted_never_becomes_visible(
    store: ObjectStore, target: MirrorTarget, tmp_path: Path, size: tuple[int, int, int], fault: str
) -> None:
    data = noise(bytes_of(target, size))
    there = {"another byte": bytes([data[0] ^ 1]) + data[1:], "a byte more": data + b"x", "a byte less": data[:-1]}
    await put(store, tmp_path, there[fault], sha256=content_of(data).sha256)
    with pytest.raises(WrongContent, match="expected"):
        await copy(store, target, content_of(data))
    assert await target.stat(NAME) is None


@pytest.mark.parametrize("recorded", [{}, {"sha256": "0" * 64}])
async def test_a_copy_records_the_sha256_that_its_bytes_have(
    store: ObjectStore, target: MirrorTarget, tmp_path: Path, recorded: dict[str, str]
) -> None:
    wanted = await put(store, tmp_path, b"good bytes", **recorded)
    await copy(store, target, wanted)
    assert await target.stat(NAME) == wanted


@pytest.mark.parametrize("size", [(0, 0, 100_000), (1, 1, 0)])
async def test_bytes_that_change_on_the_way_are_refused(
    store: ObjectStore, place: Place, tmp_path: Path, size: tuple[int, int, int]
) -> None:
    marker, other = b"=16 bytes of it=", b"=16 bytes of IT="
    with FaultProxy(place.port) as proxy:
        target = place.open(proxy.port)
        await target.ensure_container(10)
        wanted = await put(store, tmp_path, marker * (bytes_of(target, size) // len(marker)))
        proxy.set(Fault(corrupted=(marker, other)))
        with pytest.raises(MirrorUnavailable, match=r"(?i)md5|sha256|digest|checksum"):
            await copy(store, target, wanted)
        assert await target.stat(NAME) is None
        proxy.set(Fault())
        await copy(store, target, wanted)
        assert await target.stat(NAME) == wanted
        await target.close()


async def test_two_uploads_of_one_name_never_mix_their_parts(target: MirrorTarget) -> None:
    old, new = noise(2 * LEAST_PART, 1), noise(2 * LEAST_PART, 2)
    first, second = [await target.upload(NAME, {"sha256": content_of(d).sha256}, "audio/mpeg") for d in (old, new)]
    for number in range(2):
        part = slice(number * LEAST_PART, (number + 1) * LEAST_PART)
        await first.part(number, Payload.of(old[part]))
        await second.part(number, Payload.of(new[part]))
    await first.complete(2, hashlib.md5(old, usedforsecurity=False).digest())
    assert await read(target) == old
    # Azure forgets the other's blocks, and it fails as a whole; S3 keeps the uploads apart.
    expected = new
    try:
        await second.complete(2, hashlib.md5(new, usedforsecurity=False).digest())
    except MirrorUnavailable:
        expected = old
    assert await read(target) == expected
    assert await target.has(NAME, content_of(expected).sha256)


async def test_a_copy_that_fails_returns_the_memory_that_it_held(
    store: ObjectStore, place: Place, target: MirrorTarget, tmp_path: Path
) -> None:
    data = noise(5 * target.part_bytes)
    wanted = await put(store, tmp_path, data)
    in_flight = BytesInFlight(2 * target.part_bytes)
    away = place.open(9)
    with pytest.raises(MirrorUnavailable):
        await copy_object(store, away, NAME, wanted, in_flight)
    await away.close()
    with pytest.raises(WrongContent):
        await copy_object(store, target, NAME, Content(len(data), "0" * 64), in_flight)
    with pytest.raises(ObjectMissing):
        await copy_object(store, target, "audio/none.mp3", wanted, in_flight)
    # It needs all of the memory, and would wait for ever if some were missing.
    await copy_object(store, target, NAME, wanted, in_flight)
    assert await read(target) == data


def fail_one_part(target: MirrorTarget, lost: int, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one part get lost, at once or later than the next ones."""
    begin, sent, done = target.upload, asyncio.Condition(), 0

    async def upload(*arguments: Any) -> Any:
        found = await begin(*arguments)
        part = found.part

        async def failing(number: int, payload: Payload) -> None:
            nonlocal done
            if number == lost:
                async with sent:
                    await sent.wait_for(lambda: done >= after)
                raise MirrorUnavailable("a part was lost")
            await part(number, payload)
            async with sent:
                done += 1
                sent.notify_all()

        found.part = failing  # type: ignore[method-assign]
        return found

    monkeypatch.setattr(target, "upload", upload)


@pytest.mark.parametrize(("lost", "after"), [(0, 0), (0, 2), (2, 0), (5, 5)])
async def test_a_part_that_is_not_sent_leaves_no_copy_and_no_part(
    store: ObjectStore,
    target: MirrorTarget,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lost: int,
    after: int,
) -> None:
    wanted = await put(store, tmp_path, noise(5 * target.part_bytes + 1))
    fail_one_part(target, lost, after, monkeypatch)
    with pytest.raises(MirrorUnavailable, match="a part was lost"):
        await copy(store, target, wanted)
    assert await target.stat(NAME) is None
    if target.name != "azure":
        # Azure shows such blocks in no listing but that of blobs without content, and forgets them in a week.
        assert (await target.left_below("audio/")).unfinished == 0


async def test_an_object_whose_part_is_missing_cannot_be_completed(target: MirrorTarget) -> None:
    upload = await target.upload(NAME, {}, "audio/mpeg")
    await upload.part(0, Payload.of(b"a"))
    with pytest.raises(MirrorUnavailable):
        await upload.complete(2, bytes(16))
    assert await target.stat(NAME) is None


async def test_uploads_of_processes_that_died_are_ended_when_they_are_old(target: MirrorTarget) -> None:
    upload = await target.upload(NAME, {}, "audio/mpeg")
    await upload.part(0, Payload.of(b"a"))
    now = datetime.now(UTC)
    assert await target.remove_unfinished("audio/", now - timedelta(hours=1)) == 0, "it may be under way"
    removed = await target.remove_unfinished("audio/", now + timedelta(hours=1))
    assert removed == (0 if target.name == "azure" else 1)
    if removed:
        assert not await target.left_below("audio/")


@pytest.mark.parametrize("after", [None, "audio/", "audio/b", "audio/bb", "audio/z"])
async def test_names_come_in_order_from_any_name_on(target: MirrorTarget, after: str | None) -> None:
    names = ["audio/a", "audio/b", "audio/b/c", "audio/ba", "audio/é", "other/a"]
    for name in names:
        await target.put(name, Payload.of(name.encode()), {}, "audio/mpeg")
    found = [each.name async for batch in target.listed("audio/", 2, after) for each in batch]
    assert found == [name for name in sorted(names) if name.startswith("audio/") and name > (after or "")]
    assert [name async for batch in target.names("audio/", 2) for name in batch] == sorted(names)[:-1]


async def test_a_missing_container_is_an_error_or_an_empty_one(place: Place) -> None:
    strict, lenient = place.open(), place.open(missing_is_empty=True)
    asks: list[Callable[[MirrorTarget], Awaitable[list[Any]]]] = [
        lambda target: all_of(target.names("audio/", 10)),
        lambda target: all_of(target.listed("audio/", 10)),
        lambda target: all_of(target.described("audio/")),
    ]
    for ask in asks:
        with pytest.raises(MirrorUnavailable) as raised:
            await ask(strict)
        cure, sentence = strict.explain(raised.value)
        assert (cure, raised.value.target) == (Cure.RIGHT, place.name)
        assert strict.container in sentence
        assert await ask(lenient) == []
    assert not await lenient.left_below("audio/")
    assert await lenient.stat(NAME) is None
    assert (strict.missing.met, lenient.missing.met) == (False, True)
    await strict.close()
    await lenient.close()


async def all_of(found: AsyncIterator[Any]) -> list[Any]:
    return [each async for each in found]


async def test_a_server_that_is_away_is_named_with_its_setting(place: Place) -> None:
    away = place.open(9)
    with pytest.raises(MirrorUnavailable) as raised:
        await away.stat(NAME)
    cure, sentence = away.explain(raised.value)
    assert cure is Cure.WAIT
    assert ("AZURE_ACCOUNT_URL" if place.name == "azure" else "MIRROR_S3_ENDPOINT") in sentence
    assert await away.problem() is not None
    await away.close()


async def test_what_is_deleted_is_gone(target: MirrorTarget) -> None:
    await target.put(NAME, Payload.of(b"x"), {}, "audio/mpeg")
    assert await target.delete(NAME)
    assert await target.delete(NAME), "it may be gone already"
    assert await target.stat(NAME) is None
    await target.put("audio/a/b", Payload.of(b"x"), {}, "audio/mpeg")
    await target.put("audio/ab/c", Payload.of(b"x"), {}, "audio/mpeg")
    assert await target.erase("audio/a/") == []
    assert await all_of(target.names("audio/", 10)) == [["audio/ab/c"]]


@pytest.mark.parametrize("answer", ["an error", "a cut answer", "an ETag"])
async def test_an_error_after_200_ok_is_no_copy(
    store: ObjectStore, s3: ObjectStoreSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str
) -> None:
    """S3 may begin its answer before the parts are put together."""
    target = BucketMirror(s3.model_copy(update={"bucket": f"{s3.bucket}-mirror"}))
    await target.ensure_container(10)
    wanted = await put(store, tmp_path, noise(target.whole_bytes + 1))
    execute, bodies = (
        Minio._execute,
        {"an error": b"<Error><Code>InternalError</Code></Error>", "a cut answer": b"<CompleteMultipartUploadRe"},
    )

    def answered(client: Minio, method: str, *arguments: Any, **more: Any) -> Any:
        completes = method == "POST" and "uploadId" in (more.get("query_params") or {})
        if completes and answer in bodies:
            return HTTPResponse(bodies[answer], status=200, preload_content=True)
        return execute(client, method, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Minio, "_execute", answered)
        if answer in bodies:
            with pytest.raises(MirrorUnavailable):
                await copy(store, target, wanted)
            with pytest.raises(StoreUnavailable):
                await store.put_file(f"{NAME}2", tmp_path / "file", "audio/mpeg", {"sha256": wanted.sha256})
        else:
            await copy(store, target, wanted)
    assert await target.stat(NAME) == (None if answer in bodies else wanted)


@pytest.mark.parametrize("place", ["s3", "s3 strict"], indirect=True)
async def test_a_refused_deletion_is_told_and_no_error(target: MirrorTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of Azure with leases and holds, which `test_deletion_azure` has."""
    await target.put(NAME, Payload.of(b"x"), {}, "audio/mpeg")

    def refused(_: Minio, bucket: str, name: str, **__: Any) -> None:
        response = HTTPResponse(b"", status=403)
        raise S3Error(response, "AccessDenied", "Access Denied.", name, "1", "2", bucket_name=bucket, object_name=name)

    monkeypatch.setattr(Minio, "remove_object", refused)
    assert not await target.delete(NAME)


async def test_a_copy_that_is_gone_is_an_error_of_the_mirror(target: MirrorTarget) -> None:
    with pytest.raises(MirrorUnavailable) as raised:
        await all_of(target.read(NAME))
    assert raised.value.target == target.name


@pytest.mark.parametrize("same", [True, False])
async def test_a_bucket_is_not_its_own_mirror_under_another_name_of_its_server(
    store: ObjectStore, s3: ObjectStoreSettings, strict_s3: dict[str, str], same: bool
) -> None:
    port = s3.endpoint.rpartition(":")[2]
    elsewhere = settings_of(strict_s3).model_copy(update={"bucket": s3.bucket})
    target = BucketMirror(s3.model_copy(update={"endpoint": f"localhost:{port}"}) if same else elsewhere)
    await target.ensure_container(10)
    if same:
        with pytest.raises(Misconfigured, match="cannot be its own mirror"):
            await must_be_elsewhere(store, target)
    else:
        await must_be_elsewhere(store, target)
    assert await all_of(target.names("", 10)) == []


@pytest.mark.parametrize("place", ["s3", "s3 strict"], indirect=True)
async def test_unfinished_uploads_that_may_not_be_listed_are_no_none(
    target: MirrorTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Minio, bucket: str, **__: Any) -> None:
        raise S3Error(HTTPResponse(b"", status=403), "AccessDenied", "Access Denied.", "", "1", "2", bucket_name=bucket)

    monkeypatch.setattr(Minio, "_list_multipart_uploads", refused)
    with pytest.raises(MirrorUnavailable, match="MIRROR_S3_ACCESS_KEY may not list unfinished uploads"):
        await target.remove_unfinished("audio/", datetime.now(UTC))
