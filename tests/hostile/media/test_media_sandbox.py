"""The sandbox around FFmpeg holds by itself: network, files, programs, memory and disk."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from services.scraper.media import sandbox
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.media.integrity import MediaInvalid
from shared.profiles import parse_profiles
from tests.hostile.media.surroundings import Surroundings
from tests.hostile.media_inputs import TEXTS

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
