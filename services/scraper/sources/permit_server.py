"""The service's side of permits: answers workers that want to request a page, and receives reports of refusals."""

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
#: Bytes that the path of a socket may have (Linux: 108 with the terminating zero).
MAX_SOCKET_PATH = 107

#: (source, work id): raises TryLater while the work may not ask the source.
Check = Callable[[str, str], None]
#: (work id, source, seconds of Retry-After if any): receives a refusal.
Refused = Callable[[str, str, float | None], None]

#: (work id, need): whether a video in work may take that much of the disk.
RoomFor = Callable[[str, Need], Awaitable[bool]]

#: (work id, source): takes one request from the share of whoever submitted the work; raises TryLater if it is spent.
TakeShare = Callable[[str, str], Awaitable[None]]


class PermitServer:
    """The service's end of the socket. Close it after the last worker has ended."""

    def __init__(self, folder: Path, sources: Sources, check: Check, refused: Refused) -> None:
        #: A folder for the socket alone, where the path in the work folder would be too long.
        self._own_folder = Path(tempfile.mkdtemp(prefix="fonoteca-")) if _too_long(folder / SOCKET_NAME) else None
        self._path = (self._own_folder or folder) / SOCKET_NAME
        self._sources = sources
        self._check = check
        self._refused = refused
        self._server: asyncio.AbstractServer | None = None
        #: None: nobody is limited to a share.
        self.take_share: TakeShare | None = None
        #: Set by the owner of the disk's reservations; None: there is room for everything.
        self.room: RoomFor | None = None

    async def open(self) -> None:
        """Start answering."""
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=MAX_LINE)

    async def close(self) -> None:
        """Stop answering, and remove the socket."""
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)
        if self._own_folder is not None:
            self._own_folder.rmdir()

    def address(self, work: Work, patience_seconds: float = 0) -> PermitAddress:
        """Where a worker asks for its permits, on behalf of a video or playlist."""
        return PermitAddress(self._path, work.source, work.id, patience_seconds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                await _send(writer, await self._answer(json.loads(line)))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # Lines after an invalid one cannot be read: the worker gets an answer, then the connection ends.
            log.exception("permits.misunderstood")
            with suppress(ConnectionError):
                await _send(writer, {"misunderstood": f"{type(error).__name__}: {error}"[:500]})
        except ConnectionError:
            pass  # The worker ended while it asked.
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


async def _send(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


def _too_long(path: Path) -> bool:
    return len(str(path).encode()) > MAX_SOCKET_PATH
