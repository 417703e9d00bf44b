"""Copies an object from the bucket into a mirror. The copy becomes visible only if it has the expected content.

A small object is read whole and written in one request. A larger one is written in parts, several at once, and
completed when all of it was read. Its bytes were hashed while they were read, and the target's server compares the MD5
of each request's bytes with the one that came with them: that proves the copy, and no further request asks for it. Of a
small object it is the MD5 that the object store has, so that it is computed where the bytes came from and where they
go. See docs/decisions/0029-what-proves-a-copy.md.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from shared.errors import FonotecaError, MirrorUnavailable
from shared.storage.content import Content, Payload
from shared.storage.in_flight import BytesInFlight
from shared.storage.keys import content_type_of
from shared.storage.s3.etags import md5_in
from shared.storage.s3.objects import ObjectStore
from shared.storage.s3.reading import ObjectStream
from shared.storage.target import MirrorTarget, PartedUpload
from shared.storage.threads import in_thread

#: Bytes that copies of one process hold at once by default.
IN_FLIGHT_BYTES = 64 * 2**20
#: Parts of one object in memory at once, at most: one that is read, while the others are sent.
PARTS_AT_ONCE = 4


class WrongContent(FonotecaError):
    """What was read, or what is left of it in memory, is not what is expected; the mirror shows nothing of it."""


async def copy_object(
    store: ObjectStore, target: MirrorTarget, name: str, wanted: Content, in_flight: BytesInFlight
) -> None:
    """Copy an object under the same name. Its bytes must be `wanted`.

    Raises WrongContent, ObjectMissing, StoreUnavailable or MirrorUnavailable; then the mirror shows nothing wrong.
    """
    # Before the object is opened: one that waited for memory would keep a connection open, and with some servers the
    # whole object in memory.
    parts_at_once = max(2, min(PARTS_AT_ONCE, in_flight.limit // target.part_bytes))
    async with in_flight.hold(min(wanted.size_bytes, parts_at_once * target.part_bytes)):
        if wanted.size_bytes <= target.whole_bytes:
            await _at_once(store, target, name, wanted)
        else:
            await _in_parts(store, target, name, wanted, parts_at_once)


async def _at_once(store: ObjectStore, target: MirrorTarget, name: str, wanted: Content) -> None:
    payload, metadata = await in_thread(_whole, store, name, wanted)
    described, type_ = _described(metadata, wanted), content_type_of(name)
    try:
        await target.put(name, payload, described, type_)
    except MirrorUnavailable as error:
        # Whatever the code: each kind of server has its own for bytes with another MD5.
        if error.status is None or (ours := await in_thread(_checked, name, payload, wanted)) == payload:
            raise
        # The object store, or one before it, encrypts with keys of its own: its ETag looks like an MD5 and is none.
        store.etags_are_md5 = False
        await target.put(name, ours, described, type_)


async def _in_parts(store: ObjectStore, target: MirrorTarget, name: str, wanted: Content, parts_at_once: int) -> None:
    reading = await in_thread(store.reading, name)
    with reading as found:
        upload = await target.upload(name, _described(found.metadata, wanted), content_type_of(name))
        source = _HashedSource(found.stream)
        parts = math.ceil(wanted.size_bytes / target.part_bytes)
        async with _abandoned_unless_done(upload):
            await _send_parts(source, upload, parts, (target.part_bytes, parts_at_once))
            await in_thread(source.must_be, name, wanted)
            await upload.complete(parts, source.md5.digest())


@asynccontextmanager
async def _abandoned_unless_done(upload: PartedUpload) -> AsyncIterator[None]:
    done = False
    try:
        yield
        done = True
    finally:
        if not done:
            await upload.abandon()


def _described(metadata: Mapping[str, str], wanted: Content) -> dict[str, str]:
    """Return the metadata of a copy: the object's, with the SHA-256 that its bytes have, whatever the object says."""
    return {**metadata, "sha256": wanted.sha256}


def _whole(store: ObjectStore, name: str, wanted: Content) -> tuple[Payload, Mapping[str, str]]:
    with store.reading(name) as found:
        source = _HashedSource(found.stream)
        content = source.read(wanted.size_bytes)
        source.must_be(name, wanted)
        md5 = md5_in(found.etag) if store.etags_are_md5 else None
        return Payload(content, md5) if md5 is not None else Payload.of(content), found.metadata


def _checked(name: str, payload: Payload, wanted: Content) -> Payload:
    """Return the bytes with their own MD5. Raises WrongContent if they have changed in memory since they were read."""
    if hashlib.sha256(payload.content).hexdigest() != wanted.sha256:
        raise WrongContent(f"the bytes of {name} changed in memory")
    return Payload.of(payload.content)


async def _send_parts(source: _HashedSource, upload: PartedUpload, number: int, window: tuple[int, int]) -> None:
    """Read `number` parts from the source, and send each while the next ones are read.

    `window`: bytes of a part, and parts in memory at once.
    """
    part_bytes, parts_at_once = window
    sending: set[asyncio.Task[None]] = set()
    try:
        for each in range(number):
            payload = await in_thread(source.read_part, part_bytes)
            if not payload.content:
                # It is shorter than it should be, as the source will find.
                break
            sending.add(asyncio.create_task(upload.part(each, payload)))
            del payload
            sending = await _fewer_than(parts_at_once, sending)
        await _fewer_than(1, sending)
    finally:
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)


async def _fewer_than(limit: int, sending: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Wait until fewer than `limit` parts are being sent, and return these. Raises what sending one raised."""
    while len(sending) >= limit:
        done, sending = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    return sending


class _HashedSource:
    """Counts and hashes what is read of an object. Its methods block, and raise StoreUnavailable."""

    def __init__(self, stream: ObjectStream) -> None:
        self._stream = stream
        self._sha256 = hashlib.sha256()
        self._size = 0
        #: Of all that was read by `read_part`.
        self.md5 = hashlib.md5(usedforsecurity=False)

    def read(self, number: int) -> bytes:
        """Return the next `number` bytes; fewer if the object ends."""
        content = self._stream.read(number)
        self._sha256.update(content)
        self._size += len(content)
        return content

    def read_part(self, number: int) -> Payload:
        """Do the same with their MD5, and add them to the MD5 of the whole."""
        content = self.read(number)
        self.md5.update(content)
        return Payload.of(content)

    def must_be(self, name: str, wanted: Content) -> None:
        """Raise WrongContent if the object is not `wanted`, or does not end here."""
        self.read(1)
        read = Content(self._size, self._sha256.hexdigest())
        if read.size_bytes > wanted.size_bytes:
            raise WrongContent(f"{name} has more than the {wanted.size_bytes} bytes that are expected")
        if read != wanted:
            raise WrongContent(
                f"{name} has {read.size_bytes} bytes and SHA-256 {read.sha256}, expected {wanted.size_bytes} and "
                f"{wanted.sha256}"
            )
