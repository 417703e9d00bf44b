"""Encoding and verifying with the real FFmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from dev.checks.archive_check import probe
from services.scraper.media.encoding import Encoded, Encoder
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.length import PromisedLength, check_length
from services.scraper.media.verification import Verified, verify
from shared.catalog.documents import Metadata
from shared.profiles import Profile, parse_profile, parse_profiles

METADATA: Metadata = {"title": 'ɖɔ̀ "quoted" = ; #', "channel": "-Radio", "webpage_url": "https://a.b/?c=d"}
#: One of each codec, and what is not encoded again.
ALL = "mp3-320,mp3-64-mono,opus-48-mono,aac-96,wav-16k-mono,flac,original"


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


def make_picture(path: Path) -> Path:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "color=red:s=64x36", "-frames:v", "1"]
    subprocess.run([*command, str(path)], check=True)
    return path


def shown(path: Path, entries: str) -> str:
    command = ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "default=nw=1", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=["of the system", "of the image"])
def ffmpeg(request: pytest.FixtureRequest) -> Ffmpeg:
    """With both programs that may be there: the system's, and the one that imageio-ffmpeg brings into the image."""
    return Ffmpeg(find_ffmpeg() if request.param == "of the system" else get_ffmpeg_exe())


async def whole(
    ffmpeg: Ffmpeg, source: Path, profiles: str = "mp3-320", *, codec: str = "opus", expected: float | None = 6
) -> list[Verified]:
    """Encode and verify, as an attempt does."""
    made, heard = await Encoder(ffmpeg).encode(source, codec, parse_profiles(profiles), METADATA)
    check_length(heard, PromisedLength(expected))
    return [await verify(ffmpeg, file, codec, heard.seconds) for file in made]


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
async def test_every_source_becomes_every_profile(
    ffmpeg: Ffmpeg, tmp_path: Path, name: str, arguments: list[str]
) -> None:
    source = make(tmp_path / name, *arguments)
    codec = "opus" if name.endswith("webm") else "mp4a.40.2"
    made = {file.profile: file for file in await whole(ffmpeg, source, ALL, codec=codec)}
    assert list(made) == ALL.split(",")
    for file in made.values():
        assert abs(float(shown(file.path, "format=duration").partition("=")[2]) - 6) < 0.2, file
    mp3 = made["mp3-320"]
    probed = probe(mp3.path)
    assert (probed.codec, probed.bitrate_kbps, mp3.bitrate_kbps) == ("mp3", 320, 320)
    tags = shown(mp3.path, "format_tags")
    assert f"TAG:title={METADATA['title']}" in tags
    assert "TAG:artist=-Radio" in tags
    assert made["mp3-64-mono"].bitrate_kbps == 64
    wanted = {
        "mp3-64-mono": ("mp3", None, 1),
        "opus-48-mono": ("opus", 48_000, 1),
        "aac-96": ("aac", None, None),
        "wav-16k-mono": ("pcm_s16le", 16_000, 1),
        "flac": ("flac", None, None),
    }
    for profile, (is_codec, rate, channels) in wanted.items():
        found = dict(
            line.split("=") for line in shown(made[profile].path, "stream=codec_name,sample_rate,channels").splitlines()
        )
        assert found["codec_name"] == is_codec
        assert rate is None or found["sample_rate"] == str(rate)
        assert channels is None or found["channels"] == str(channels)


async def test_the_original_is_not_encoded_again(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    source = make(tmp_path / "a.webm", "-c:a", "libopus")
    (original,) = await whole(ffmpeg, source, "original")
    assert (original.path.name, original.codec) == ("original.opus", "opus")

    def packets(path: Path) -> str:
        command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-map", "0:a", "-c", "copy", "-f", "md5", "-"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert packets(original.path) == packets(source)


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("opus", "original.opus"),
        ("vorbis", "original.ogg"),
        ("mp4a.40.2", "original.m4a"),
        ("ac-3", "original.mka"),
        (None, "original.mka"),
    ],
)
async def test_the_original_lies_in_a_file_that_can_hold_it(
    ffmpeg: Ffmpeg, tmp_path: Path, codec: str | None, name: str
) -> None:
    encoders = {"vorbis": "libvorbis", "mp4a.40.2": "aac", "ac-3": "ac3"}
    source = make(tmp_path / "a.mkv", "-c:a", encoders.get(codec or "", "libopus"))
    made, heard = await Encoder(ffmpeg).encode(source, codec, [parse_profile("original")], METADATA)
    verified = await verify(ffmpeg, made[0], codec, heard.seconds)
    assert verified.path.name == name


@pytest.mark.parametrize(("encoder", "told"), [("aac", "opus"), ("libopus", "mp4a.40.2"), ("libmp3lame", "mp4a.40.34")])
async def test_a_source_that_names_a_wrong_codec_is_stored_all_the_same(
    ffmpeg: Ffmpeg, tmp_path: Path, encoder: str, told: str
) -> None:
    source = make(tmp_path / "a.mkv", "-c:a", encoder)
    files = await whole(ffmpeg, source, "mp3-320,original", codec=told)
    assert files[1].path.suffix in (".mka", ".m4a")


@pytest.mark.parametrize("junk", [b"\xff\xd8\xff", b"\xff\xd8\xff" + b"x" * 500, b""])
async def test_a_picture_that_is_none_is_known(ffmpeg: Ffmpeg, tmp_path: Path, junk: bytes) -> None:
    good, bad = make_picture(tmp_path / "good.jpg"), tmp_path / "bad.jpg"
    bad.write_bytes(junk)
    assert await Encoder(ffmpeg).is_intact_picture(good)
    assert not await Encoder(ffmpeg).is_intact_picture(bad)


async def test_what_cannot_be_written_is_not_the_sources_fault(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    impossible = Profile("opus-510-mono", "opus", 510, None, 1)
    with pytest.raises(MediaInvalid, match="cannot write this") as caught:
        await Encoder(ffmpeg).encode(make(tmp_path / "a.webm", "-c:a", "libopus"), "opus", [impossible], METADATA)
    assert (caught.value.failure.failure_class.value, caught.value.failure.reason) == ("tool", "broken-encoding")


async def test_the_cover_goes_into_the_files_that_can_hold_one(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    cover = make_picture(tmp_path / "thumbnail.jpg")
    source = make(tmp_path / "a.webm", "-c:a", "libopus")
    profiles = parse_profiles("mp3-320,flac,aac-96,wav,original")
    made, heard = await Encoder(ffmpeg).encode(source, "opus", profiles, METADATA, cover)
    with_picture = set()
    for file in made:
        await verify(ffmpeg, file, "opus", heard.seconds)
        if "attached_pic=1" in shown(file.path, "stream_disposition=attached_pic"):
            with_picture.add(file.profile.name)
    assert with_picture == {"mp3-320", "flac", "aac-96"}


async def test_without_tags_the_files_hold_none(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    source = make(tmp_path / "a.webm", "-c:a", "libopus", "-metadata", "title=of the source")
    made, _ = await Encoder(ffmpeg, tags=False).encode(source, "opus", parse_profiles("mp3-320"), METADATA)
    assert "title" not in shown(made[0].path, "format_tags")


@pytest.mark.parametrize("profile", ["mp3-320", "original", "wav-16k-mono"])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
async def test_silence_over_the_whole_length_is_never_called_whole(
    ffmpeg: Ffmpeg, tmp_path: Path, layout: str, profile: str
) -> None:
    source = make_sound(tmp_path / "silence.webm", f"anullsrc=r=48000:cl={layout}")
    with pytest.raises(MediaInvalid, match=r"its 6\.0 s are silent throughout") as told:
        await whole(ffmpeg, source, profile)
    assert told.value.failure.reason == "silent-media"


@pytest.mark.parametrize("profile", ["mp3-320", "original", "wav-16k-mono"])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
async def test_a_whisper_after_long_silence_is_sound(ffmpeg: Ffmpeg, tmp_path: Path, layout: str, profile: str) -> None:
    """Half a second of noise at -60 dB in the last of six seconds."""
    noise = "anoisesrc=a=0.001:seed=1:r=48000:d=0.5,adelay=5000:all=1,apad=whole_dur=6"
    source = make_sound(tmp_path / "whisper.webm", f"{noise},aformat=channel_layouts={layout}")
    (verified,) = await whole(ffmpeg, source, profile)
    assert verified.duration_seconds == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("profile", ["mp3-320", "original", "flac"])
async def test_a_source_cut_short_is_never_called_whole(ffmpeg: Ffmpeg, tmp_path: Path, profile: str) -> None:
    source = make(tmp_path / "a.webm", "-c:a", "libopus")
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 6 // 10])
    with pytest.raises(MediaInvalid) as caught:
        await whole(ffmpeg, source, profile)
    assert caught.value.failure.reason in ("cut-short", "damaged-media")


@pytest.mark.parametrize("profile", ["mp3-320", "original", "flac"])
async def test_a_source_damaged_in_its_middle_is_never_called_whole(
    ffmpeg: Ffmpeg, tmp_path: Path, profile: str
) -> None:
    source = make(tmp_path / "a.m4a", "-c:a", "aac")
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = b"\x55\xaa" * 1500
    source.write_bytes(data)
    with pytest.raises(MediaInvalid):
        await whole(ffmpeg, source, profile, codec="mp4a.40.2")


@pytest.mark.parametrize("profile", ["mp3-320", "original", "flac", "wav-16k-mono", "opus-64"])
async def test_a_hole_in_the_source_is_never_called_whole(ffmpeg: Ffmpeg, tmp_path: Path, profile: str) -> None:
    """Two seconds in the middle are not there, though the clock of the file runs on over them."""
    cut = ["-c:a", "libopus", "-af", "aselect='not(between(t,2,4))'", "-fps_mode", "passthrough"]
    source = make(tmp_path / "a.mkv", *cut)
    with pytest.raises(MediaInvalid) as caught:
        await whole(ffmpeg, source, profile)
    assert caught.value.failure.reason in ("damaged-media", "cut-short")


async def test_what_is_no_media_says_so(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    source = tmp_path / "page.webm"
    source.write_text("<html>Not found</html>")
    with pytest.raises(MediaInvalid, match=r"does not decode: (?!.*\[error\])"):
        await whole(ffmpeg, source)


@pytest.mark.parametrize("harm", ["cut in a frame", "cut between frames", "overwritten", "emptied", "prolonged"])
async def test_an_encoded_file_that_is_harmed_on_disk_is_found(ffmpeg: Ffmpeg, tmp_path: Path, harm: str) -> None:
    (file,) = await whole(ffmpeg, make(tmp_path / "a.webm", "-c:a", "libopus"))
    data = file.path.read_bytes()
    # At 48 kHz every frame of 320 kbit/s has 960 bytes.
    harmed = {
        "cut in a frame": data[:-100],
        "cut between frames": data[: -960 * 50],
        "overwritten": data[:100_000] + bytes(5000) + data[105_000:],
        "emptied": b"",
        "prolonged": data + b"<html>",
    }
    file.path.write_bytes(harmed[harm])
    with pytest.raises(MediaInvalid) as caught:
        await verify(ffmpeg, Encoded(parse_profile("mp3-320"), file.path), "opus", 6)
    # Whole frames that are missing look like a hole in the source.
    expected = "damaged-media" if harm == "cut between frames" else "broken-encoding"
    assert caught.value.failure.reason == expected


@pytest.mark.parametrize("profile", ["flac", "wav", "opus-64", "aac-96"])
async def test_other_files_that_are_harmed_on_disk_are_found(ffmpeg: Ffmpeg, tmp_path: Path, profile: str) -> None:
    (file,) = await whole(ffmpeg, make(tmp_path / "a.webm", "-c:a", "libopus"), profile)
    data = file.path.read_bytes()
    file.path.write_bytes(data[: len(data) * 7 // 10])
    with pytest.raises(MediaInvalid):
        await verify(ffmpeg, Encoded(parse_profile(profile), file.path), "opus", 6)
