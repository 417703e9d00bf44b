"""Decides what the reconciliation does about one name. Pure: both listings and the catalog's documents go in."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from shared.catalog.documents import Video
from shared.catalog.videos.stored_objects import StoredObject, in_work
from shared.storage.content import Content
from shared.storage.s3.etags import is_hash


class Pair(NamedTuple):
    """One name, and what the two stores have under it."""

    name: str
    in_bucket: bool
    #: What the container has; None: nothing. Its SHA-256 is "" if the listing shows none.
    blob: Content | None
    #: The ETags of the object and of its copy, if the listings show such that can be compared.
    etag: str = ""
    blob_etag: str = ""


class Finding(Enum):
    """What is wrong with a name."""

    #: Both stores are as they should be, or will be without help.
    NOTHING = "nothing"
    #: The container lacks it: copy it.
    MISSING = "missing"
    #: The container has something else: copy it again.
    STALE = "stale"
    #: The listing does not show what the container has: ask for it.
    UNSEEN = "unseen"
    #: The bucket lacks it. `fonoteca audit --repair` restores it from the container.
    LOST = "lost"
    #: A person deleted its video: purge it again, with all versions.
    DELETED = "deleted"
    #: The container has it, and neither the bucket nor the catalog does: delete it.
    ORPHANED = "orphaned"


def compare(pair: Pair, wanted: StoredObject | None, video: Video | None, settled_before: datetime) -> Finding:
    """Return what is wrong with a name.

    `wanted`: the object that the catalog has under this name; None: it has none. `video`: the video whose folder it is
    in; None: the catalog does not know it. `settled_before`: a video stored later may still be copied by its event.
    """
    if wanted is None:
        return _unnamed(pair, video)
    if not pair.in_bucket:
        return Finding.LOST
    if pair.blob is None:
        return Finding.NOTHING if _is_young(video, settled_before) else Finding.MISSING
    if pair.blob == Content(wanted.size_bytes, wanted.sha256):
        return Finding.NOTHING
    if pair.blob.size_bytes != wanted.size_bytes or not pair.blob_etag:
        return Finding.STALE
    # The same MD5: the same bytes as the object. Another ETag may come from a server that encrypts, or be none at all.
    return Finding.NOTHING if pair.blob_etag == pair.etag and is_hash(pair.etag) else Finding.UNSEEN


def _unnamed(pair: Pair, video: Video | None) -> Finding:
    if video is not None and in_work(video):
        return Finding.NOTHING
    if video is not None and "tombstone" in video:
        return Finding.DELETED
    # An object without a name may belong to an attempt that is about to store it; the audit reports the others.
    return Finding.NOTHING if pair.in_bucket else Finding.ORPHANED


def _is_young(video: Video | None, settled_before: datetime) -> bool:
    stored_at: object = video["audio"].get("stored_at") if video is not None else None
    return isinstance(stored_at, datetime) and stored_at > settled_before
