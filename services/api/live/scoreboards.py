"""How far things are, looked up once for all who watch the same, as often as is decent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.api.live.notifier import Notifier
from services.api.schemas.events import RunningOut, ScoreOut
from services.api.serializers import playlist_out, progress_out
from shared.catalog.connection import Catalog
from shared.catalog.documents import VideoState
from shared.catalog.reports.progress import progress, running
from shared.errors import CatalogError
from shared.logs import logger

log = logger(__name__)

#: Seconds between two looks, at least; and as a multiple of what a look takes, so that the catalog is not kept busy.
LOOK_EVERY_SECONDS = 1
SHARE_OF_TIME = 10
#: Videos in work that are named.
NAMED = 10


class Scoreboard:
    """How far a playlist is, or the whole archive."""

    def __init__(self, catalog: Catalog, notifier: Notifier, playlist_id: str | None) -> None:
        self._catalog = catalog
        self._bell = notifier
        self._playlist_id = playlist_id
        self.watchers = 0
        #: Grows with each change.
        self.version = 0
        #: A ScoreOut as JSON.
        self.data = ""
        self._looking: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look."""
        self._looking = asyncio.create_task(self._keep_looking(), name=f"scoreboard of {self._playlist_id or 'all'}")

    def close(self) -> None:
        """Nobody watches any more."""
        if self._looking is not None:
            self._looking.cancel()

    async def _keep_looking(self) -> None:
        while not self._bell.closed:
            began = time.monotonic()
            try:
                data = (await self._look()).model_dump_json()
            except CatalogError as error:
                log.warning("scoreboard.catalog_away", error=str(error))
            else:
                if data != self.data:
                    self.data, self.version = data, self.version + 1
                    self._bell.ring()
            # Not all that changes is an event: claims, listings and people's decisions are none.
            await asyncio.sleep(max(LOOK_EVERY_SECONDS, SHARE_OF_TIME * (time.monotonic() - began)))

    async def _look(self) -> ScoreOut:
        playlist = None
        if self._playlist_id is not None:
            playlist = await self._catalog.playlists.find_one({"_id": self._playlist_id})
        counted = await progress(self._catalog, self._playlist_id)
        in_work = await running(self._catalog, self._playlist_id, NAMED) if counted.counts[VideoState.RUNNING] else []
        return ScoreOut(
            progress=progress_out(counted),
            running=[RunningOut(id=v["_id"], title=v["title"], since=v["state_since"]) for v in in_work],
            playlist=playlist_out(playlist) if playlist is not None else None,
        )


class Scoreboards:
    """One scoreboard for each thing that somebody watches."""

    def __init__(self, catalog: Catalog, notifier: Notifier) -> None:
        self._catalog = catalog
        self._bell = notifier
        self._open: dict[str | None, Scoreboard] = {}

    @contextmanager
    def watch(self, playlist_id: str | None) -> Iterator[Scoreboard]:
        """The scoreboard of a playlist; None: of the whole archive. It is kept while somebody watches."""
        board = self._open.get(playlist_id)
        if board is None:
            board = self._open[playlist_id] = Scoreboard(self._catalog, self._bell, playlist_id)
            board.open()
        board.watchers += 1
        try:
            yield board
        finally:
            board.watchers -= 1
            if board.watchers == 0:
                board.close()
                del self._open[playlist_id]
