"""Files that FFmpeg makes when they are first requested."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path


class MadeFiles:
    """A folder of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._making: dict[str, asyncio.Lock] = {}

    async def file(self, name: str, arguments: Sequence[str]) -> Path:
        """Return the file of this name, made with FFmpeg's `arguments` if missing. RuntimeError if that fails."""
        path = self._folder / name
        async with self._making.setdefault(name, asyncio.Lock()):
            if not path.exists():
                await _make(path, arguments)
        return path


async def _make(path: Path, arguments: Sequence[str]) -> None:
    unfinished = path.with_name("new-" + path.name)
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *arguments, str(unfinished)]
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    if await process.wait() != 0:
        raise RuntimeError(f"ffmpeg could not make {path.name}")
    unfinished.rename(path)
