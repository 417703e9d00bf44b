"""How long a recording is: what its source promises, what its container says, what was heard. Pure functions.

Several witnesses speak of one length, and not all of them are exact. The track itself and the manifest of a stream
count milliseconds; a page rounds to whole seconds, and may speak of the pictures. So the page is believed only where
nobody more exact has spoken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.scraper.media import ffmpeg_report
from services.scraper.media.integrity import MediaInvalid
from shared.contracts.reasons import Reason

#: Seconds by which what was heard may differ from an exact promise. Encoders add a few frames of up to 64 ms at the
#: beginning and the end, and containers round; a hole that anybody would hear is longer. It does not grow with the
#: length of the recording: a share of it would hide seconds in an hour.
EXACT_SECONDS = 0.25
#: The same for a page, which counts whole seconds and may round either way.
PAGE_SECONDS = 1 + EXACT_SECONDS
#: Containers whose clock begins with the recording. The clock of a broadcast begins anywhere.
_FROM_NOUGHT = ("matroska", "webm", "mov", "mp4", "ogg")


@dataclass(frozen=True)
class PromisedLength:
    """What a source says of a sound's length, in seconds; None where it says nothing."""

    #: The page of the video.
    page_seconds: float | None = None
    #: The sound's own track.
    track_seconds: float | None = None
    #: All fragments of a stream, and by how much the roundings of their lengths may have moved the sum.
    manifest_seconds: float | None = None
    manifest_tolerance: float = 0
    #: Whether it came in fragments, whose clock may begin anywhere.
    in_fragments: bool = False

    def exact(self) -> Iterator[tuple[str, float, float]]:
        """The exact promises: who made them, the seconds, and by how much what was heard may differ."""
        if self.track_seconds:
            yield "the track's own length is", self.track_seconds, EXACT_SECONDS
        if self.manifest_seconds and self.manifest_tolerance <= PAGE_SECONDS:
            yield "the fragments add up to", self.manifest_seconds, EXACT_SECONDS + self.manifest_tolerance


@dataclass(frozen=True)
class ContainerLength:
    """What a media file says of itself, in seconds; None where it says nothing."""

    duration: float | None = None
    #: When its first sound begins.
    start: float = 0


@dataclass(frozen=True)
class Heard:
    """What was decoded of a source, from its beginning to its end."""

    #: By the clock of the media: holes in the middle are counted.
    seconds: float
    container: ContainerLength = ContainerLength()
    #: Whether there are moving pictures beside it. What container and fragments say of a length is of the longer one.
    has_pictures: bool = False


def heard_of(seconds: float, told: str) -> Heard:
    """What was decoded in a run of FFmpeg, by its clock and by what it told of its first input."""
    return Heard(seconds, container_length(told), ffmpeg_report.has_pictures(told))


def container_length(told: str) -> ContainerLength:
    """What FFmpeg told of its first input. A clock that may begin anywhere tells no duration either."""
    form = ffmpeg_report.input_format(told)
    if form is None or not form.startswith(_FROM_NOUGHT):
        return ContainerLength()
    return ContainerLength(*ffmpeg_report.input_duration(told))


def check_length(decoded: Heard, promised: PromisedLength) -> None:
    """Raise MediaInvalid unless what was decoded is all of the recording."""
    heard, container = decoded.seconds, decoded.container
    if heard <= 0:
        raise MediaInvalid(Reason.EMPTY_MEDIA, "the media holds no sound")
    exact = list(promised.exact())
    for who, seconds, tolerance in exact:
        _compare(heard, seconds, max(tolerance, PAGE_SECONDS) if decoded.has_pictures else tolerance, who)
    if decoded.has_pictures or promised.in_fragments:
        container = ContainerLength()
    if container.start > EXACT_SECONDS and container.duration is not None:
        # Files that begin late by their own clock count their duration from nought.
        _compare(heard + container.start, container.duration, EXACT_SECONDS, "the file itself says")
        if not exact:
            detail = f"the first {container.start:.2f} s of the media are missing: its clock begins there"
            raise MediaInvalid(Reason.CUT_SHORT, detail)
    elif container.duration is not None and heard < container.duration - EXACT_SECONDS:
        _compare(heard, container.duration, EXACT_SECONDS, "the file itself says")
    if not exact and promised.page_seconds is not None:
        _compare(heard, promised.page_seconds, PAGE_SECONDS, "the source says")


def _compare(heard: float, wanted: float, tolerance: float, who: str) -> None:
    if abs(heard - wanted) > tolerance:
        reason = Reason.CUT_SHORT if heard < wanted else Reason.TOO_LONG
        raise MediaInvalid(reason, f"the media lasts {heard:.2f} s, but {who} {wanted:.2f} s")
