"""The stored objects of a video, the metadata from its source, and its copies in the mirror."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.catalog.documents.field_types.typed import NotRequired, TypedDict

#: What a sidecar file holds.
SidecarKind = Literal["info", "thumbnail", "subtitles", "chapters"]


class Metadata(TypedDict, total=False):
    """A video's metadata from its source; None: the source gives none. The licence is stored as read, never guessed."""

    title: str | None
    channel: str | None
    channel_id: str | None
    duration_seconds: float | None
    #: YYYYMMDD.
    upload_date: str | None
    licence: str | None
    language: str | None
    description: str | None
    webpage_url: str | None


class Audio(TypedDict):
    """A stored audio object: the video's audio in one profile."""

    profile: str
    bucket: str
    key: str
    sha256: str
    size_bytes: int
    duration_seconds: float
    bitrate_kbps: int
    codec: str
    #: Codec and bitrate of the source, so that nobody takes 320 kbit/s encoded from 128 for higher quality.
    source_codec: str | None
    source_bitrate_kbps: float | None
    source_format: str | None
    #: The engine that fetched it: yt-dlp, you-get or converter.
    engine: str
    stored_at: datetime


class StoredSidecar(TypedDict):
    """A stored object that is not audio."""

    kind: SidecarKind
    key: str
    sha256: str
    size_bytes: int
    #: Of subtitles: their language, and whether a machine made them.
    language: NotRequired[str]
    automatic: NotRequired[bool]


class MirrorCopy(TypedDict):
    """The verified copies of the audio object; written when all objects of the video are in all targets of the mirror.

    Container and name are those in the first target; see `Video.copies` for the others.
    """

    container: str
    blob: str
    sha256: str
    size_bytes: int
    mirrored_at: datetime


class Copied(TypedDict):
    """Verified copies of all objects of a video in one container, when its audio object had this SHA-256."""

    target: str
    container: str
    sha256: str
