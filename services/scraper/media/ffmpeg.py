"""Runs FFmpeg: strictly, killable, dying with this process, and kept to the files that it is given.

Its input comes from strangers. So it gets one demuxer, which we name; it has no network; and it sees no other file.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.scraper.media import sandbox
from services.scraper.media.ffmpeg_files import Input, Output
from services.scraper.media.ffmpeg_report import complaints
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.sandbox import FILES, NO_CALLS, NO_INTERFACES
from shared.contracts.reasons import Reason
from shared.errors import Misconfigured
from shared.logs import logger

log = logger(__name__)

#: Bytes of data that one run may have: far more than any sound needs.
MEMORY_BYTES = 2**30
#: Bytes that are left on a disk which counts as full: FFmpeg writes until there is nothing.
FULL_BYTES = 16 * 10**6
#: Bare: nothing of the environment or of the folders that Python usually looks into has a say.
_CONFINE = (sys.executable, "-I", "-S", sandbox.__file__)
#: Of the service's environment nothing is handed on.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
#: Levels are named in what it tells, so that complaints are found among reports.
_OPTIONS = (
    *("-y", "-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info", "-xerror"),
    *("-progress", "pipe:1"),
)
#: What FFmpeg says when it is an output that it cannot begin.
_OF_OUTPUT = re.compile(
    r"could not write header|error (initializing output|while opening encoder)|error opening output"
    r"|could not find tag for codec|unsupported codec id|.{0,200}not currently supported in container"
    r"|.{0,80}bit ?rate .{1,80} unsupported",
    re.IGNORECASE,
)
#: How it says that there is no sound; later versions leave the map's name out, and complain of the output behind it.
_NO_SOUND = re.compile(r"Stream map '(?:0:a:0)?' matches no streams")


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
    """One program, behind the walls of `confine`. Start no more at once than there are cores."""

    def __init__(self, program: str) -> None:
        self._program = program
        #: Options of `confine` that its walls need on this machine.
        self._walls: tuple[str, ...] = ()

    async def try_walls(self) -> str:
        """Find out which walls stand on this machine, for people. Without this all are built that can be."""
        found = (await _printed(*_CONFINE, "--walls")).split()
        if FILES in found and "version" not in await _printed(*_CONFINE, "--", self._program, "-version"):
            # Its libraries lie where nobody looks for them.
            self._walls = ("--no-files",)
            found.remove(FILES)
        if not {NO_CALLS, NO_INTERFACES}.intersection(found):
            log.warning("ffmpeg.network_not_refused", walls=found)
        if FILES not in found:
            log.warning("ffmpeg.files_not_refused", walls=found)
        return f"ffmpeg behind {', '.join(found) or 'no walls'}"

    async def run(self, inputs: Sequence[Input], outputs: Sequence[Output], *, largest_bytes: int = 0) -> Ran:
        """Run it to its end. The first damage in what it reads ends it. Cancelling kills it. Raises MediaInvalid.

        `largest_bytes`: what one output may have; 0: no limit.
        """
        made = [output.path.absolute() for output in outputs if output.path is not None]
        for path in made:
            # It may write into these files, but make none.
            path.touch()
        walls = [*self._walls, "--memory", str(MEMORY_BYTES)]
        walls += ["--file-size", str(largest_bytes)] if largest_bytes else []
        for file in inputs:
            walls += ["--read", str(file.path.absolute())]
        for path in made:
            walls += ["--write", str(path)]
        arguments = [option for file in inputs for option in file.options()]
        arguments += [option for output in outputs for option in output.arguments()]
        command = [*_CONFINE, *walls, "--", self._program, *_OPTIONS, *arguments]
        with tempfile.TemporaryDirectory(prefix="ffmpeg-", dir=inputs[0].path.parent) as empty:
            code, progress, told = await _run(command, Path(empty))
        if code != 0:
            raise _not_whole(code, told, _Facts.of(made, largest_bytes))
        return Ran(_last_time(progress), told)


@dataclass(frozen=True)
class _Facts:
    """What can be seen of a run that failed, beside its words: a source's own words stand among those."""

    #: Whether there is hardly any room where it wrote; and whether a file has the most that it may have.
    disk_is_full: bool
    reached_the_limit: bool

    @classmethod
    def of(cls, made: Sequence[Path], largest_bytes: int) -> _Facts:
        """Those of the files that it made."""
        full = any(shutil.disk_usage(path.parent).free < FULL_BYTES for path in made)
        return cls(full, 0 < largest_bytes <= max((path.stat().st_size for path in made), default=0))


async def _run(command: Sequence[str], folder: Path) -> tuple[int, str, str]:
    """Exit code and what was printed and complained of."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=_ENVIRONMENT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # Out of our process group: a SIGTERM to the group must let running encodings end, as the drain promises.
        start_new_session=True,
    )
    try:
        printed, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, printed.decode(errors="replace"), errors.decode(errors="replace")


async def _printed(*command: str) -> str:
    return (await _run(command, Path("/")))[1]


def _not_whole(code: int, told: str, facts: _Facts) -> MediaInvalid:
    """Whose fault it is that ffmpeg failed: the media's, unless it says otherwise, and what is to be seen agrees."""
    if code < 0:
        # Not by itself: for lack of memory, say.
        return MediaInvalid(Reason.WORKER_DIED, f"the encoder was ended: killed by signal {-code}")
    if code == sandbox.NOT_STARTED:
        return MediaInvalid(Reason.BROKEN_ENCODING, told.strip())
    # Said of moving pictures too, which nobody wants to decode: that comes last.
    said = sorted(complaints(told), key=lambda text: "not on whitelist" in text)
    if facts.reached_the_limit and any(text.endswith(("File too large", "File too large)")) for text in said):
        detail = "what is made of it is larger than anything of the allowed length can be"
        return MediaInvalid(Reason.LARGER_THAN_ALLOWED, detail)
    if any(text.endswith(": No space left on device") for text in said):
        if facts.disk_is_full:
            return MediaInvalid(Reason.DISK_FULL, "there is no space left in SCRAPER_WORK_FOLDER")
        # Somebody else made room since; or a tag says so, which may look like FFmpeg's own word.
        return MediaInvalid(Reason.WORKER_DIED, "FFmpeg says that the disk is full, which it is not")
    if any(_NO_SOUND.match(text) for text in said):
        return MediaInvalid(Reason.NO_SOUND, "what the source sent has no sound track")
    if any(_OF_OUTPUT.match(text) for text in said):
        return MediaInvalid(Reason.BROKEN_ENCODING, f"ffmpeg cannot write this: {said[0]}")
    why = said[0] if said else f"it ended with {code}"
    return MediaInvalid(Reason.DAMAGED_MEDIA, f"the source's media does not decode: {why}")


def _last_time(progress: str) -> float:
    """Seconds in the last `out_time_us` of ffmpeg's progress report; 0 if there is none."""
    for line in reversed(progress.splitlines()):
        name, _, value = line.partition("=")
        if name == "out_time_us" and value.lstrip("-").isdigit():
            return max(0.0, int(value) / 1_000_000)
    return 0.0
