"""What counts as the whole length of a recording."""

from __future__ import annotations

import pytest

from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.length import (
    ContainerLength,
    Heard,
    PromisedLength,
    check_length,
    container_length,
    heard_in,
)

HOURS = (10, 600, 3600, 10_800)


@pytest.mark.parametrize(
    ("heard", "promised"),
    [
        (Heard(5.0), PromisedLength(5)),
        (Heard(4.9), PromisedLength(6)),
        (Heard(61.1), PromisedLength(60)),
        (Heard(12.0), PromisedLength()),
        # The page speaks of the pictures; the track knows better, and so do the fragments.
        (Heard(22.0), PromisedLength(30, track_seconds=22.01)),
        (Heard(22.0), PromisedLength(30, manifest_seconds=22.01)),
        (Heard(9.52, ContainerLength(9.5)), PromisedLength(10)),
    ],
)
def test_lengths_that_agree(heard: Heard, promised: PromisedLength) -> None:
    check_length(heard, promised)


@pytest.mark.parametrize("length", HOURS)
@pytest.mark.parametrize("hole", [0.5, 2, 6])
def test_a_hole_is_found_however_long_the_recording(length: float, hole: float) -> None:
    heard = Heard(length - hole)
    for promised in (PromisedLength(length, track_seconds=length), PromisedLength(length, manifest_seconds=length)):
        check_length(Heard(length + 0.02), promised)
        with pytest.raises(MediaInvalid, match=f"lasts {length - hole:.2f} s"):
            check_length(heard, promised)
    with pytest.raises(MediaInvalid, match="the file itself declares"):
        check_length(Heard(length - hole, ContainerLength(length)), PromisedLength())
    with pytest.raises(MediaInvalid):
        check_length(Heard(length - hole, ContainerLength(length, start=hole)), PromisedLength(length))


@pytest.mark.parametrize(
    ("heard", "promised", "reason"),
    [
        (Heard(0.0), PromisedLength(), "empty-media"),
        (Heard(3.0), PromisedLength(5), "cut-short"),
        (Heard(3598), PromisedLength(3600), "cut-short"),
        (Heard(9.0), PromisedLength(5), "too-long"),
        (Heard(9.0), PromisedLength(9, track_seconds=5), "too-long"),
        (Heard(8.0, ContainerLength(8.5, start=0.5)), PromisedLength(), "cut-short"),
    ],
)
def test_lengths_that_do_not_agree(heard: Heard, promised: PromisedLength, reason: str) -> None:
    with pytest.raises(MediaInvalid) as caught:
        check_length(heard, promised)
    assert caught.value.failure.reason == reason


def test_what_ffmpeg_says_of_its_input() -> None:
    webm = "[info] Input #0, matroska,webm, from 'a':\n[info]   Duration: 01:00:10.01, start: -0.007000, b"
    assert container_length(webm) == ContainerLength(3610.01, -0.007)
    assert container_length(
        "[info] Input #0, ogg, from 'a':\n[info]   Duration: N/A, start: 0.500000, bitrate"
    ) == ContainerLength(None, 0.5)
    # The clock of a broadcast begins anywhere, and tells nothing of what is missing.
    assert (
        container_length("[info] Input #0, mpegts, from 'a':\n[info]   Duration: 00:00:10.00, start: 1.480000")
        == ContainerLength()
    )
    assert container_length("nothing") == ContainerLength()


def test_beside_moving_pictures_the_container_speaks_of_the_longer_of_both() -> None:
    lines = (
        "Input #0, mov,mp4, from 'a':",
        "  Duration: 00:00:10.00, start: 0.000000, b",
        "  Stream #0:0(und): Video: h264",
    )
    told = "\n".join(f"[info] {line}" for line in lines)
    heard = heard_in(9.4, told)
    assert heard.has_pictures
    check_length(heard, PromisedLength(10))
    check_length(heard, PromisedLength(10, manifest_seconds=10))
    with pytest.raises(MediaInvalid):
        check_length(heard_in(7.4, told), PromisedLength(10))
    cover = "[info] Input #0, mp3, from 'a':\n[info]   Stream #0:1: Video: mjpeg (Progressive), 64x36 (attached pic)"
    assert not heard_in(9.4, cover).has_pictures


@pytest.mark.parametrize(
    ("heard", "seconds", "tolerance", "whole"),
    [
        (Heard(3600.0), 3600.0, 0.0003, True),
        (Heard(3594.0), 3600.0, 0.0003, False),
        # Tenths of a second, 600 times: the sum says nothing to a quarter of a second, so only the page is left.
        (Heard(5964.0), 5940.0, 30, True),
        (Heard(59.4), 60.0, 0.5, True),
    ],
)
def test_fragments_are_believed_as_far_as_they_are_told(
    heard: Heard, seconds: float, tolerance: float, *, whole: bool
) -> None:
    promised = PromisedLength(manifest_seconds=seconds, manifest_tolerance=tolerance, in_fragments=True)
    if whole:
        check_length(heard, promised)
    else:
        with pytest.raises(MediaInvalid):
            check_length(heard, promised)


def test_the_clock_of_fragments_may_begin_anywhere() -> None:
    check_length(Heard(20.0, ContainerLength(30.0, start=10)), PromisedLength(20, in_fragments=True))
