"""Polls progress in the catalog: one poll for each thing that is watched, however many listeners watch it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.api.live.notifier import Notifier
from services.api.schemas.events import RunningOut, ScoreOut
from services.api.serializers.documents import playlist_out, progress_out
from shared.catalog.connection import Catalog
from shared.catalog.documents import VideoState
from shared.catalog.playlists.lookup import get_playlist
from shared.catalog.reports.progress import progress, running
from shared.errors import CatalogError
from shared.logs import logger

log = logger(__name__)

#: Seconds between two queries, at least.
POLL_SECONDS = 1
#: The same as a multiple of the time that a query takes, so that polling never keeps the catalog busy.
PAUSE_PER_QUERY = 10
#: Running videos that are named.
MAX_RUNNING = 10


class ProgressPoll:
    """The progress of a playlist, or of the whole archive."""

    def __init__(self, catalog: Catalog, notifier: Notifier, playlist_id: str | None) -> None:
        self._catalog = catalog
        self._notifier = notifier
        self._playlist_id = playlist_id
        self.listeners = 0
        #: Grows with each change of `data`; 0 until the first query.
        self.version = 0
        #: A ScoreOut as JSON.
        self.data = ""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to poll."""
        self._task = asyncio.create_task(self._run(), name=f"progress of {self._playlist_id or 'all'}")

    def stop(self) -> None:
        """Stop to poll."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while not self._notifier.closed:
            began = time.monotonic()
            try:
                data = (await self._query()).model_dump_json()
            except CatalogError as error:
                log.warning("progress.catalog_away", error=str(error))
            else:
                if data != self.data:
                    self.data, self.version = data, self.version + 1
                    self._notifier.notify()
            # Polled, because not every change is an event: claims, listings and decisions of people are not.
            await asyncio.sleep(max(POLL_SECONDS, PAUSE_PER_QUERY * (time.monotonic() - began)))

    async def _query(self) -> ScoreOut:
        playlist = None
        if self._playlist_id is not None:
            playlist = await get_playlist(self._catalog, self._playlist_id)
        counted = await progress(self._catalog, self._playlist_id)
        videos = (
            await running(self._catalog, self._playlist_id, MAX_RUNNING) if counted.counts[VideoState.RUNNING] else []
        )
        return ScoreOut(
            progress=progress_out(counted),
            running=[RunningOut(id=v["_id"], title=v["title"], since=v["state_since"]) for v in videos],
            playlist=playlist_out(playlist) if playlist is not None else None,
        )


class ProgressPolls:
    """The polls that have listeners."""

    def __init__(self, catalog: Catalog, notifier: Notifier) -> None:
        self._catalog = catalog
        self._notifier = notifier
        self._running: dict[str | None, ProgressPoll] = {}

    @contextmanager
    def watch(self, playlist_id: str | None) -> Iterator[ProgressPoll]:
        """The poll of a playlist, or of the whole archive (None). It runs as long as it has listeners."""
        poll = self._running.get(playlist_id)
        if poll is None:
            poll = self._running[playlist_id] = ProgressPoll(self._catalog, self._notifier, playlist_id)
            poll.start()
        poll.listeners += 1
        try:
            yield poll
        finally:
            poll.listeners -= 1
            if poll.listeners == 0:
                poll.stop()
                del self._running[playlist_id]
