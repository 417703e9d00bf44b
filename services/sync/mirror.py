"""Copies the objects of a video from the object store into all targets of the mirror, and notes it in the catalog."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.documents import Audio, MirrorCopy, Video, VideoState
from shared.catalog.reading.batches import BATCH
from shared.catalog.videos.deletions import purge_again
from shared.catalog.videos.lookup import get_video
from shared.catalog.videos.mirroring import has_copies, mark_copied
from shared.catalog.videos.stored_objects import StoredObject, stored_objects
from shared.contracts import AudioMirrored
from shared.errors import FonotecaError, TryLater
from shared.logs import logger
from shared.storage.content import Content
from shared.storage.copying import IN_FLIGHT_BYTES, WrongContent, copy_object
from shared.storage.in_flight import BytesInFlight
from shared.storage.keys import folder_of
from shared.storage.s3.objects import ObjectMissing, ObjectStore
from shared.storage.server_copies import ServerCopies
from shared.storage.target import MirrorTarget

if TYPE_CHECKING:
    # Commands that repair copies publish nothing, and start without the broker's library.
    from shared.messaging.publisher import Publisher

log = logger(__name__)

#: Seconds until an object that is missing or changing in the object store is tried again.
RETRY_SECONDS = 60


class Mirror:
    """Copies objects from the object store into the targets. Copying what is there already does nothing.

    Each target gets its copies whatever the others do: one that is away keeps nothing from the others.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: ObjectStore,
        targets: Sequence[MirrorTarget],
        publisher: Publisher | None,
        in_flight_bytes: int = IN_FLIGHT_BYTES,
        server_copies: ServerCopies | None = None,
    ) -> None:
        """`targets`: at least one. `publisher`: None publishes no events, for commands that repair copies.

        `in_flight_bytes`: bytes that copies hold at once. Each target has its part, so that none waits for another.
        `server_copies`: None lets no target fetch an object itself.
        """
        self._catalog = catalog
        self._store = store
        self._targets = targets
        #: Target → its container.
        self.places = {target.name: target.container for target in targets}
        self._publisher = publisher
        self._server_copies = server_copies
        self._in_flight = {target.name: BytesInFlight(in_flight_bytes // len(targets)) for target in targets}

    async def mirror(self, video_id: str, *, check_first: bool = False, without: Collection[str] = ()) -> None:
        """Copy the stored objects of a video into each target that lacks them, note it, and publish the event.

        `check_first`: ask a target whether it already has an object; worth the request where many are likely there.
        `without`: names of targets that are left for later. Raises TryLater if the object store does not hold the
        objects now, and a server's error; then the copies in other targets are made and noted.
        """
        video = await get_video(self._catalog, video_id)
        if video is None or video["state"] != VideoState.STORED:
            # An earlier attempt may have written a copy of what a person deleted meanwhile.
            await purge_again(self._catalog, video_id)
            metrics.MIRROR_OBJECTS.labels("superseded", "").inc()
            return
        lacking = [target for target in self._targets if not has_copies(video, target.name, target.container)]
        known = video.get("mirror")
        if not lacking and known is not None and known["sha256"] == video["audio"]["sha256"]:
            metrics.MIRROR_OBJECTS.labels("already", "").inc()
            await self._publish(video, known)
            return
        asked = [target for target in lacking if target.name not in without]
        tried_before = video["token"] > 1
        errors = await self._copy_to(asked, video, check_first=check_first)
        copied = [target for target in asked if target.name not in errors]
        if not await self._note(video, copied, complete=len(copied) == len(lacking)):
            await self._copy_what_replaced(video_id)
        elif tried_before:
            for target in copied:
                await self._remove_leftovers(target, video)
        if errors:
            # A defect of our own is counted on the video; a server's trouble must not hide it.
            raise min(errors.values(), key=lambda error: isinstance(error, FonotecaError))

    async def _copy_to(
        self, targets: Sequence[MirrorTarget], video: Video, *, check_first: bool
    ) -> dict[str, BaseException]:
        """Copy all objects of a video into several targets at once. Returns the errors: target → what went wrong."""
        results = await asyncio.gather(
            *(self._copy_all(target, video, check_first=check_first) for target in targets), return_exceptions=True
        )
        named = zip(targets, results, strict=True)
        return {target.name: result for target, result in named if result is not None}

    async def _copy_all(self, target: MirrorTarget, video: Video, *, check_first: bool) -> None:
        # Of several objects, some may have been copied before the next one failed.
        await self._copy_objects(target, video, check_first=check_first or len(stored_objects(video)) > 1)

    async def _note(self, video: Video, copied: Sequence[MirrorTarget], *, complete: bool) -> bool:
        """Note the copies, and publish the event once they are complete. Returns False if other objects replaced these.

        A person may have deleted the video, too.
        """
        places = {target.name: target.container for target in copied}
        if not complete:
            return not places or await mark_copied(self._catalog, video, places)
        mirror = self._mirror_of(video["audio"])
        noted = await mark_copied(self._catalog, video, places, mirror)
        if noted and video.get("reopened") != video["audio"]["sha256"]:
            await self._publish(video, mirror)
        return noted

    async def _copy_what_replaced(self, video_id: str) -> None:
        """Copy the objects that replaced those that were copied: these copies may have come after those of the new."""
        await purge_again(self._catalog, video_id)
        metrics.MIRROR_OBJECTS.labels("superseded", "").inc()
        now = await get_video(self._catalog, video_id)
        if now is not None and now["state"] == VideoState.STORED:
            for target in self._targets:
                await self._copy_objects(target, now, check_first=True)

    async def _copy_objects(self, target: MirrorTarget, video: Video, *, check_first: bool) -> None:
        """Copy all objects of a stored video. `check_first`: but for those that the target already has."""
        for found in stored_objects(video):
            if check_first and await target.has(found.key, found.sha256):
                metrics.MIRROR_OBJECTS.labels("already", target.name).inc()
            else:
                await self._copy(video["_id"], found, video["audio"]["stored_at"], target)

    async def _publish(self, video: Video, mirror: MirrorCopy) -> None:
        if self._publisher is not None:
            await self._publisher.publish(mirrored_message(video, mirror))

    async def copy_again(self, video: Video, found: StoredObject, target: MirrorTarget) -> None:
        """Copy one object of a stored video into a target, whatever the catalog says of its copies.

        Raises TryLater if the object store does not hold the object now, and a server's error.
        """
        await self._copy(video["_id"], found, video["audio"]["stored_at"], target)

    async def _remove_leftovers(self, target: MirrorTarget, video: Video) -> None:
        """Delete what an earlier attempt of this video has left in a target.

        Versioning and soft delete, if they are on, keep it for as long as they are set to.
        """
        kept = {found.key for found in stored_objects(video)}
        async for names in target.names(folder_of(video["_id"]), BATCH):
            for name in names:
                if name not in kept and not await target.delete(name):
                    # It harms no copy, and is removed with its video.
                    log.warning("mirror.leftover_kept", video_id=video["_id"], name=name, target=target.name)

    async def _copy(self, video_id: str, found: StoredObject, stored_at: datetime, target: MirrorTarget) -> None:
        wanted = Content(found.size_bytes, found.sha256)
        try:
            if self._server_copies is None or not await self._server_copies.copy(target, found.key, wanted):
                await copy_object(self._store, target, found.key, wanted, self._in_flight[target.name])
        except ObjectMissing as error:
            metrics.MIRROR_OBJECTS.labels("missing", target.name).inc()
            raise TryLater(RETRY_SECONDS, str(error)) from error
        except WrongContent as error:
            metrics.MIRROR_OBJECTS.labels("mismatch", target.name).inc()
            log.error("mirror.mismatch", video_id=video_id, detail=str(error))
            raise TryLater(RETRY_SECONDS, str(error)) from error
        metrics.MIRROR_OBJECTS.labels("mirrored", target.name).inc()
        metrics.MIRRORED_BYTES.inc(found.size_bytes)
        metrics.MIRROR_LAG_SECONDS.observe((datetime.now(UTC) - stored_at).total_seconds())
        log.info("audio.mirrored", video_id=video_id, key=found.key, size_bytes=found.size_bytes, target=target.name)

    def _mirror_of(self, audio: Audio) -> MirrorCopy:
        return {
            "container": self._targets[0].container,
            "blob": audio["key"],
            "sha256": audio["sha256"],
            "size_bytes": audio["size_bytes"],
            "mirrored_at": datetime.now(UTC),
        }


def mirrored_message(video: Video, mirror: MirrorCopy) -> AudioMirrored:
    """Return the event of a mirrored object."""
    return AudioMirrored(
        video_id=video["_id"],
        profile=video["audio"]["profile"],
        container=mirror["container"],
        blob=mirror["blob"],
        sha256=mirror["sha256"],
        size_bytes=mirror["size_bytes"],
        mirrored_at=mirror["mirrored_at"],
    )
