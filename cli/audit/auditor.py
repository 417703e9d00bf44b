"""Reads the catalog, all stores and the broker in batches, and reports everything that breaks the promise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from cli.audit.copies import hash_of_copy, hash_of_object
from cli.audit.deletions import Deletions
from cli.audit.report import AuditReport
from cli.audit.rules import Limits, Repair, Violation, violations_of
from cli.display.times import clock
from shared.catalog.connection import Catalog
from shared.catalog.delivery.overdue import overdue_playlists, unheard_videos
from shared.catalog.documents import Video, VideoState
from shared.catalog.operations.parked import count_parked
from shared.catalog.playlists.lookup import playlists_without_videos
from shared.catalog.reading.batches import BATCH, video_batches
from shared.catalog.reports.shapes import misshapen, problem_of
from shared.catalog.schema import CURRENT, version_of
from shared.catalog.videos.attempt_log import logged_tokens
from shared.catalog.videos.lookup import get_object_fields, get_video
from shared.catalog.videos.mirroring import has_copies, present_copies
from shared.catalog.videos.stored_objects import StoredObject, in_work, stored_objects
from shared.storage.content import Content
from shared.storage.keys import video_of
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget
from shared.storage.targets import KINDS
from shared.topology import PARKING_QUEUES, PLAYLISTS_QUEUE, URGENT_QUEUE, VIDEOS_QUEUE, WORK_QUEUES

#: Requests to a store at a time.
AT_ONCE = 16

Depth = Callable[[str], Awaitable[int]]
Stat = Callable[[str], Awaitable[Content | None]]
Progress = Callable[[str, int], None]


class _Finding(NamedTuple):
    """What was found about one video."""

    violations: list[Violation]
    #: Whether it is stored, but not mirrored yet.
    mirror_pending: bool = False


def _wrong_shape(subject: str, problem: str) -> Violation:
    detail = f"it does not have the shape of version {CURRENT}: {problem}. "
    return Violation("wrong-shape", subject, detail + "`fonoteca migrate` corrects documents of other versions")


@dataclass
class Auditor:
    """One audit. `targets`: of the mirror.

    `scrub`: read every byte in all stores, instead of comparing sizes and recorded hashes.
    """

    catalog: Catalog
    store: ObjectStore
    targets: Sequence[MirrorTarget]
    depth: Depth
    limits: Limits
    scrub: bool = False
    progress: Progress = lambda _what, _number: None

    def __post_init__(self) -> None:
        """Prepare what all videos share."""
        self._deletions = Deletions(self.store, self.targets)

    async def run(self) -> AuditReport:
        """Audit everything. Returns the report."""
        report = AuditReport(await self.catalog.now(), await version_of(self.catalog))
        report.mirror_pending = 0 if self.targets else None
        await self._shapes(report)
        async for batch in video_batches(self.catalog, {}):
            await self._examine_batch(batch, report)
            self.progress("videos", report.accepted)
        report.violations += self._deletions.unseen()
        await self._orphans(report)
        await self._broker(report)
        await self._playlists(report)
        return report

    async def _shapes(self, report: AuditReport) -> None:
        """Whether each document has the shape that the catalog's version demands."""
        async for found in misshapen(self.catalog):
            subject = found.id if found.collection == "videos" else f"{found.collection} {found.id}"
            report.violations.append(_wrong_shape(subject, found.detail))
            self.progress("wrong shapes", len(report.violations))

    async def _examine_batch(self, batch: list[Video], report: AuditReport) -> None:
        for video in batch:
            state = str(video.get("state"))
            report.states[state] = report.states.get(state, 0) + 1
        # Documents of another shape cannot be checked further; `_shapes` has reported them.
        batch = [video for video in batch if problem_of("videos", video) is None]
        tokens = await self._tokens(batch)
        for video in batch:
            report.attempts += len(tokens[video["_id"]])
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(video: Video) -> _Finding:
            async with limit:
                found = await self._examine(video, tokens[video["_id"]], report.at)
                return await self._examine_again(video) if found.violations else found

        for video, finding in zip(batch, await asyncio.gather(*(one(video) for video in batch)), strict=True):
            report.violations += [violation for violation in finding.violations if not violation.excused]
            report.exceptions += [violation for violation in finding.violations if violation.excused]
            if report.mirror_pending is not None:
                report.mirror_pending += finding.mirror_pending
            report.scrubbed += self.scrub and _has_object(video)

    async def _tokens(self, batch: list[Video]) -> dict[str, list[int]]:
        """The tokens that the log has of each video."""
        return await logged_tokens(self.catalog, [video["_id"] for video in batch])

    async def _examine(self, video: Video, tokens: list[int], now: datetime) -> _Finding:
        found = violations_of(video, tokens, now, self.limits)
        if "tombstone" in video and video["tombstone"]["purged_at"] is not None:
            return _Finding(found + await self._deletions.left_of(video))
        if not _has_object(video):
            return _Finding(found)
        copies = await self._copies(video)
        return _Finding(found + copies.violations, copies.mirror_pending)

    async def _examine_again(self, seen: Video) -> _Finding:
        """What is wrong may be a change under way, since document, log and stores are read one after another."""
        video = await get_video(self.catalog, seen["_id"])
        if video is None:
            return _Finding([Violation("vanished", seen["_id"], "its document has disappeared")])
        if (problem := problem_of("videos", video)) is not None:
            return _Finding([_wrong_shape(seen["_id"], problem)])
        return await self._examine(video, (await self._tokens([video]))[video["_id"]], await self.catalog.now())

    async def _copies(self, video: Video) -> _Finding:
        """Check that the objects of a video and all their copies are what the catalog records."""
        copied = {t.name for t in self.targets if has_copies(video, t.name, t.container)}
        pending = bool(self.targets) and (video.get("mirror") is None or len(copied) < len(self.targets))
        off = sorted(present_copies(video).keys() - {target.name for target in self.targets})
        found = []
        for wanted in stored_objects(video):
            found += await self._copies_of(video["_id"], wanted, copied)
        if any(violation.repair is Repair.FETCH for violation in found):
            # If one object is lost for good, the video is fetched again with all its objects.
            found = [replace(violation, repair=Repair.FETCH) for violation in found]
        if off:
            found = [_if_not_there(violation, off) for violation in found]
        return _Finding(found, pending)

    async def _copies_of(self, video_id: str, wanted: StoredObject, copied: Collection[str]) -> list[Violation]:
        """Compare an object and its copies. `copied`: names of the targets that should have one."""
        content = Content(wanted.size_bytes, wanted.sha256)
        in_store = await self._in_store(wanted.key)
        in_mirror = {target.name: await self._in_target(target, wanted.key) for target in self.targets}
        found: list[Violation] = []
        # Restored from one target, the object is there for the other ones.
        good = in_store == content or content in in_mirror.values()
        if in_store != content:
            repair = Repair.RESTORE if good else Repair.FETCH
            found.append(Violation("object-differs", video_id, _differs("object", in_store, wanted), repair))
        for name, there in in_mirror.items():
            if name in copied and there != content:
                repair = Repair.COPY if good else Repair.FETCH
                detail = _differs(f"copy in {name}", there, wanted)
                found.append(Violation("mirror-differs", video_id, detail, repair, target=name))
        return found

    async def _in_store(self, key: str) -> Content | None:
        return await hash_of_object(self.store, key) if self.scrub else await self.store.stat(key)

    async def _in_target(self, target: MirrorTarget, key: str) -> Content | None:
        return await hash_of_copy(target, key) if self.scrub else await target.stat(key)

    async def _orphans(self, report: AuditReport) -> None:
        """Report objects and blobs that no stored video names."""
        async for keys in self.store.keys("audio/", BATCH):
            report.objects += len(keys)
            report.violations += await self._unknown("orphan-object", keys, self.store.stat)
            self.progress("objects", report.objects)
        for target in self.targets:
            async for keys in target.names("audio/", BATCH):
                report.blobs += len(keys)
                report.violations += await self._unknown("orphan-blob", keys, target.stat)
                self.progress("blobs", report.blobs)

    async def _unknown(self, rule: str, keys: list[str], stat: Stat) -> list[Violation]:
        """Keys that belong to no video: neither stored under it, nor perhaps about to be, nor to be removed from it."""
        ids = {key: video_of(key) for key in keys}
        videos = await get_object_fields(self.catalog, ids.values())
        return [
            Violation(rule, key, "no video is stored under it, nor will be")
            for key, id_ in ids.items()
            # An object of a deleted video may have been removed since the store listed it.
            if (id_ not in videos or not _may_have(videos[id_], key)) and await stat(key) is not None
        ]

    async def _playlists(self, report: AuditReport) -> None:
        """A playlist that was listed to its end has videos in the catalog; any other one is in good hands."""
        async for playlist in playlists_without_videos(self.catalog):
            detail = f"{playlist.get('found')} entries were seen, but none was accepted"
            report.violations.append(Violation("playlist-lost", playlist["_id"], detail))
        late = report.at - timedelta(seconds=self.limits.grace_seconds)
        nothing_queued = report.queues[PLAYLISTS_QUEUE] == 0
        for playlist in await overdue_playlists(self.catalog, late, queue_is_empty=nothing_queued):
            since: object = playlist.get("state_since")
            when = f" since {clock(since)}" if isinstance(since, datetime) else ""
            detail = f"it is {playlist['state']}{when}, and no scraper lists it"
            report.violations.append(Violation("playlist-overdue", playlist["_id"], detail))

    async def _broker(self, report: AuditReport) -> None:
        for queue in (*WORK_QUEUES, *PARKING_QUEUES):
            report.queues[queue.name] = await self.depth(queue.name)
        report.parked = await count_parked(self.catalog)
        if report.queues[VIDEOS_QUEUE] + report.queues[URGENT_QUEUE] > 0:
            return
        late = report.at - timedelta(seconds=self.limits.grace_seconds)
        detail = "it is queued, but the queue is empty: its message is lost"
        async for batch in unheard_videos(self.catalog, late):
            report.violations += [Violation("message-lost", v["_id"], detail, Repair.REQUEST) for v in batch]


def _has_object(video: Video) -> bool:
    return video["state"] == VideoState.STORED and "audio" in video


def _may_have(video: Video, key: str) -> bool:
    # The objects of a deleted video are checked by its tombstone, with all versions.
    return "tombstone" in video or in_work(video) or any(found.key == key for found in stored_objects(video))


def _differs(what: str, found: Content | None, wanted: StoredObject) -> str:
    name = f"{what} {wanted.key.rpartition('/')[2]}"
    if found is None:
        return f"the {name} is missing"
    return (
        f"the {name} has {found.size_bytes} bytes and SHA-256 {found.sha256[:12]}…, "
        f"not {wanted.size_bytes} and {wanted.sha256[:12]}…"
    )


def _if_not_there(violation: Violation, off: Sequence[str]) -> Violation:
    """Fetch nothing again while a target that is not asked may have a good copy: that would forget the copy."""
    if violation.repair is not Repair.FETCH:
        return violation
    settings = "; ".join(KINDS[name].settings for name in off if name in KINDS)
    detail = f"{violation.detail}; {', '.join(off)} may have a good copy, but is off here: set {settings}"
    return replace(violation, detail=detail, repair=Repair.NONE)
