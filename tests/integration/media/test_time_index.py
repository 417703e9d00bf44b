"""The index of files that a real muxer writes for streaming."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from services.scraper.measuring.time_index import HEAD_BYTES, time_index
from services.scraper.media.ffmpeg import find_ffmpeg

SECONDS = 65


def made(path: Path, *options: str) -> bytes:
    """A recording with loud and quiet parts, of which a quiet one has few bytes."""
    sound = "sine=frequency=440:sample_rate=48000,volume='if(lt(t,30),1,0)':eval=frame"
    source = ["-f", "lavfi", "-t", str(SECONDS), "-i", sound]
    subprocess.run([find_ffmpeg(), "-loglevel", "error", *source, *options, str(path)], check=True)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.webm", ["-c:a", "libopus", "-b:a", "64k", "-cues_to_front", "1", "-cluster_time_limit", "5000"]),
        ("a.m4a", ["-c:a", "aac", "-f", "mp4", "-frag_duration", "5000000", "-movflags", "+global_sidx+empty_moov"]),
    ],
)
def test_a_file_for_streaming_says_which_bytes_are_which_seconds(tmp_path: Path, name: str, options: list[str]) -> None:
    data = made(tmp_path / name, *options)
    index = time_index(data[:HEAD_BYTES], len(data), SECONDS)
    assert index is not None
    assert index.seconds[-1] == pytest.approx(SECONDS, abs=0.2)
    assert index.offsets[-1] == pytest.approx(len(data), rel=0.02)
    assert len(index.offsets) > 8
    # The quiet part comes with far fewer bytes than the loud one.
    half = index.media_at(len(data) // 2)
    assert half < SECONDS / 2 - 5


def test_a_file_that_is_not_made_for_streaming_has_no_index_at_its_beginning(tmp_path: Path) -> None:
    data = made(tmp_path / "a.webm", "-c:a", "libopus", "-b:a", "64k")
    assert time_index(data[:HEAD_BYTES], len(data), SECONDS) is None
