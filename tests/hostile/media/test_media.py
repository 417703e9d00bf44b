"""Media of strangers: FFmpeg and yt-dlp's helpers never fetch, and never open what lies beside the media."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yt_dlp
from imageio_ffmpeg import get_ffmpeg_exe
from yt_dlp.downloader.external import _BY_NAME

from dev.stack import Stack
from services.scraper.engines.sidecars import Gathered, gather
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.engines.ytdlp import native
from services.scraper.failures import classify
from services.scraper.media import sandbox
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.length import PromisedLength, check_length
from services.scraper.media.verification import verify
from services.scraper.workers.pool import Workers
from shared.profiles import parse_profiles
from tests.hostile.media_inputs import STREAMS, TEXTS, id3, matroska_linked, mov_with_references
from tests.hostile.watching import InnerServer, OpenedFiles
from tests.site import add_playlist_to_site

WATCH = "https://www.youtube.com/watch?v="
POLITE = SourceRules(request_interval=0, extractors=("youtube.*",))
PROFILES = parse_profiles("mp3-320,original")


@dataclass
class Surroundings:
    """What is there beside the media, and nobody's business."""

    inner: InnerServer
    #: A sound on the local disk, in a folder of its own.
    secret: Path
    opened: OpenedFiles

    def filled(self, text: str, **more: str) -> str:
        values = {"inner": self.inner.address, "port": self.inner.address.partition(":")[2], "secret": str(self.secret)}
        for name, value in {**values, "folder": str(self.secret.parent), **more}.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def check(self) -> None:
        assert self.inner.visits == []
        assert not self.opened.opened()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of noise, as an MP3."""
    path = tmp_path_factory.mktemp("sound") / "a.mp3"
    source = ["-f", "lavfi", "-i", "anoisesrc=color=pink:seed=3:sample_rate=48000", "-t", "2", "-b:a", "128k"]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *source, str(path)], check=True)
    return path.read_bytes()


@pytest.fixture
def around(tmp_path: Path, sound: bytes) -> Iterator[Surroundings]:
    folder = tmp_path / "private"
    folder.mkdir()
    with wave.open(str(folder / "secret.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"local secret" * 2667)
    opened = OpenedFiles(folder)
    with InnerServer(sound).running() as inner:
        yield Surroundings(inner, folder / "secret.wav", opened)
    opened.close()


@pytest.fixture(scope="module")
def workers(servers: Stack) -> Iterator[Workers]:
    """A pool whose workers reach the local site by its proxy."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("https_proxy", "HTTPS_PROXY"):
            environment.setenv(name, servers.exports["FONOTECA_SITE_PROXY"])
        environment.setenv("SSL_CERT_FILE", servers.exports["FONOTECA_SITE_CA"])
        pool = Workers(slots=1, tasks_per_worker=50)
        yield pool
        asyncio.run(pool.close())


@pytest.fixture(scope="module")
def unguarded_workers() -> Iterator[Workers]:
    """Workers of their own: the guard of the network is never taken off again."""
    pool = Workers(slots=1, tasks_per_worker=50)
    yield pool
    asyncio.run(pool.close())


@pytest.fixture
def add_playlist(servers: Stack) -> Callable[..., str]:
    return partial(add_playlist_to_site, servers)


async def outcome(workers: Workers, url: str, folder: Path) -> str:
    """What an attempt ends with, as far as the media decides: "" if it would be stored."""
    folder.mkdir(exist_ok=True)
    result = await workers.fetch(url, folder, POLITE, 120)
    if not isinstance(result, Downloaded):
        return classify(result, datetime.now(UTC)).reason
    return await encoded(Ffmpeg(find_ffmpeg()), result.path, result.source_codec)


async def encoded(ffmpeg: Ffmpeg, path: Path, codec: str | None = None) -> str:
    try:
        files, heard = await Encoder(ffmpeg).encode(path, codec, PROFILES, {})
        check_length(heard, PromisedLength())
        for file in files:
            await verify(ffmpeg, file, codec, heard.seconds)
    except MediaInvalid as error:
        return error.failure.reason
    return ""


@pytest.mark.parametrize("name", STREAMS)
async def test_a_stream_leads_nowhere_inside(
    workers: Workers, add_playlist: Callable[..., str], around: Surroundings, tmp_path: Path, name: str
) -> None:
    text, expected = STREAMS[name]
    id_ = f"hstream{list(STREAMS).index(name):04}"
    manifest = around.filled(text, fragment=f"/fragments/{id_}/0.ts")
    add_playlist(f"PL{id_}", [{"id": id_, "title": name, "seconds": 2, "fragment_seconds": 2, "manifest": manifest}])
    ended = await outcome(workers, WATCH + id_, tmp_path / "work")
    around.check()
    assert ended == expected


@pytest.mark.parametrize("name", [name for name in STREAMS if name.startswith(("sample-aes", "a method", "a key"))])
async def test_a_stream_is_not_handed_to_ffmpeg(
    unguarded_workers: Workers, around: Surroundings, tmp_path: Path, name: str
) -> None:
    """Where inner hosts may be asked, so that FFmpeg would get all that it asks for: it does not come."""
    text, expected = STREAMS[name]
    around.inner.pages["/stream.m3u8"] = around.filled(text, fragment="/piece.ts").encode()
    rules = SourceRules(0, ("default",), private_hosts=True)
    (tmp_path / "work").mkdir()
    address = f"http://{around.inner.address}/stream.m3u8"
    result = await unguarded_workers.fetch(address, tmp_path / "work", rules, 120)
    # yt-dlp reads the playlist, and an honest piece; FFmpeg would use its name, and ask for keys and pieces.
    asked = {visit.split(" ")[1] for visit in around.inner.visits}
    assert asked == ({"/stream.m3u8"} if expected else {"/stream.m3u8", "/piece.ts"})
    assert "lavf" not in " ".join(around.inner.visits).lower()
    assert not around.opened.opened()
    assert expected == ("" if isinstance(result, Downloaded) else classify(result, datetime.now(UTC)).reason)


@pytest.mark.parametrize("name", ["m3u8 of file:", "ffconcat", "sdp", "mpd of http", "svg of file:", "cue"])
async def test_a_download_that_is_no_media_is_opened_as_nothing_else(
    workers: Workers, add_playlist: Callable[..., str], around: Surroundings, tmp_path: Path, name: str
) -> None:
    id_ = f"hmedia{list(TEXTS).index(name):05}"
    video = {"id": id_, "title": name, "seconds": 2, "codecs": ["m4a"]}
    add_playlist(f"PL{id_}", [{**video, "media_text": around.filled(TEXTS[name])}])
    assert await outcome(workers, WATCH + id_, tmp_path / "work") == "damaged-media"
    around.check()


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


#: How FFmpeg would be asked if nobody named a demuxer: each must fail for the walls alone.
UNASKED = {
    "http": ["-i", "http://{inner}/a.mp3"],
    "tcp": ["-i", "tcp://{inner}"],
    "rtp": ["-i", "rtp://{inner}"],
    "m3u8": ["-protocol_whitelist", "ALL", "-i", "{playlist}"],
    "another file": ["-i", "{secret}"],
    "file:": ["-i", "file:{secret}"],
    "concat": ["-f", "concat", "-safe", "0", "-i", "{list}"],
    "lavfi": ["-f", "lavfi", "-i", "amovie={secret}"],
    "subfile": ["-i", "subfile,,start,0,end,0,,:{secret}"],
}


@pytest.mark.parametrize("name", UNASKED)
@pytest.mark.parametrize("program", [find_ffmpeg(), get_ffmpeg_exe()], ids=["system", "image"])
def test_the_walls_hold_by_themselves(around: Surroundings, tmp_path: Path, name: str, program: str) -> None:
    text, listed = tmp_path / "text.m3u8", tmp_path / "list.txt"
    text.write_text(around.filled(TEXTS["m3u8: inner piece"]))
    listed.write_text(around.filled("file '{secret}'\n"))
    asked = [around.filled(part, playlist=str(text), list=str(listed)) for part in UNASKED[name]]
    made = tmp_path / "made.wav"
    made.touch()
    walls = ["--read", str(text), "--read", str(listed), "--write", str(made)]
    command = [sys.executable, "-I", "-S", sandbox.__file__, *walls, "--", program, "-nostdin", "-y", *asked, str(made)]
    done = subprocess.run(command, capture_output=True, timeout=100, check=False)
    around.check()
    assert done.returncode != 0
    assert made.read_bytes() == b""


PROBES = {
    "inet": "import socket; socket.socket(socket.AF_INET)",
    "inet6": "import socket; socket.socket(socket.AF_INET6)",
    "datagrams": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix": "import socket; socket.socket(socket.AF_UNIX)",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK)",
    "io_uring": "import ctypes; l = ctypes.CDLL(None); assert l.syscall(425, 8, ctypes.create_string_buffer(200)) >= 0",
    "x32": "import ctypes; l = ctypes.CDLL(None); assert l.syscall(0x40000000 + 41, 2, 1, 0) >= 0",
    "other process": "import ctypes; assert ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0",
    "etc": "open('/etc/passwd')",
    "proc": "open('/proc/1/environ')",
    "make": "open('{folder}/new', 'w')",
    "list": "import os; os.listdir('{folder}')",
    "a child": "import subprocess; subprocess.run(['/usr/bin/cat', '/etc/passwd'], check=True)",
    "memory": "bytearray(2 ** 30)",
    "disk": "f = open('{made}', 'wb', 0); assert f.write(bytes(2000)) == 2000",
}


@pytest.mark.parametrize("name", PROBES)
def test_nothing_gets_through_the_walls(around: Surroundings, tmp_path: Path, name: str) -> None:
    made = tmp_path / "made"
    made.touch()
    python = os.path.realpath(sys.executable)
    walls = ["--write", str(made), "--memory", str(2**29), "--file-size", "1000"]
    program = around.filled(PROBES[name], made=str(made))
    command = [python, "-I", "-S", sandbox.__file__, *walls, "--", python, "-I", "-S", "-c", program]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
    around.check()
    command[-1] = f"open('{made}', 'wb').write(bytes(999))"
    harmless = subprocess.run(command, capture_output=True, check=False)
    assert harmless.returncode == 0, harmless.stderr


def test_where_calls_cannot_be_refused_there_is_no_interface(around: Surroundings) -> None:
    """On a machine whose calls we do not know by number, say."""
    program = (
        f"import sys, socket; sys.path.insert(0, {str(Path(sandbox.__file__).parent)!r}); import sandbox;"
        "sandbox._CALLS.clear(); assert sandbox.refuse_network() in ('namespace', None);"
        "sandbox._leave_network();"
        f"socket.create_connection(('127.0.0.1', {around.inner.address.partition(':')[2]}), 5)"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    if not around.inner.visits:
        assert "unreachable" in done.stderr or "refused" in done.stderr, done.stderr
    elif os.geteuid() == 0:
        pytest.fail("root may make a namespace, and this process was not in one")


def test_a_few_bytes_unfold_to_no_more_than_is_allowed(tmp_path: Path) -> None:
    """Twenty minutes of silence, where a second is allowed; it does not go on until the disk is full."""
    source = tmp_path / "source.flac"
    silence = ["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", "1200", "-c:a", "flac"]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *silence, str(source)], check=True)
    for program in (find_ffmpeg(), get_ffmpeg_exe()):
        encoder = Encoder(Ffmpeg(program), longest_seconds=1)
        with pytest.raises(MediaInvalid) as caught:
            asyncio.run(encoder.encode(source, "flac", parse_profiles("wav"), {}))
        assert (caught.value.failure.failure_class.value, caught.value.failure.reason) == (
            "permanent",
            "larger-than-allowed",
        )
        assert (tmp_path / "wav.wav").stat().st_size < 80 * 10**6


STARTS = {
    "ffmpeg": "import subprocess; subprocess.run(['ffmpeg', '-version'])",
    "ffmpeg by its path": "import subprocess; subprocess.run(['{ffmpeg}', '-version'])",
    "by another name": "import subprocess; subprocess.run(['deno', '-version'], executable='{ffmpeg}')",
    "a shell": "import subprocess; subprocess.run('ffmpeg -version', shell=True)",
    "system": "import os; os.system('ffmpeg -version')",
    "spawn": "import os; os.posix_spawn('{ffmpeg}', ['ffmpeg'], {})",
    "exec": "import os; os.execv('{ffmpeg}', ['ffmpeg'])",
    "our Python": "import subprocess, sys; subprocess.run([sys.executable, '-c', '1'])",
    "another module": "import subprocess, sys; subprocess.run([sys.executable, '-m', 'http.server'])",
    "yt-dlp's own way": "from yt_dlp.utils import Popen; Popen.run(['ffmpeg', '-version'])",
    "a file called deno": "import subprocess; subprocess.run(['{folder}/deno'])",
    "async": "import asyncio; asyncio.run(asyncio.create_subprocess_exec('ffmpeg'))",
}


@pytest.mark.parametrize("name", STARTS)
def test_a_worker_starts_no_program(around: Surroundings, name: str) -> None:
    false_deno = around.secret.parent / "deno"
    false_deno.write_text("#!/bin/sh\nexit 0\n")
    false_deno.chmod(0o755)
    program = around.filled(STARTS[name], ffmpeg=shutil.which("ffmpeg") or "")
    guarded = f"from services.scraper.network.program_guard import allow_engines_only; allow_engines_only(); {program}"
    done = subprocess.run([sys.executable, "-c", guarded], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ProgramRefused" in done.stderr, done.stderr


@pytest.mark.parametrize("name", sorted(_BY_NAME))
def test_no_downloader_of_ytdlp_starts_a_program(name: str) -> None:
    downloader = _BY_NAME[name](yt_dlp.YoutubeDL({"quiet": True}), {})
    with pytest.raises(native.NotNative):
        downloader.real_download("x", {"url": "http://127.0.0.1:1/", "id": "x"})


@pytest.mark.parametrize(
    "info",
    [
        *({"protocol": name} for name in ("rtmp", "rtmpe", "rtmp_ffmpeg", "websocket_frag")),
        *({"protocol": name} for name in ("niconico_live", "fc2_live")),
        *({"protocol": name, "is_live": True} for name in ("m3u8", "m3u8_native")),
        {"protocol": "m3u8_native+m3u8_native"},
        {"protocol": "https+rtmp"},
        {"protocol": "https", "section_start": 1, "section_end": 2},
        {"protocol": "https", "section_end": 2},
        {"url": "rtmp://127.0.0.1/a"},
        {"protocol": "mhtml"},
    ],
    ids=str,
)
def test_ytdlp_hands_nothing_on(info: dict[str, Any]) -> None:
    with pytest.raises(native.NotNative):
        native.check({"url": "https://127.0.0.1:1/a", "ext": "mp4", "id": "x", **info}, {})


SCRIPTS = {
    "connect": "await Deno.connect({hostname: '127.0.0.1', port: {port}})",
    "fetch": "await fetch('http://{inner}/')",
    "import from the net": "await import('http://{inner}/a.js')",
    "read": "Deno.readTextFileSync('{secret}')",
    "environment": "Deno.env.toObject()",
    "program": "new Deno.Command('cat', {args: ['{secret}']}).outputSync()",
    "library": "Deno.dlopen('libc.so.6', {})",
}


@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_players_script_has_no_rights(around: Surroundings, name: str) -> None:
    """yt-dlp runs what a source sends, with these options of its own."""
    from yt_dlp.extractor.youtube.jsc._builtin.deno import DenoJCP

    deno = shutil.which("deno") or shutil.which("deno", path=str(Path(sys.executable).parent))
    assert deno is not None
    command = [deno, "run", *DenoJCP._DENO_BASE_OPTIONS, "--no-npm", "--cached-only", "-"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    said, complained = await process.communicate(around.filled(SCRIPTS[name]).encode())
    around.check()
    assert process.returncode != 0, said
    assert b"NotCapable" in complained or b"remote" in complained, complained
