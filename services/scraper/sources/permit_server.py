"""Answers the workers' questions whether a page may be asked for (see `permits`), and hears what they were refused."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from services.scraper.engines.permits import MAX_LINE, PermitAddress
from services.scraper.engines.work import Work, source_of_redirect, source_of_request
from services.scraper.sources.limits import Sources
from services.scraper.workspace.space_needed import Need
from shared.errors import TryLater
from shared.logs import logger

log = logger(__name__)

#: Name of the socket in the work folder.
SOCKET_NAME = "permits"
#: Bytes that the path of a socket may have (Linux: 108 with the nought at its end).
MAX_SOCKET_PATH = 107

#: Raises TryLater while a source may not be asked by a video or playlist.
Check = Callable[[str, str], None]
#: Hears of a refusal: the video or playlist over which it came, the source, and the seconds of a Retry-After, if any.
Refused = Callable[[str, str, float | None], None]

#: Whether a video under way may take so much of the disk.
RoomFor = Callable[[str, Need], Awaitable[bool]]

#: Takes one request, over a video or playlist, of a source.
TakeShare = Callable[[str, str], Awaitable[None]]


class PermitServer:
    """The service's end of the socket. Close it when no worker is left."""

    def __init__(self, folder: Path, sources: Sources, check: Check, refused: Refused) -> None:
        #: A folder of its own where the path would be too long for a socket.
        self._own_folder = Path(tempfile.mkdtemp(prefix="fonoteca-")) if _too_long(folder / SOCKET_NAME) else None
        self._path = (self._own_folder or folder) / SOCKET_NAME
        self._sources = sources
        self._check = check
        self._refused = refused
        self._server: asyncio.AbstractServer | None = None
        #: Takes a request from the share of whoever submitted a piece of work; raises TryLater if that is spent.
        self.take_share: TakeShare | None = None
        #: Set later, since it belongs to what works with the videos.
        self.room: RoomFor | None = None

    async def open(self) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=MAX_LINE)

    async def close(self) -> None:
        """Answer nobody any more."""
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)
        if self._own_folder is not None:
            self._own_folder.rmdir()

    def address(self, work: Work, patience_seconds: float = 0) -> PermitAddress:
        """Where a worker asks on account of a video or playlist."""
        return PermitAddress(self._path, work.source, work.id, patience_seconds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                await _tell(writer, await self._answer(json.loads(line)))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # What stands behind a bad line can no more be read: the worker is told, and hung up on.
            log.exception("permits.misunderstood")
            with suppress(ConnectionError):
                await _tell(writer, {"misunderstood": f"{type(error).__name__}: {error}"[:500]})
        except ConnectionError:
            pass  # The worker was ended while it asked.
        finally:
            writer.close()

    async def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        work_id = question["work_id"]
        asked = source_of_redirect if question.get("redirected") else source_of_request
        source = asked(question["source"], question.get("url"))
        if "refused" in question:
            self._refused(work_id, source, question["retry_after"])
            return {}
        if "room" in question:
            low, high = question["room"]
            return {"granted": self.room is None or await self.room(question["work_id"], Need(low, high))}
        spent = False
        try:
            if not question["after_refusal"]:
                self._check(source, work_id)
            spent = True
            if self.take_share is not None:
                await self.take_share(work_id, source)
            await self._sources.of(source).take_request()
        except TryLater as error:
            return {"permitted": False, "spent": spent, "seconds": error.seconds, "why": error.reason}
        return {"permitted": True}


async def _tell(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


def _too_long(path: Path) -> bool:
    return len(str(path).encode()) > MAX_SOCKET_PATH
