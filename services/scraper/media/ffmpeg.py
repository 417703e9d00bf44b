"""Runs FFmpeg in strict mode. A run can be killed, ends with this process, and sees only the files it is given.

Its input is untrusted, so we name the one demuxer it may use, and it has no network and no other files.
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
from services.scraper.media.ffmpeg_report import errors_in
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.sandbox import FILES, NO_CALLS, NO_INTERFACES
from shared.contracts.reasons import Reason
from shared.errors import Misconfigured
from shared.logs import logger

log = logger(__name__)

#: Data segment of one run, in bytes: far more than any audio needs.
MEMORY_BYTES = 2**30
#: A disk with less free space than this, in bytes, counts as full: FFmpeg writes until nothing is left.
FULL_BYTES = 16 * 10**6
#: Isolated mode: neither environment variables nor user site packages affect this Python.
_SANDBOX = (sys.executable, "-I", "-S", sandbox.__file__)
#: FFmpeg inherits nothing of the service's environment.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
#: Each log line names its level, so that errors can be told apart from reports.
_OPTIONS = (
    *("-y", "-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info", "-xerror"),
    *("-progress", "pipe:1"),
)
#: Errors about an output that FFmpeg cannot open or start.
_OF_OUTPUT = re.compile(
    r"could not write header|error (initializing output|while opening encoder)|error opening output"
    r"|could not find tag for codec|unsupported codec id|.{0,200}not currently supported in container"
    r"|.{0,80}bit ?rate .{1,80} unsupported",
    re.IGNORECASE,
)
#: The error for an input without an audio stream; later versions leave out the stream's name.
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
    """What a successful run reported."""

    #: The output clock at the end.
    seconds: float
    #: The text of its error stream, which includes the reports of filters.
    log: str


class Ffmpeg:
    """The FFmpeg program inside `sandbox`. Run at most one process per core."""

    def __init__(self, program: str) -> None:
        self._program = program
        #: Options that `sandbox` needs on this machine.
        self._walls: tuple[str, ...] = ()

    async def try_walls(self) -> str:
        """Find out which restrictions this kernel supports. Returns a sentence for operators.

        Without this call every run applies all restrictions that the kernel supports.
        """
        found = (await _printed(*_SANDBOX, "--walls")).split()
        if FILES in found and "version" not in await _printed(*_SANDBOX, "--", self._program, "-version"):
            # Its libraries are outside the usual folders, so it cannot start without free access to files.
            self._walls = ("--no-files",)
            found.remove(FILES)
        if not {NO_CALLS, NO_INTERFACES}.intersection(found):
            log.warning("ffmpeg.network_not_refused", walls=found)
        if FILES not in found:
            log.warning("ffmpeg.files_not_refused", walls=found)
        return f"ffmpeg behind {', '.join(found) or 'no walls'}"

    async def run(self, inputs: Sequence[Input], outputs: Sequence[Output], *, largest_bytes: int = 0) -> Ran:
        """Run FFmpeg to its end. Cancelling kills it.

        `largest_bytes`: maximum size of one output; 0: no limit. Raises MediaInvalid at the first damage in an input.
        """
        made = [output.path.absolute() for output in outputs if output.path is not None]
        for path in made:
            # The sandbox lets it write to these files, but create none.
            path.touch()
        walls = [*self._walls, "--memory", str(MEMORY_BYTES)]
        walls += ["--file-size", str(largest_bytes)] if largest_bytes else []
        for file in inputs:
            walls += ["--read", str(file.path.absolute())]
        for path in made:
            walls += ["--write", str(path)]
        arguments = [option for file in inputs for option in file.options()]
        arguments += [option for output in outputs for option in output.arguments()]
        command = [*_SANDBOX, *walls, "--", self._program, *_OPTIONS, *arguments]
        with tempfile.TemporaryDirectory(prefix="ffmpeg-", dir=inputs[0].path.parent) as empty:
            code, progress, log_text = await _run(command, Path(empty))
        if code != 0:
            raise _failure(code, log_text, _Facts.of(made, largest_bytes))
        return Ran(_last_time(progress), log_text)


@dataclass(frozen=True)
class _Facts:
    """What can be measured after a failed run. Its log alone is no proof: it may quote text from the source."""

    #: Whether the output disk is nearly full, and whether an output reached its maximum size.
    disk_is_full: bool
    reached_the_limit: bool

    @classmethod
    def of(cls, made: Sequence[Path], largest_bytes: int) -> _Facts:
        """Measure the files that the run made."""
        full = any(shutil.disk_usage(path.parent).free < FULL_BYTES for path in made)
        return cls(full, 0 < largest_bytes <= max((path.stat().st_size for path in made), default=0))


async def _run(command: Sequence[str], folder: Path) -> tuple[int, str, str]:
    """Run a command. Returns its exit code, standard output and error stream."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=_ENVIRONMENT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # In a session of its own: a SIGTERM to our process group must not end encodings that a drain waits for.
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


def _failure(code: int, log_text: str, facts: _Facts) -> MediaInvalid:
    """Decide what caused a failed run: the media, unless the log and the measured facts both say otherwise."""
    if code < 0:
        # Killed from outside, for example for lack of memory.
        return MediaInvalid(Reason.WORKER_DIED, f"the encoder was ended: killed by signal {-code}")
    if code == sandbox.NOT_STARTED:
        return MediaInvalid(Reason.BROKEN_ENCODING, log_text.strip())
    # "Not on whitelist" is also reported for video streams, which nobody wants to decode: sort it last.
    said = sorted(errors_in(log_text), key=lambda text: "not on whitelist" in text)
    if facts.reached_the_limit and any(text.endswith(("File too large", "File too large)")) for text in said):
        detail = "what is made of it is larger than anything of the allowed length can be"
        return MediaInvalid(Reason.LARGER_THAN_ALLOWED, detail)
    if any(text.endswith(": No space left on device") for text in said):
        if facts.disk_is_full:
            return MediaInvalid(Reason.DISK_FULL, "there is no space left in SCRAPER_WORK_FOLDER")
        # Space was freed meanwhile, or a tag of the source contains this text.
        return MediaInvalid(Reason.WORKER_DIED, "FFmpeg reports a full disk, but the disk has free space")
    if any(_NO_SOUND.match(text) for text in said):
        return MediaInvalid(Reason.NO_SOUND, "the source sent media without an audio track")
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
