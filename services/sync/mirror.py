"""Copies the objects of a video from the object store into the mirror, and notes it in the catalog."""

from __future__ import annotations

from datetime import UTC, datetime

from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.documents import Audio, MirrorCopy, Video, VideoState
from shared.catalog.reading.batches import BATCH
from shared.catalog.videos.deletions import purge_again
from shared.catalog.videos.lookup import get_video
from shared.catalog.videos.mirroring import mark_mirrored
from shared.catalog.videos.stored_objects import StoredObject, stored_objects
from shared.contracts import AudioMirrored
from shared.errors import TryLater
from shared.logs import logger
from shared.messaging.publisher import Publisher
from shared.storage.azure.blobs import BlobMirror
from shared.storage.content import Content
from shared.storage.copying import IN_FLIGHT_BYTES, WrongContent, copy_object
from shared.storage.in_flight import BytesInFlight
from shared.storage.keys import folder_of
from shared.storage.objects import ObjectMissing, ObjectStore

log = logger(__name__)

#: Seconds until an object that is missing or changing in the object store is tried again.
RETRY_SECONDS = 60


class Mirror:
    """Copies objects from the object store into the mirror. Copying what is there already does nothing."""

    def __init__(
        self,
        catalog: Catalog,
        store: ObjectStore,
        blobs: BlobMirror,
        publisher: Publisher | None,
        in_flight: BytesInFlight | None = None,
    ) -> None:
        """`publisher`: None publishes no events, for commands that repair copies. `in_flight`: bounds the memory."""
        self._catalog = catalog
        self._store = store
        self._blobs = blobs
        self._publisher = publisher
        self._in_flight = in_flight or BytesInFlight(IN_FLIGHT_BYTES)

    async def mirror(self, video_id: str, *, check_first: bool = False) -> None:
        """Copy the stored objects of a video into the mirror, note it in the catalog, and publish the event.

        `check_first`: ask the mirror whether it already has an object; worth the request where many are likely there.
        Raises TryLater if the object store does not hold the objects now, and a server's error.
        """
        video = await get_video(self._catalog, video_id)
        if video is None or video["state"] != VideoState.STORED:
            # An earlier attempt may have written a copy of what a person deleted meanwhile.
            await purge_again(self._catalog, video_id)
            metrics.MIRROR_OBJECTS.labels("superseded").inc()
            return
        audio = video["audio"]
        if (known := video.get("mirror")) is not None and known["sha256"] == audio["sha256"]:
            metrics.MIRROR_OBJECTS.labels("already").inc()
            await self._publish(video, known)
            return
        # Of several objects, some may have been copied before the next one failed.
        await self._copy_objects(video, check_first=check_first or len(stored_objects(video)) > 1)
        if video["token"] > 1:
            await self._remove_leftovers(video)
        mirror = self._mirror_of(audio)
        if not await mark_mirrored(self._catalog, video, mirror):
            # Other objects replaced these, or a person deleted the video.
            await purge_again(self._catalog, video_id)
            metrics.MIRROR_OBJECTS.labels("superseded").inc()
            now = await get_video(self._catalog, video_id)
            if now is not None and now["state"] == VideoState.STORED:
                # This copy may have come after that of the objects that replaced these.
                await self._copy_objects(now, check_first=True)
            return
        await self._publish(video, mirror)

    async def _copy_objects(self, video: Video, *, check_first: bool) -> None:
        """Copy all objects of a stored video. `check_first`: but for those that the mirror already has."""
        for found in stored_objects(video):
            if check_first and await self._blobs.has(found.key, found.sha256):
                metrics.MIRROR_OBJECTS.labels("already").inc()
            else:
                await self._copy(video["_id"], found, video["audio"]["stored_at"])

    async def _publish(self, video: Video, mirror: MirrorCopy) -> None:
        if self._publisher is not None:
            await self._publisher.publish(mirrored_message(video, mirror))

    async def copy_again(self, video: Video, found: StoredObject) -> None:
        """Copy one object of a stored video, whatever the catalog says of its copy.

        Raises TryLater if the object store does not hold the object now, and a server's error.
        """
        await self._copy(video["_id"], found, video["audio"]["stored_at"])

    async def _remove_leftovers(self, video: Video) -> None:
        """Delete what an earlier attempt of this video has left in the mirror.

        Versioning and soft delete, if they are on, keep it for as long as they are set to.
        """
        kept = {found.key for found in stored_objects(video)}
        async for names in self._blobs.names(folder_of(video["_id"]), BATCH):
            for name in names:
                if name not in kept and not await self._blobs.delete(name):
                    # It harms no copy, and is removed with its video.
                    log.warning("mirror.leftover_kept", video_id=video["_id"], name=name)

    async def _copy(self, video_id: str, found: StoredObject, stored_at: datetime) -> None:
        wanted = Content(found.size_bytes, found.sha256)
        try:
            await copy_object(self._store, self._blobs, found.key, wanted, self._in_flight)
        except ObjectMissing as error:
            metrics.MIRROR_OBJECTS.labels("missing").inc()
            raise TryLater(RETRY_SECONDS, str(error)) from error
        except WrongContent as error:
            metrics.MIRROR_OBJECTS.labels("mismatch").inc()
            log.error("mirror.mismatch", video_id=video_id, detail=str(error))
            raise TryLater(RETRY_SECONDS, str(error)) from error
        metrics.MIRROR_OBJECTS.labels("mirrored").inc()
        metrics.MIRRORED_BYTES.inc(found.size_bytes)
        metrics.MIRROR_LAG_SECONDS.observe((datetime.now(UTC) - stored_at).total_seconds())
        log.info("audio.mirrored", video_id=video_id, key=found.key, size_bytes=found.size_bytes)

    def _mirror_of(self, audio: Audio) -> MirrorCopy:
        return {
            "container": self._blobs.container,
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
