"""Runs FFmpeg: strictly, killable, dying with this process."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from services.scraper.ffmpeg_report import complaints
from services.scraper.whole import NotWhole
from shared.errors import FailureClass, Misconfigured

#: Reason of a file that could not be made, though its source may be well.
BROKEN_ENCODING = "broken-encoding"
#: What FFmpeg says when it is an output that it cannot begin.
_OF_OUTPUT = re.compile(
    r"could not write header|error (initializing output|while opening encoder)|error opening output"
    r"|could not find tag for codec|unsupported codec id|.{0,200}not currently supported in container"
    r"|.{0,80}bit ?rate .{1,80} unsupported",
    re.IGNORECASE,
)
#: How it says that there is no sound.
_NO_SOUND = re.compile(r"Stream map '0:a:0' matches no streams")


def find_ffmpeg() -> str:
    """The system's ffmpeg, else the one that the package imageio-ffmpeg brings. Raises Misconfigured."""
    if (found := shutil.which("ffmpeg")) is not None:
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError:
        raise Misconfigured("ffmpeg is not installed: apt-get install ffmpeg, or pip install imageio-ffmpeg.") from None
    path: str = get_ffmpeg_exe()
    return path


@dataclass(frozen=True)
class Ran:
    """What a run that worked has told."""

    #: Where its clock stood at the end.
    seconds: float
    #: What it wrote to its error stream, filters' reports included.
    told: str


class Ffmpeg:
    """One program. Start no more at once than there are cores."""

    def __init__(self, program: str) -> None:
        setpriv = shutil.which("setpriv")
        # If this process is killed, the kernel ends ffmpeg too.
        prefix = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv is not None else []
        # Levels are named in what it tells, so that complaints are found among reports.
        self._command = [
            *prefix,
            program,
            "-y",
            "-nostdin",
            "-hide_banner",
            "-nostats",
            "-loglevel",
            "level+info",
            "-xerror",
        ]

    async def run(self, arguments: Sequence[str]) -> Ran:
        """Run it to its end. The first damage in what it reads ends it. Cancelling kills it. Raises NotWhole."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *("-progress", "pipe:1"),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # Out of our process group: a SIGTERM to the group must let running encodings end, as the drain promises.
            start_new_session=True,
        )
        try:
            progress, errors = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        told = errors.decode(errors="replace")
        assert process.returncode is not None
        if process.returncode != 0:
            raise _not_whole(process.returncode, told)
        return Ran(_last_time(progress.decode(errors="replace")), told)


def _not_whole(code: int, told: str) -> NotWhole:
    """Whose fault it is that ffmpeg failed: the media's, unless it says otherwise."""
    if code < 0:
        # Not by itself: for lack of memory, say.
        return NotWhole("worker-died", f"the encoder was ended: killed by signal {-code}")
    said = complaints(told)
    if any(text.endswith(": No space left on device") for text in said):
        return NotWhole("disk-full", "there is no space left in SCRAPER_WORK_FOLDER", FailureClass.STORAGE)
    if any(_NO_SOUND.match(text) for text in said):
        return NotWhole("no-sound", "what the source sent has no sound track", FailureClass.PERMANENT)
    if any(_OF_OUTPUT.match(text) for text in said):
        return NotWhole(BROKEN_ENCODING, f"ffmpeg cannot write this: {said[0]}", FailureClass.TOOL)
    why = said[0] if said else f"it ended with {code}"
    return NotWhole("damaged-media", f"the source's media does not decode: {why}")


def _last_time(progress: str) -> float:
    """Seconds in the last `out_time_us` of ffmpeg's progress report; 0 if there is none."""
    for line in reversed(progress.splitlines()):
        name, _, value = line.partition("=")
        if name == "out_time_us" and value.lstrip("-").isdigit():
            return max(0.0, int(value) / 1_000_000)
    return 0.0
