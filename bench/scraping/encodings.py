"""Only the encodings: the time that FFmpeg takes when nothing else runs on the machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.measuring import Stopwatch
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from shared.profiles import DEFAULT_PROFILE, parse_profiles


def seconds_alone(sources: Sequence[Path]) -> float:
    """Return the seconds to encode files as the scraper does, one at a time for each core."""
    with Stopwatch() as watch:
        asyncio.run(_encode(sources))
    return watch.seconds


async def _encode(sources: Sequence[Path]) -> None:
    encoder, places = Encoder(Ffmpeg(find_ffmpeg())), asyncio.Semaphore(os.cpu_count() or 1)

    async def one(source: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / source.name
            shutil.copyfile(source, copy)
            async with places:
                await encoder.encode(copy, "opus", parse_profiles(DEFAULT_PROFILE), {})

    await asyncio.gather(*(one(source) for source in sources))
