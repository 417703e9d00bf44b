"""Workers and yt-dlp start no program but their engines, and a player's script has no rights."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yt_dlp
from yt_dlp.downloader.external import _BY_NAME

from services.scraper.engines.ytdlp import native
from tests.hostile.media.surroundings import Surroundings

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
