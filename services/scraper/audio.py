"""Encoding and verifying. One FFmpeg pass decodes the source strictly and makes the MP3 with its tags; what it wrote is
then walked frame by frame. docs/decisions/0004-verification.md says why that is enough.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from services.scraper import mp3
from shared.catalog.documents import Metadata
from shared.contracts import Failure
from shared.errors import FailureClass, Misconfigured

#: MPEG-1 sample rates. Lower ones would make MPEG-2 frames, which end at 160 kbit/s.
SAMPLE_RATES = "44100|48000|32000"
BITRATE_KBPS = 320
#: How far the encoded duration may be from what the source says. Sources round to whole seconds.
TOLERANCE_SECONDS = 1.5
TOLERANCE_SHARE = 0.002
#: How far the frames' duration may be from what FFmpeg encoded: the encoder's delay and padding, two to four frames.
FRAMES_TOLERANCE_SECONDS = 0.2
#: How a complaint begins when ffmpeg did not end by itself: for lack of memory, say.
KILLED = "killed by signal"


class NotWhole(Exception):
    """The source's media or the encoded file is not whole; nothing may be stored."""

    def __init__(self, reason: str, detail: str, failure_class: FailureClass = FailureClass.TRANSIENT) -> None:
        super().__init__(detail)
        self.failure = Failure(failure_class=failure_class, reason=reason, detail=detail[:2000])


@dataclass(frozen=True)
class Verified:
    """An encoded file that is whole from its first to its last frame."""

    path: Path
    duration_seconds: float
    bitrate_kbps: int
    size_bytes: int
    sha256: str
    codec: str = "mp3"


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


class Encoder:
    """Makes MP3s. Start no more at once than there are cores."""

    def __init__(self, ffmpeg: str) -> None:
        setpriv = shutil.which("setpriv")
        # If this process is killed, the kernel ends ffmpeg too.
        prefix = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv is not None else []
        self._ffmpeg = [*prefix, ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-xerror"]

    async def encode(self, source: Path, target: Path, metadata: Metadata) -> float:
        """Encode `source` to MP3 320 kbit/s. Returns the seconds encoded. Raises NotWhole if the source is damaged."""
        tags = [part for name, value in id3_tags(metadata).items() for part in ("-metadata", f"{name}={value}")]
        command = [
            *self._ffmpeg,
            *("-err_detect", "explode", "-i", str(source)),
            *("-map", "0:a:0", "-map_metadata", "-1", "-map_chapters", "-1"),
            *("-af", f"aformat=sample_rates={SAMPLE_RATES}"),
            *("-c:a", "libmp3lame", "-b:a", f"{BITRATE_KBPS}k", "-compression_level", "5", "-threads", "1"),
            *tags,
            *("-progress", "pipe:1", str(target)),
        ]
        seconds, complaint = await _run(command)
        if complaint is not None:
            raise _complaint(complaint)
        return seconds


async def verify(path: Path, encoded_seconds: float, expected_seconds: float | None) -> Verified:
    """Check an encoded file, frame by frame, against what was encoded and what the source says. Raises NotWhole."""
    return await asyncio.to_thread(_verify, path, encoded_seconds, expected_seconds)


def _verify(path: Path, encoded_seconds: float, expected_seconds: float | None) -> Verified:
    try:
        found = mp3.walk(path)
    except mp3.NotAnMp3 as error:
        raise NotWhole("broken-encoding", f"the encoded file is broken: {error}", FailureClass.TOOL) from error
    if found.bitrate_kbps != BITRATE_KBPS:
        detail = f"the encoded file's frames are not all of {BITRATE_KBPS} kbit/s"
        raise NotWhole("broken-encoding", detail, FailureClass.TOOL)
    if found.seconds < encoded_seconds - FRAMES_TOLERANCE_SECONDS:
        # The decoder went on after a hole in the source: its clock ran on, its sound did not. Or our disk lost the end.
        missing = encoded_seconds - found.seconds
        raise NotWhole("damaged-media", f"{missing:.2f} s of {encoded_seconds:.2f} s are missing in the middle")
    if found.seconds > encoded_seconds + FRAMES_TOLERANCE_SECONDS:
        detail = f"the encoded file lasts {found.seconds:.2f} s, but {encoded_seconds:.2f} s were encoded"
        raise NotWhole("broken-encoding", detail, FailureClass.TOOL)
    check_duration(encoded_seconds, expected_seconds)
    if found.silent:
        raise NotWhole("silent-media", f"not a sound is in its {encoded_seconds:.1f} s")
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Verified(path, round(encoded_seconds, 3), BITRATE_KBPS, path.stat().st_size, sha256)


def check_duration(seconds: float, expected_seconds: float | None) -> None:
    """Raise NotWhole if a file's duration is not what the source promised."""
    if seconds <= 0:
        raise NotWhole("empty-media", "the media holds no sound")
    if expected_seconds is None:
        return
    tolerance = max(TOLERANCE_SECONDS, TOLERANCE_SHARE * expected_seconds)
    if abs(seconds - expected_seconds) > tolerance:
        reason = "cut-short" if seconds < expected_seconds else "too-long"
        raise NotWhole(reason, f"the media lasts {seconds:.1f} s, but the source says {expected_seconds:.1f} s")


def id3_tags(metadata: Metadata) -> dict[str, str]:
    """The tags written into the file, without control characters, empty ones left out."""
    tags = {
        "title": metadata.get("title"),
        "artist": metadata.get("channel"),
        "date": metadata.get("upload_date"),
        "comment": metadata.get("webpage_url"),
        "copyright": metadata.get("licence"),
        "language": metadata.get("language"),
    }
    cleaned = {name: "".join(c for c in value if c.isprintable()) for name, value in tags.items() if value}
    return {name: value for name, value in cleaned.items() if value}


def _complaint(text: str) -> NotWhole:
    """Whose fault it is that ffmpeg failed: the media's, unless it says otherwise."""
    if text.startswith(KILLED):
        return NotWhole("worker-died", f"the encoder was ended: {text}")
    if "No space left on device" in text:
        return NotWhole("disk-full", "there is no space left in SCRAPER_WORK_FOLDER", FailureClass.STORAGE)
    return NotWhole("damaged-media", f"the source's media does not decode: {text}")


async def _run(command: list[str]) -> tuple[float, str | None]:
    """Run ffmpeg. Returns the seconds it wrote, and its complaint if it failed. Cancelling kills it."""
    process = await asyncio.create_subprocess_exec(
        *command,
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
    seconds = _last_time(progress.decode(errors="replace"))
    if process.returncode is not None and process.returncode < 0:
        return seconds, f"{KILLED} {-process.returncode}"
    if process.returncode != 0:
        lines = errors.decode(errors="replace").strip().splitlines()
        return seconds, (lines[0] if lines else f"ffmpeg ended with code {process.returncode}")
    return seconds, None


def _last_time(progress: str) -> float:
    """Seconds in the last `out_time_us` of ffmpeg's progress report; 0 if there is none."""
    for line in reversed(progress.splitlines()):
        name, _, value = line.partition("=")
        if name == "out_time_us" and value.lstrip("-").isdigit():
            return max(0.0, int(value) / 1_000_000)
    return 0.0
