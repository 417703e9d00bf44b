"""Tags, read back by mutagen as each format's readers look for them; Matroska's by ffprobe, as mutagen knows none."""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from mutagen import flac, id3, mp4, oggopus, oggvorbis, wave

from services.scraper.media import tagging
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg
from services.scraper.media.tag_values import tags_of
from services.scraper.media.verification import verify
from shared.catalog.documents import Metadata
from shared.profiles import parse_profiles
from tests.integration.media.test_whole_files import ffmpeg, make, make_picture

__all__ = ["ffmpeg"]

TITLE = 'Ɖɔ̀ "quoted" = ; # \\ 😀'
METADATA: Metadata = {
    "title": 'Ɖɔ̀\x00 "quoted" = ; # \\ \ud83d\ude00\n',
    "channel": "-Radio Fɔngbè",
    "upload_date": "20200131",
    "webpage_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ&x=é",
    "licence": "https://creativecommons.org/licenses/by/4.0/",
    "language": "fr-BJ",
}
ADDRESS, LICENCE = str(METADATA["webpage_url"]), str(METADATA["licence"])
IN_ASCII = "https://www.youtube.com/watch?v=dQw4w9WgXcQ&x=%C3%A9"
ENCODED = "mp3-320,mp3-128-mono,aac-96,flac,opus-64,wav"


def check_id3(tags: Any) -> None:
    assert tags.version == (2, 4, 0)
    text = {name: str(tags[name]) for name in ("TIT2", "TPE1", "TDRC", "TCOP", "TLAN")}
    assert text == {"TIT2": TITLE, "TPE1": "-Radio Fɔngbè", "TDRC": "2020-01-31", "TCOP": LICENCE, "TLAN": "fra"}
    assert [(frame.desc, frame.text) for frame in tags.getall("COMM")] == [("", [ADDRESS])]
    assert tags["WOAS"].url == IN_ASCII
    assert [frame.url for frame in tags.getall("WCOP")] == [LICENCE]
    assert tags.getall("TXXX") == []
    assert {frame.encoding for frame in tags.values() if hasattr(frame, "encoding")} == {id3.Encoding.UTF8}


def check_vorbis(tags: Any) -> None:
    found = {name.upper(): value for name, value in tags if name.upper() != "ENCODER"}
    assert found == {
        "TITLE": TITLE,
        "ARTIST": "-Radio Fɔngbè",
        "DATE": "2020-01-31",
        "COMMENT": ADDRESS,
        "DESCRIPTION": ADDRESS,
        "COPYRIGHT": LICENCE,
        "LICENSE": LICENCE,
        "LANGUAGE": "fr-BJ",
    }


def names(tags: Any) -> list[str]:
    return [name for name, _ in tags]


def tags_of_mp4(path: Path) -> Any:
    return mp4.MP4(path).tags


def check_mp4(path: Path) -> None:
    tags = tags_of_mp4(path)
    wanted = {
        "\xa9nam": TITLE,
        "\xa9ART": "-Radio Fɔngbè",
        "\xa9day": "2020-01-31",
        "\xa9cmt": ADDRESS,
        "cprt": LICENCE,
    }
    assert {name: tags[name][0] for name in wanted} == wanted
    assert bytes(tags["----:com.apple.iTunes:LANGUAGE"][0]) == b"fra"
    assert bytes(tags["----:com.apple.iTunes:LICENSE"][0]).decode() == LICENCE
    assert probed(path)["streams"][0]["tags"]["language"] == "fra"


def check_matroska(path: Path) -> None:
    found = probed(path)
    tags = {name.upper(): value for name, value in found["format"]["tags"].items()}
    wanted = {"TITLE": TITLE, "ARTIST": "-Radio Fɔngbè", "DATE": "2020-01-31", "DATE_RELEASED": "2020-01-31"}
    wanted |= {"COMMENT": ADDRESS, "URL": ADDRESS, "COPYRIGHT": LICENCE, "LICENSE": LICENCE, "LANGUAGE": "fra"}
    assert {name: tags.get(name) for name in wanted} == wanted
    # Matroska wants ISO 639-2's bibliographic letters.
    assert found["streams"][0]["tags"]["language"] in ("fra", "fre")


def probed(path: Path) -> Any:
    command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def check(path: Path) -> None:
    match path.suffix:
        case ".mp3":
            check_id3(id3.ID3(path))
        case ".wav":
            check_id3(wave.WAVE(path).tags)
            assert probed(path)["format"]["tags"]["title"] == TITLE
        case ".opus":
            check_vorbis(oggopus.OggOpus(path).tags)
        case ".ogg":
            check_vorbis(oggvorbis.OggVorbis(path).tags)
        case ".flac":
            check_vorbis(flac.FLAC(path).tags)
        case ".m4a":
            check_mp4(path)
        case _:
            check_matroska(path)


@pytest.mark.parametrize("with_cover", [False, True], ids=["plain", "with a cover"])
async def test_every_profile(ffmpeg: Ffmpeg, tmp_path: Path, with_cover: bool) -> None:
    cover = make_picture(tmp_path / "cover.jpg") if with_cover else None
    of_source = ["-metadata", "title=of the source", "-metadata:s:a:0", "title=of the track"]
    source = make(tmp_path / "a.webm", "-c:a", "libopus", *of_source, "-metadata:s:a:0", "language=deu")
    made, heard = await Encoder(ffmpeg).encode(source, "opus", parse_profiles(ENCODED), METADATA, cover)
    for file in made:
        verified = await verify(ffmpeg, file, "opus", heard.seconds)
        check(file.path)
        assert verified.sha256 == hashlib.sha256(file.path.read_bytes()).hexdigest()
    if cover is not None:
        by_name = {file.profile.name: file.path for file in made}
        picture = cover.read_bytes()
        assert id3.ID3(by_name["mp3-320"]).getall("APIC")[0].data == picture
        assert flac.FLAC(by_name["flac"]).pictures[0].data == picture
        assert bytes(tags_of_mp4(by_name["aac-96"])["covr"][0]) == picture


@pytest.mark.parametrize(
    ("codec", "encoder", "name"),
    [
        ("opus", "libopus", "original.opus"),
        ("mp4a.40.2", "aac", "original.m4a"),
        ("mp3", "libmp3lame", "original.mp3"),
        ("vorbis", "libvorbis", "original.ogg"),
        ("flac", "flac", "original.flac"),
        ("ac-3", "ac3", "original.mka"),
    ],
)
async def test_the_original(ffmpeg: Ffmpeg, tmp_path: Path, codec: str, encoder: str, name: str) -> None:
    source = make(tmp_path / "a.mkv", "-c:a", encoder, "-metadata:s:a:0", "artist=of the track")
    made, heard = await Encoder(ffmpeg).encode(source, codec, parse_profiles("original"), METADATA)
    await verify(ffmpeg, made[0], codec, heard.seconds)
    assert made[0].path.name == name
    check(made[0].path)


async def test_without_tags_nothing_of_the_source_is_left(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    source = make(tmp_path / "a.opus", "-c:a", "libopus", "-metadata", "title=of the source")
    made, _ = await Encoder(ffmpeg, tags=False).encode(source, "opus", parse_profiles("opus-64,mp3-320"), METADATA)
    assert "of the source" not in json.dumps([probed(file.path) for file in made])
    assert names(oggopus.OggOpus(made[0].path).tags) == ["encoder"]


async def test_nothing_known_is_nothing_written(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    source = make(tmp_path / "a.webm", "-c:a", "libopus")
    unknown: Metadata = {"title": "\x00", "upload_date": "20209999", "language": "\x07", "licence": ""}
    made, heard = await Encoder(ffmpeg).encode(source, "opus", parse_profiles(ENCODED), unknown)
    for file in made:
        await verify(ffmpeg, file, "opus", heard.seconds)
    assert set(id3.ID3(made[0].path)) == {"TSSE"}
    assert names(flac.FLAC(made[3].path).tags) == ["encoder"]


def sound_of(path: Path) -> str:
    """What the packets of the sound are, not where."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-map", "0:a", "-c", "copy", "-f", "md5", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("name", "encoder"),
    [("a.mp3", "libmp3lame"), ("a.flac", "flac"), ("a.opus", "libopus"), ("a.ogg", "libvorbis"), ("a.m4a", "aac")],
)
def test_three_hours_are_tagged_in_place(tmp_path: Path, name: str, encoder: str) -> None:
    tags = tags_of({**METADATA, "title": "ส" * 5000})
    short = make(tmp_path / f"short-{name}", "-c:a", encoder)
    long, extension = tmp_path / name, name.rpartition(".")[2]
    copied = [
        "ffmpeg",
        "-v",
        "error",
        "-nostdin",
        "-stream_loop",
        "1800",
        "-i",
        str(short),
        "-map",
        "0:a",
        "-c",
        "copy",
    ]
    subprocess.run([*copied, *tagging.options(tags, extension), str(long)], check=True)
    sound, before = sound_of(long), long.stat()
    tracemalloc.start()
    try:
        tagging.write(long, tags)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    after = long.stat()
    assert peak < min(8 * 2**20, before.st_size / 4)
    assert after.st_ino == before.st_ino
    assert sound_of(long) == sound
    # Only MP4 keeps its tags at its end; the others had room, so that nothing had to move.
    assert after.st_size == before.st_size or extension == "m4a"


@pytest.mark.parametrize("extension", ["mp3", "flac", "opus", "m4a", "wav"])
def test_a_full_disk_is_told_as_such(tmp_path: Path, extension: str) -> None:
    encoders = {"mp3": "libmp3lame", "flac": "flac", "opus": "libopus", "m4a": "aac", "wav": "pcm_s16le"}
    path = make(tmp_path / f"a.{extension}", "-c:a", encoders[extension])
    tags = tags_of({**METADATA, "licence": "x" * 500, "webpage_url": "é" * 2000})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            tagging.write(path, tags)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_takes_no_tags_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(b"no FLAC at all")
    tagging.write(path, tags_of(METADATA))
    assert path.read_bytes() == b"no FLAC at all"
