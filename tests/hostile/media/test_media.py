"""Media of strangers: FFmpeg never fetches, and never opens another file than the media."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from services.scraper.engines.sidecars import Gathered, gather
from services.scraper.engines.values import SourceRules
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from tests.hostile.media.surroundings import Surroundings, encoded
from tests.hostile.media_inputs import TEXTS, id3, matroska_linked, mov_with_references


class TestNoMedia:
    """Straight at FFmpeg, with both programs that may be there."""

    @pytest.mark.parametrize("name", TEXTS)
    async def test_a_text_by_any_name(self, around: Surroundings, tmp_path: Path, name: str) -> None:
        text = around.filled(TEXTS[name], fragment=str(around.secret))
        for number, ending in enumerate(("m4a", "mp3")):
            path = tmp_path / f"source{number}.{ending}"
            path.write_text(text)
            assert await encoded(Ffmpeg((find_ffmpeg(), get_ffmpeg_exe())[number]), path) == "damaged-media"
            around.check()

    @pytest.mark.parametrize("ending", ["m3u8", "ts", "mpd", "sdp", "ffconcat", "webm", "jpg", "%d.jpg", "ism"])
    async def test_an_ending_makes_no_playlist_of_it(self, around: Surroundings, tmp_path: Path, ending: str) -> None:
        path = tmp_path / f"source.{ending}"
        path.write_text(around.filled(TEXTS["m3u8 of file:"]))
        assert await encoded(Ffmpeg(find_ffmpeg()), path) == "damaged-media"
        around.check()

    @pytest.mark.parametrize("name", ["m3u8 of file:", "ffconcat", "sdp", "mpd of http", "ffmetadata"])
    @pytest.mark.parametrize("head", ["ID3", "ftyp", "OggS", "EBML", "RIFF", "FLV", "TS"])
    async def test_a_playlist_behind_the_beginning_of_media(
        self, around: Surroundings, tmp_path: Path, name: str, head: str
    ) -> None:
        text = around.filled(TEXTS[name]).encode()
        heads = {
            "ID3": id3(text) + text,
            "ftyp": b"\0\0\0\x14ftypM4A \0\0\0\0M4A " + text,
            "OggS": b"OggS\0\x02" + text,
            "EBML": b"\x1aE\xdf\xa3" + text,
            "RIFF": b"RIFF\xff\0\0\0WAVE" + text,
            "FLV": b"FLV\x01\x05\0\0\0\x09\0\0\0\0" + text,
            "TS": (b"G\x40\0\x10" + text.ljust(184)[:184]) * 5,
        }
        path = tmp_path / "source.m4a"
        path.write_bytes(heads[head])
        assert await encoded(Ffmpeg(get_ffmpeg_exe()), path) in ("damaged-media", "no-sound")
        around.check()

    @pytest.mark.parametrize("kind", [b"alis", b"url ", b"rsrc", b"urn "])
    @pytest.mark.parametrize("where", ["path", "file:", "http"])
    async def test_the_sound_of_a_mov_lies_in_no_other_file(
        self, around: Surroundings, tmp_path: Path, kind: bytes, where: str
    ) -> None:
        places = {"path": "{secret}", "file:": "file://{secret}", "http": "http://{inner}/a.wav"}
        path = tmp_path / "source.m4a"
        path.write_bytes(mov_with_references(around.filled(places[where]), kind))
        ended = await encoded(Ffmpeg(find_ffmpeg()), path)
        around.check()
        # An alias FFmpeg knows, and leaves: the track has no sound then. The others it takes for nothing.
        assert ended == ("empty-media" if kind == b"alis" else "damaged-media")
        assert b"local secret" not in b"".join(file.read_bytes() for file in tmp_path.glob("*.m*"))

    async def test_a_mov_whose_reference_is_its_neighbour(self, around: Surroundings, tmp_path: Path) -> None:
        """Relative to itself, which FFmpeg finds less odd."""
        path = around.secret.parent / "source.m4a"
        path.write_bytes(mov_with_references("secret.wav"))
        assert await encoded(Ffmpeg(find_ffmpeg()), path) == "empty-media"
        assert b"local secret" not in b"".join(file.read_bytes() for file in path.parent.glob("*.m*"))

    @pytest.mark.parametrize("where", ["{secret}", "http://{inner}/a.mkv"])
    async def test_matroska_has_no_further_segments(self, around: Surroundings, tmp_path: Path, where: str) -> None:
        path = tmp_path / "source.webm"
        path.write_bytes(matroska_linked(around.filled(where)))
        assert await encoded(Ffmpeg(find_ffmpeg()), path) in ("damaged-media", "no-sound")
        around.check()

    @pytest.mark.parametrize("name", ["m3u8 of file:", "ffconcat", "m3u8: inner piece"])
    async def test_sound_that_is_a_playlist_too_is_the_sound(
        self, around: Surroundings, tmp_path: Path, sound: bytes, name: str
    ) -> None:
        """A polyglot: the text in a comment of the tag, and after the last frame."""
        path = tmp_path / "source.mp3"
        path.write_bytes(id3(around.filled(TEXTS[name]).encode()) + sound)
        assert await encoded(Ffmpeg(find_ffmpeg()), path, "mp3") == ""
        around.check()
        assert around.secret.read_bytes()[100:200] not in path.with_name("original.mp3").read_bytes()


class TestPictures:
    @pytest.mark.parametrize("name", ["m3u8 of file:", "svg of http", "svg of file:", "mvg", "ffconcat"])
    @pytest.mark.parametrize("head", [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\x10JFIF\0"])
    async def test_a_text_is_no_cover(self, around: Surroundings, tmp_path: Path, name: str, head: bytes) -> None:
        for number, program in enumerate((find_ffmpeg(), get_ffmpeg_exe())):
            path = tmp_path / f"thumbnail{number}.jpg"
            path.write_bytes(head + around.filled(TEXTS[name]).encode())
            assert not await Encoder(Ffmpeg(program)).is_intact_picture(path)
        around.check()

    @pytest.mark.parametrize("name", ["m3u8 of file:", "svg of http", "mvg", "html"])
    def test_a_text_is_not_kept_as_a_picture(self, around: Surroundings, tmp_path: Path, name: str) -> None:
        class Page:
            def read(self, _: str, __: int) -> bytes:
                return around.filled(TEXTS[name]).encode()

            def plain(self, info: dict[str, Any]) -> dict[str, Any]:
                return info

        rules = SourceRules(0, (), beside=("thumbnail",))
        found: Gathered = gather(Page(), {"thumbnails": [{"url": "https://x/a.jpg"}]}, tmp_path, rules)
        assert (found.files, len(found.missing)) == ([], 1)

    def test_a_name_is_no_pattern(self, around: Surroundings, tmp_path: Path) -> None:
        """image2 would read `%d` as a number, and open the file of that number."""
        picture = tmp_path / "1.jpg"
        command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "color=red:s=64x36", "-frames:v", "1"]
        subprocess.run([*command, str(picture)], check=True)
        shutil.copyfile(picture, tmp_path / "%d.jpg")
        picture.write_bytes(b"")
        assert asyncio.run(Encoder(Ffmpeg(find_ffmpeg())).is_intact_picture(tmp_path / "%d.jpg"))
        around.check()
