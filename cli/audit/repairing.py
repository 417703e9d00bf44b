"""Repairs violations safely: every repair ends in a message or a verified copy, never in a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cli.audit.copies import copy_to_mirror, hash_of_object, restore_from_mirror
from cli.audit.rules import Repair, Violation
from shared.addresses.video_addresses import OtherVideo, asked_address, check_address
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import pending_events, requested_message
from shared.catalog.documents import Video, VideoState
from shared.catalog.videos.acceptance import mark_requested
from shared.catalog.videos.addresses import correct_address
from shared.catalog.videos.deletions import purge_again
from shared.catalog.videos.lookup import get_video
from shared.catalog.videos.requeue import RequeueReason, requeue_video
from shared.catalog.videos.stored_objects import StoredObject, stored_objects
from shared.messaging.publisher import Publisher
from shared.storage.content import Content
from shared.storage.copying import WrongContent
from shared.storage.s3.objects import ObjectMissing, ObjectStore
from shared.storage.target import MirrorTarget


@dataclass(frozen=True)
class Repairer:
    """Repairs violations."""

    catalog: Catalog
    store: ObjectStore
    targets: Sequence[MirrorTarget]
    publisher: Publisher

    async def repair(self, violation: Violation) -> bool:
        """Repair one violation. False: no safe repair is possible."""
        if violation.repair is Repair.PURGE:
            await purge_again(self.catalog, violation.subject)
            return True
        try:
            return await self._repair(violation)
        except (WrongContent, ObjectMissing):
            # The copy to repair from is damaged too, which only --scrub finds.
            return False

    async def _repair(self, violation: Violation) -> bool:
        video = await get_video(self.catalog, violation.subject)
        if video is None:
            return False
        match violation.repair:
            case Repair.REQUEST:
                await self._request(video)
                return True
            case Repair.ANNOUNCE:
                for event in pending_events(video):
                    await self.publisher.publish(event)
                return True
            case Repair.COPY:
                return await self._copy(video, violation.target)
            case Repair.RESTORE:
                return await self._restore(video)
            case Repair.FETCH:
                return await self._fetch(video)
            case _:
                return False

    async def _fetch(self, video: Video) -> bool:
        await self._correct_address(video)
        if video["state"] != VideoState.STORED:
            return True
        queued = await requeue_video(self.catalog, video, RequeueReason.CONTENT_LOST)
        if queued is not None:
            await self._request(queued)
        return queued is not None

    async def _copy(self, video: Video, name: str) -> bool:
        for target in self.targets:
            if target.name == name:
                for found in stored_objects(video):
                    await copy_to_mirror(self.store, target, found)
                return True
        return False

    async def _restore(self, video: Video) -> bool:
        return all([await self._restored(found) for found in stored_objects(video)])

    async def _restored(self, found: StoredObject) -> bool:
        """Make an object good, from the first target whose copy is. Returns whether it is."""
        wanted = Content(found.size_bytes, found.sha256)
        if await hash_of_object(self.store, found.key) == wanted:
            return True
        for target in self.targets:
            if await target.has(found.key, found.sha256) and await restore_from_mirror(self.store, target, found):
                return True
        return False

    async def _correct_address(self, video: Video) -> None:
        """Give a video its own address if it has that of another video."""
        try:
            check_address(video["_id"], video["url"])
        except OtherVideo:
            right = asked_address(video["_id"], video["url"])
            await correct_address(self.catalog, video["_id"], video["url"], right)
            video["url"] = right

    async def _request(self, video: Video) -> None:
        await self.publisher.publish(requested_message(video))
        await mark_requested(self.catalog, [video["_id"]], await self.catalog.now())
