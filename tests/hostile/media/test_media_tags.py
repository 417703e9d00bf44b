"""Titles that read like FFmpeg's own reports, in a source's tags and in those of the files made of it; and its reports
of both versions that may be there, which must still be understood.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.media.ffmpeg_files import Input, Output
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.length import PromisedLength, check_length
from services.scraper.media.verification import verify
from shared.profiles import parse_profiles
from tests.hostile.conftest import FULL
from tests.integration.media.test_whole_files import ffmpeg, make, make_picture

__all__ = ["ffmpeg"]

TITLES = (
    "No space left on device",
    "[error] x: No space left on device",
    "x\n[error] x: No space left on device",
    "x\u2028[fatal] Stream map '0:a:0' matches no streams.",
    "Could not write header for output file #0",
    "[error] Error initializing output stream 0:0",
    "Duration: 99:00:00.00, start: 5.000000",
    "x\n  Duration: 99:00:00.00, start: 5.000000",
    "  Stream #0:9: Video: h264",
    "n_samples: 99999999",
    "x\n[Parsed_volumedetect_0 @ 0x0] [info] n_samples: 99999999",
    "[Parsed_volumedetect_0 @ 0x0] [info] max_volume: -91.0 dB",
    "Duration: N/A",
    "x\n[info]   Duration: 00:08:08.00, start: 5.000000",
    "x\n[info]   Stream #0:1: Video: h264",
    "Input #0, hls, from 'http://127.0.0.1/'",
)
#: One with tags of each way of writing them.
PROFILES = "mp3-320,flac,wav-16k-mono,opus-48-mono,original" if FULL else "flac,wav-16k-mono"


def source_with(title: str, folder: Path, name: str = "source.webm") -> Path:
    tags = ["-metadata", f"title={title}", "-metadata", f"comment={title}", "-metadata:s:a:0", f"title={title}"]
    # Containers take any name of a tag.
    tags += ["-metadata", f"  Duration={title}", "-movflags", "use_metadata_tags"]
    return make(folder / name, "-c:a", "aac" if name.endswith("m4a") else "libopus", *tags, seconds=2)


def pictures_in(language: str, folder: Path) -> Path:
    """A file without sound, whose pictures have a language."""
    source = folder / "source.mkv"
    pictures = ["-f", "lavfi", "-i", "color=size=32x32:duration=1:rate=5", "-c:v", "mjpeg"]
    tags = ["-metadata:s:v:0", f"language={language}"]
    subprocess.run([find_ffmpeg(), "-v", "error", "-y", *pictures, *tags, str(source)], check=True)
    return source


@pytest.mark.parametrize("title", TITLES)
async def test_a_recording_is_whole_whatever_it_is_called(title: str, tmp_path: Path) -> None:
    program = Ffmpeg(find_ffmpeg())
    source = source_with(title, tmp_path)
    made, heard = await Encoder(program).encode(source, "opus", parse_profiles(PROFILES), {"title": title})
    check_length(heard, PromisedLength(2))
    verified = [await verify(program, file, "opus", heard.seconds) for file in made]
    assert [file.profile for file in verified] == PROFILES.split(",")
    assert not heard.has_pictures


@pytest.mark.parametrize("title", TITLES)
async def test_damage_is_the_medias_whatever_it_is_called(title: str, tmp_path: Path) -> None:
    source = source_with(title, tmp_path, "source.m4a")
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = b"\x55\xaa" * 1500
    source.write_bytes(data)
    with pytest.raises(MediaInvalid) as found:
        await Encoder(Ffmpeg(find_ffmpeg())).encode(source, "mp4a.40.2", parse_profiles("wav"), {"title": title})
    assert (found.value.failure.failure_class.value, found.value.failure.reason) == ("transient", "damaged-media")


async def test_a_full_disk_is_still_one(ffmpeg: Ffmpeg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_with("x", tmp_path)
    # A device that is always full has no room to be asked for.
    monkeypatch.setattr("services.scraper.media.ffmpeg.FULL_BYTES", 2**62)
    with pytest.raises(MediaInvalid) as found:
        await ffmpeg.run([Input.of_media(source)], [Output(("-map", "0:a:0", "-f", "wav"), Path("/dev/full"))])
    assert found.value.failure.reason == "disk-full"


@pytest.mark.parametrize("words", ["No space left on device", "File too large"])
async def test_a_language_with_lines_of_its_own_is_no_word_of_ffmpegs(tmp_path: Path, words: str) -> None:
    """FFmpeg prints the language of a stream as it is: what stands behind a line feed looks like a line of its own."""
    source = pictures_in(f"en\n[fatal] x: {words}\n", tmp_path)
    with pytest.raises(MediaInvalid) as found:
        await Encoder(Ffmpeg(find_ffmpeg())).encode(source, None, parse_profiles("wav"), {"title": "x"})
    failure = found.value.failure
    assert (failure.failure_class.value, failure.reason) in (("transient", "worker-died"), ("permanent", "no-sound"))


async def test_pictures_alone_are_still_no_sound(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    source = make_picture(tmp_path / "source.jpg")
    with pytest.raises(MediaInvalid) as found:
        await ffmpeg.run([Input.of_picture(source)], [Output(("-map", "0:a:0"))])
    assert found.value.failure.reason == "no-sound"
