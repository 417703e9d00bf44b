"""Encoding and verifying with the real FFmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from dev.archive_check import probe
from services.scraper.audio import Encoder, NotWhole, find_ffmpeg, verify

METADATA = {"title": 'ɖɔ̀ "quoted" = ; #', "channel": "-Radio", "webpage_url": "https://a.b/?c=d"}


def make(path: Path, *arguments: str, seconds: float = 6) -> Path:
    source = ["-f", "lavfi", "-i", "anoisesrc=color=pink:seed=3:sample_rate=48000", "-t", str(seconds)]
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *source, *arguments, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def make_sound(path: Path, source: str) -> Path:
    """A file of what a source of FFmpeg's own gives."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", source, "-t", "6", "-c:a", "libopus"]
    subprocess.run([*command, str(path)], check=True, stdin=subprocess.DEVNULL)
    return path


def read_tags(path: Path) -> str:
    command = ["ffprobe", "-v", "error", "-show_entries", "format_tags", "-of", "default=nw=1", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=["of the system", "of the image"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    """With both programs that may be there: the system's, and the one that imageio-ffmpeg brings into the image."""
    return Encoder(find_ffmpeg() if request.param == "of the system" else get_ffmpeg_exe())


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("stereo.webm", ["-ac", "2", "-c:a", "libopus"]),
        ("mono.webm", ["-ac", "1", "-c:a", "libopus"]),
        ("low.m4a", ["-ar", "22050", "-c:a", "aac"]),
        ("high.m4a", ["-ar", "96000", "-c:a", "aac"]),
        ("surround.m4a", ["-ac", "6", "-c:a", "aac"]),
    ],
)
async def test_every_source_becomes_mp3_at_320_with_its_tags(
    encoder: Encoder, tmp_path: Path, name: str, arguments: list[str]
) -> None:
    target = tmp_path / "out.mp3"
    seconds = await encoder.encode(make(tmp_path / name, *arguments), target, METADATA)  # type: ignore[arg-type]
    verified = await verify(target, seconds, 6)
    probed = probe(target)
    assert (probed.codec, probed.bitrate_kbps, verified.bitrate_kbps) == ("mp3", 320, 320)
    assert abs(probed.seconds - 6) < 0.2
    tags = read_tags(target)
    assert f"TAG:title={METADATA['title']}" in tags
    assert "TAG:artist=-Radio" in tags


@pytest.mark.parametrize("layout", ["mono", "stereo"])
async def test_silence_over_the_whole_length_is_never_called_whole(
    encoder: Encoder, tmp_path: Path, layout: str
) -> None:
    source, target = make_sound(tmp_path / "silence.webm", f"anullsrc=r=48000:cl={layout}"), tmp_path / "out.mp3"
    seconds = await encoder.encode(source, target, {})
    with pytest.raises(NotWhole, match=r"not a sound is in its 6\.0 s") as told:
        await verify(target, seconds, 6)
    assert told.value.failure.reason == "silent-media"


@pytest.mark.parametrize("layout", ["mono", "stereo"])
async def test_a_whisper_after_long_silence_is_sound(encoder: Encoder, tmp_path: Path, layout: str) -> None:
    """Half a second of noise at -60 dB in the last of six seconds."""
    noise = "anoisesrc=a=0.001:seed=1:r=48000:d=0.5,adelay=5000:all=1,apad=whole_dur=6"
    source = make_sound(tmp_path / "whisper.webm", f"{noise},aformat=channel_layouts={layout}")
    target = tmp_path / "out.mp3"
    verified = await verify(target, await encoder.encode(source, target, {}), 6)
    assert verified.duration_seconds == pytest.approx(6, abs=0.1)


async def test_a_source_cut_short_is_never_called_whole(encoder: Encoder, tmp_path: Path) -> None:
    source = make(tmp_path / "a.webm", "-c:a", "libopus")
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 6 // 10])
    target = tmp_path / "out.mp3"

    async def both() -> None:
        await verify(target, await encoder.encode(source, target, {}), 6)

    with pytest.raises(NotWhole) as caught:
        await both()
    assert caught.value.failure.reason in ("cut-short", "damaged-media")


async def test_a_source_damaged_in_its_middle_is_never_called_whole(encoder: Encoder, tmp_path: Path) -> None:
    source = make(tmp_path / "a.m4a", "-c:a", "aac")
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = b"\x55\xaa" * 1500
    source.write_bytes(data)
    with pytest.raises(NotWhole):
        await encoder.encode(source, tmp_path / "out.mp3", {})


async def test_what_is_no_media_says_so(encoder: Encoder, tmp_path: Path) -> None:
    source = tmp_path / "page.webm"
    source.write_text("<html>Not found</html>")
    with pytest.raises(NotWhole, match="does not decode"):
        await encoder.encode(source, tmp_path / "out.mp3", {})


@pytest.mark.parametrize("harm", ["cut in a frame", "cut between frames", "overwritten", "emptied", "prolonged"])
async def test_an_encoded_file_that_is_harmed_on_disk_is_found(encoder: Encoder, tmp_path: Path, harm: str) -> None:
    target = tmp_path / "out.mp3"
    seconds = await encoder.encode(make(tmp_path / "a.webm", "-c:a", "libopus"), target, {})
    data = target.read_bytes()
    # At 48 kHz every frame of 320 kbit/s has 960 bytes.
    harmed = {
        "cut in a frame": data[:-100],
        "cut between frames": data[: -960 * 50],
        "overwritten": data[:100_000] + bytes(5000) + data[105_000:],
        "emptied": b"",
        "prolonged": data + b"<html>",
    }
    target.write_bytes(harmed[harm])
    with pytest.raises(NotWhole) as caught:
        await verify(target, seconds, 6)
    # Whole frames that are missing look like a hole in the source.
    expected = "damaged-media" if harm == "cut between frames" else "broken-encoding"
    assert caught.value.failure.reason == expected
