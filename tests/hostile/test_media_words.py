"""What a source has written into its media is no word of FFmpeg's: not of lengths, of errors, of sounds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from services.scraper.encoding import Encoder
from services.scraper.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.media_length import PromisedLength, check_length
from services.scraper.verifying import verify
from services.scraper.whole import NotWhole
from shared.contracts.profiles import parse_profile

SECONDS = 3.0
WORDS = {
    "a length": "Duration: 00:09:09.00, start: 5.000000, bitrate: 1 kb/s",
    "no length": "Duration: N/A",
    "a length in a line of its own": "x\n  Duration: 00:09:09.00, start: 0.000000\n[info]   Duration: 00:08:08.00",
    "pictures": "Stream #0:1: Video: h264",
    "pictures in a line of their own": "x\n[info]   Stream #0:1: Video: h264",
    "a full disk": "No space left on device",
    "a full disk as an error": "x\n[error] No space left on device",
    "no sound": "Stream map '0:a:0' matches no streams",
    "what cannot be written": "[error] Could not write header for output file",
    "samples": "x\n[Parsed_volumedetect_1 @ 0x55] [info] n_samples: 999999999",
    "silence": "n_samples: 0 max_volume: -91.0 dB",
    "another input": "Input #0, hls, from 'http://127.0.0.1/'",
}
NAMES = ("title", "comment", "Duration", "  Duration")


def made(folder: Path, words: str, name: str, extension: str, *, broken: bool = False) -> Path:
    source = folder / f"source.{extension}"
    tags = [f"-metadata={name}={words}".replace("-metadata=", "", 1)]
    command = ["-f", "lavfi", "-i", f"sine=frequency=300:duration={SECONDS}", "-metadata", *tags]
    command += ["-metadata:s:a:0", f"title={words}", "-movflags", "use_metadata_tags", str(source)]
    subprocess.run([find_ffmpeg(), "-v", "error", "-nostdin", "-y", *command], check=True)
    if broken:
        data = bytearray(source.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 2000] = bytes(2000)
        source.write_bytes(data)
    return source


@pytest.mark.parametrize("extension", ["m4a", "mka"])
@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
async def test_a_whole_recording_stays_whole(tmp_path: Path, words: str, extension: str) -> None:
    ffmpeg = Ffmpeg(find_ffmpeg())
    for name in NAMES:
        source = made(tmp_path, words, name, extension)
        profiles = [parse_profile("mp3-320"), parse_profile("flac")]
        files, heard = await Encoder(ffmpeg).encode(source, None, profiles, {"title": words, "description": words})
        check_length(heard, PromisedLength(track_seconds=SECONDS))
        assert not heard.has_pictures
        verified = [await verify(ffmpeg, file, None, heard.seconds) for file in files]
        assert all(abs(file.duration_seconds - SECONDS) < 0.2 for file in verified)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
async def test_damage_stays_damage(tmp_path: Path, words: str) -> None:
    source = made(tmp_path, words, "title", "m4a", broken=True)
    with pytest.raises(NotWhole) as found:
        await Encoder(Ffmpeg(find_ffmpeg())).encode(source, None, [parse_profile("mp3-320")], {"title": words})
    assert found.value.failure.reason == "damaged-media"
    assert found.value.failure.failure_class.value == "transient"
