"""Which stored files of a video are wanted. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cli.api.client import Json

#: What may lie beside the sound.
SIDECARS = ("info", "thumbnail", "subtitles", "chapters")


class WantedFile(NamedTuple):
    """One stored file, as the catalog knows it."""

    video: Json
    #: Last part of its key.
    name: str
    #: mp3, or for a sidecar thumbnail.jpg.
    ending: str
    profile: str
    sha256: str
    size_bytes: int


class NotFetched(Exception):
    """Why one file is not fetched; the others are."""


def wanted_files(video: Json, profile: str | None, sidecars: Sequence[str]) -> Iterator[WantedFile]:
    """The sound in a profile, or in the main one, then the sidecars of these kinds, as far as there are some.

    Raises NotFetched if the video has no such sound.
    """
    sounds = [video["audio"], *video["further"]] if video["audio"] is not None else []
    audio = next((sound for sound in sounds if profile in (None, sound["profile"])), None)
    if audio is None:
        there = ", ".join(sound["profile"] for sound in sounds)
        why = f": {video['failure']['reason']}" if video["failure"] is not None else ""
        raise NotFetched(
            f"it is stored as {there}, not as {profile}"
            if there
            else f"nothing of it is stored; it is {video['state']}{why}"
        )
    name = _last(audio["key"])
    ending = name.rpartition(".")[2]
    yield WantedFile(video, name, ending, audio["profile"], audio["sha256"], audio["size_bytes"])
    for other in video["beside"]:
        if other["kind"] in sidecars:
            name = _last(other["key"])
            yield WantedFile(video, name, name, audio["profile"], other["sha256"], other["size_bytes"])


def again(wanted: WantedFile, video: Json) -> WantedFile | None:
    """The same file of a video that has changed meanwhile; None if it has none any more."""
    stored = [*([video["audio"]] if video["audio"] is not None else []), *video["further"], *video["beside"]]
    for found in stored:
        if _last(found["key"]) == wanted.name:
            return wanted._replace(video=video, sha256=found["sha256"], size_bytes=found["size_bytes"])
    return None


def _last(key: str) -> str:
    return key.rpartition("/")[2]
