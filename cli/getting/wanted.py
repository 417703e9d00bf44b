"""Selects the stored files of a video that are wanted. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cli.api.answers import Json

#: Kinds of sidecars.
SIDECARS = ("info", "thumbnail", "subtitles", "chapters")


class WantedFile(NamedTuple):
    """One stored file, as the catalog records it."""

    video: Json
    #: The last part of its key.
    name: str
    #: mp3; of a sidecar e.g. thumbnail.jpg.
    ending: str
    profile: str
    sha256: str
    size_bytes: int


class NotFetched(Exception):
    """One file cannot be downloaded; the text says why. The others still can."""


def wanted_files(video: Json, profile: str | None, sidecars: Sequence[str]) -> Iterator[WantedFile]:
    """Yield the audio in a profile (None: the main one), then the sidecars of these kinds that exist.

    Raises NotFetched if the video has no such audio.
    """
    renditions = [video["audio"], *video["further"]] if video["audio"] is not None else []
    audio = next((each for each in renditions if profile in (None, each["profile"])), None)
    if audio is None:
        there = ", ".join(each["profile"] for each in renditions)
        why = f": {video['failure']['reason']}" if video["failure"] is not None else ""
        raise NotFetched(
            f"it is stored as {there}, not as {profile}" if there else f"it is not stored; it is {video['state']}{why}"
        )
    name = _last(audio["key"])
    ending = name.rpartition(".")[2]
    yield WantedFile(video, name, ending, audio["profile"], audio["sha256"], audio["size_bytes"])
    for sidecar in video["beside"]:
        if sidecar["kind"] in sidecars:
            name = _last(sidecar["key"])
            yield WantedFile(video, name, name, audio["profile"], sidecar["sha256"], sidecar["size_bytes"])


def refreshed(wanted: WantedFile, video: Json) -> WantedFile | None:
    """Return the same file as `video` has it now; None if it is no longer stored."""
    stored = [*([video["audio"]] if video["audio"] is not None else []), *video["further"], *video["beside"]]
    for found in stored:
        if _last(found["key"]) == wanted.name:
            return wanted._replace(video=video, sha256=found["sha256"], size_bytes=found["size_bytes"])
    return None


def _last(key: str) -> str:
    return key.rpartition("/")[2]
