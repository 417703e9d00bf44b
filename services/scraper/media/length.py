"""Compares the decoded length of a recording with what its source and its container declare. Pure functions.

Several declarations exist, and not all are exact. The track and the manifest of a stream count milliseconds; a page
rounds to whole seconds and may mean the video track. So the page counts only where no exact declaration exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.scraper.media import ffmpeg_report
from services.scraper.media.integrity import MediaInvalid
from shared.contracts.reasons import Reason

#: Seconds by which the decoded length may differ from an exact declaration. Encoders add a few frames of up to 64 ms at
#: both ends, and containers round; any audible hole is longer. The tolerance is absolute: a share of the recording
#: would hide seconds in an hour.
EXACT_SECONDS = 0.25
#: The same for a page, which rounds to whole seconds in either direction.
PAGE_SECONDS = 1 + EXACT_SECONDS
#: Containers whose clock starts at zero. The clock of a broadcast starts anywhere.
_STARTS_AT_ZERO = ("matroska", "webm", "mov", "mp4", "ogg")


@dataclass(frozen=True)
class PromisedLength:
    """The lengths that a source declares, in seconds; None where it declares none."""

    #: On the page of the video.
    page_seconds: float | None = None
    #: In the audio track.
    track_seconds: float | None = None
    #: The sum over all fragments of a stream, and by how much rounding may have moved it.
    manifest_seconds: float | None = None
    manifest_tolerance: float = 0
    #: Whether the media came in fragments, whose clock may start anywhere.
    in_fragments: bool = False

    def exact(self) -> Iterator[tuple[str, float, float]]:
        """Yield the exact declarations: a sentence beginning, the seconds, and the allowed difference in seconds."""
        if self.track_seconds:
            yield "the track's own length is", self.track_seconds, EXACT_SECONDS
        if self.manifest_seconds and self.manifest_tolerance <= PAGE_SECONDS:
            yield "the fragments add up to", self.manifest_seconds, EXACT_SECONDS + self.manifest_tolerance


@dataclass(frozen=True)
class ContainerLength:
    """What a media file declares about itself, in seconds; None where it declares nothing."""

    duration: float | None = None
    #: The start time of its first stream.
    start: float = 0


@dataclass(frozen=True)
class Heard:
    """What was decoded from a source, from beginning to end."""

    #: By the media's clock, so holes in the middle are included.
    seconds: float
    container: ContainerLength = ContainerLength()
    #: Whether the file has a video track: container and fragments then declare the longer of both tracks.
    has_pictures: bool = False


def heard_in(seconds: float, log: str) -> Heard:
    """Return what an FFmpeg run decoded, from its clock and from its log."""
    return Heard(seconds, container_length(log), ffmpeg_report.has_pictures(log))


def container_length(log: str) -> ContainerLength:
    """Return what FFmpeg logged about its first input; empty if its clock may start anywhere."""
    form = ffmpeg_report.input_format(log)
    if form is None or not form.startswith(_STARTS_AT_ZERO):
        return ContainerLength()
    return ContainerLength(*ffmpeg_report.input_duration(log))


def check_length(decoded: Heard, promised: PromisedLength) -> None:
    """Raise MediaInvalid unless the decoded length is the complete recording."""
    heard, container = decoded.seconds, decoded.container
    if heard <= 0:
        raise MediaInvalid(Reason.EMPTY_MEDIA, "the media has no audio")
    exact = list(promised.exact())
    for who, seconds, tolerance in exact:
        _compare(heard, seconds, max(tolerance, PAGE_SECONDS) if decoded.has_pictures else tolerance, who)
    if decoded.has_pictures or promised.in_fragments:
        container = ContainerLength()
    if container.start > EXACT_SECONDS and container.duration is not None:
        # Files that start late by their own clock count their duration from zero.
        _compare(heard + container.start, container.duration, EXACT_SECONDS, "the file itself declares")
        if not exact:
            detail = f"the first {container.start:.2f} s of the media are missing: its clock starts there"
            raise MediaInvalid(Reason.CUT_SHORT, detail)
    elif container.duration is not None and heard < container.duration - EXACT_SECONDS:
        _compare(heard, container.duration, EXACT_SECONDS, "the file itself declares")
    if not exact and promised.page_seconds is not None:
        _compare(heard, promised.page_seconds, PAGE_SECONDS, "the source declares")


def _compare(heard: float, wanted: float, tolerance: float, who: str) -> None:
    if abs(heard - wanted) > tolerance:
        reason = Reason.CUT_SHORT if heard < wanted else Reason.TOO_LONG
        raise MediaInvalid(reason, f"the media lasts {heard:.2f} s, but {who} {wanted:.2f} s")
