"""For tests of deletions: buckets with versions and locks, a server that refuses, a deleted video."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web
from minio import Minio
from minio.commonconfig import ENABLED
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.versioningconfig import SUSPENDED, VersioningConfig

from cli.audit.auditor import Auditor
from cli.audit.report import AuditReport
from cli.audit.rules import Limits
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.catalog.operator.decisions import delete_video
from shared.catalog.search.accessions import raise_counter
from shared.settings import AzureSettings, ObjectStoreSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.keys import folder_of, object_key
from shared.storage.s3.objects import ObjectStore

ID = "youtube:deleteme001"
#: Its id begins with the other one's: what is removed of one must not touch it.
NEIGHBOUR = "youtube:deleteme0012"
KEY, OTHER_KEY = object_key(ID, "mp3-320.mp3"), object_key(ID, "info.json")
NEIGHBOURS_KEY = object_key(NEIGHBOUR, "mp3-320.mp3")


#: Seconds of grace with which also what was deleted just now is purged.
AT_ONCE = -60.0


class Bucket:
    """A bucket as an administrator sees it."""

    def __init__(self, settings: ObjectStoreSettings, *, locks: bool = False) -> None:
        self.name = settings.bucket
        self.client = Minio(
            settings.endpoint,
            settings.access_key.get_secret_value(),
            settings.secret_key.get_secret_value(),
            secure=False,
        )
        self.client.make_bucket(self.name, object_lock=locks)

    def versioning(self, status: str) -> None:
        """Turn versioning on or suspend it."""
        self.client.set_bucket_versioning(self.name, VersioningConfig(status))

    def put(self, key: str = KEY, data: bytes = b"the sound of it", **more: Any) -> str:
        """Write an object. Returns the id of its version."""
        put = self.client.put_object(self.name, key, io.BytesIO(data), len(data), **more)
        return put.version_id or "null"

    def begin_upload(self, key: str = KEY) -> None:
        """Begin an upload of parts, and never end it."""
        id_ = self.client._create_multipart_upload(self.name, key, {})
        self.client._upload_part(self.name, key, b"x" * 100, None, id_, 1)

    def reads(self, version: str, key: str = KEY) -> bool:
        """Whether anybody gets the content of a version."""
        try:
            answer = self.client.get_object(self.name, key, version_id=version)
        except S3Error:
            return False
        with answer:
            return answer.status == 200

    def shows(self, key: str = KEY) -> bool:
        """Whether who knows no version gets something."""
        try:
            self.client.stat_object(self.name, key)
        except S3Error:
            return False
        return True

    def everything(self, id_: str = ID) -> list[str]:
        """All that is below a video's folder: versions, markers, unfinished uploads."""
        folder = folder_of(id_)
        versions = self.client.list_objects(self.name, folder, recursive=True, include_version=True)
        uploads = self.client._list_multipart_uploads(self.name, prefix=folder).uploads
        return [f"{v.object_name} {v.version_id}" for v in versions] + [u.object_name for u in uploads]

    def bypass_governance(self) -> None:
        """Remove every version as somebody who may bypass a lock in GOVERNANCE mode."""
        versions = self.client.list_objects(self.name, "", recursive=True, include_version=True)
        doomed = [DeleteObject(str(v.object_name), v.version_id) for v in versions]
        assert list(self.client.remove_objects(self.name, doomed, bypass_governance_mode=True)) == []


def fill(bucket: Bucket, versioning: str) -> list[str]:
    """Several attempts of one video and one of its neighbour. Returns the versions of KEY."""
    versions = [bucket.put(data=b"before versioning")]
    if versioning != "never":
        bucket.versioning(ENABLED)
        versions += [bucket.put(data=b"one"), bucket.put(data=b"two")]
        bucket.client.remove_object(bucket.name, KEY)
    if versioning == SUSPENDED:
        bucket.versioning(SUSPENDED)
    versions.append(bucket.put(data=b"last"))
    bucket.put(OTHER_KEY)
    bucket.client.remove_object(bucket.name, OTHER_KEY)
    bucket.begin_upload()
    bucket.put(NEIGHBOURS_KEY)
    bucket.begin_upload(object_key(NEIGHBOUR, "flac.flac"))
    return versions


async def deleted_video(catalog: Catalog, **more: Any) -> Video:
    """A stored video that a person deletes."""
    now = datetime.now(UTC) - timedelta(days=1)
    document: Any = {
        "_id": ID,
        "accession": 1,
        "extractor": "youtube",
        "source_id": ID.partition(":")[2],
        "url": "https://www.youtube.com/watch?v=deleteme001",
        "title": "To be deleted",
        "words": [],
        "spelled": "",
        "duration_seconds": 1.0,
        "profiles": ["mp3-320"],
        "playlists": ["youtube:PL1"],
        "state": "stored",
        "state_since": now,
        "accepted_at": now,
        "requested_at": now,
        "token": 0,
        "attempts": 0,
        **more,
    }
    await catalog.videos.insert_one(document)
    await raise_counter(catalog)
    assert await delete_video(catalog, document) is not None
    return await video_of(catalog)


async def video_of(catalog: Catalog) -> Video:
    """That video as it is now."""
    video = await catalog.videos.find_one({"_id": ID})
    assert video is not None
    return video


async def kept(catalog: Catalog) -> list[tuple[str, str, datetime | None]]:
    """What keeps it: reason, detail, end."""
    found = (await video_of(catalog))["tombstone"].get("kept", [])
    return [(one["reason"], one["detail"], one["until"]) for one in found]


async def reasons(catalog: Catalog) -> list[str]:
    """The reasons alone."""
    return [reason for reason, _, _ in await kept(catalog)]


async def detail(catalog: Catalog) -> str:
    """The details as one text."""
    return " ".join(text for _, text, _ in await kept(catalog))


@asynccontextmanager
async def mirror_at(settings: AzureSettings) -> AsyncIterator[BlobMirror]:
    """A mirror, closed at the end."""
    blobs = BlobMirror(settings)
    try:
        yield blobs
    finally:
        await blobs.close()


async def audit(catalog: Catalog, store: ObjectStore, blobs: BlobMirror | None) -> AuditReport:
    """What the audit sees."""

    async def nothing_waits(_: str) -> int:
        return 0

    return await Auditor(catalog, store, [blobs] if blobs is not None else (), nothing_waits, Limits(3600, 8)).run()


#: Method and query of a request → the status and the code with which it is refused; None: it passes.
Refusal = Callable[[str, Any], tuple[int, str] | None]


@asynccontextmanager
async def refusing_s3(settings: ObjectStoreSettings, refusal: Refusal) -> AsyncIterator[ObjectStoreSettings]:
    """The same server, for a key without some rights, or as if it had not some features."""

    async def answer(request: web.Request) -> web.Response:
        refused = refusal(request.method, request.query)
        if refused is not None:
            body = f"<Error><Code>{refused[1]}</Code><Message>no</Message></Error>"
            return web.Response(status=refused[0], body=body.encode(), content_type="application/xml")
        url = f"http://{settings.endpoint}{request.raw_path}"
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, url, headers=request.headers, data=await request.read()) as passed,
        ):
            headers = {n: v for n, v in passed.headers.items() if n.lower() not in ("content-length", "server", "date")}
            headers.pop("Transfer-Encoding", None)
            return web.Response(status=passed.status, body=await passed.read(), headers=headers)

    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield settings.model_copy(update={"endpoint": f"127.0.0.1:{port}"})
    finally:
        await runner.cleanup()
