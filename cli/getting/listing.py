"""Lists the videos to download: named one by one, or all that meet the criteria."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from cli.api.answers import Json
from cli.api.client import Client
from cli.arguments.addresses import video_id
from cli.errors import UNREACHABLE, CliError
from cli.getting.fetching import FIRST_PAUSE_SECONDS, TRIES
from cli.options.filters import VideoFilters


def named_videos(api: Client, names: Sequence[str]) -> list[Json]:
    """Return the videos with these ids or addresses. Raises CliError if one does not exist."""
    return [api.video(video_id(name)) for name in dict.fromkeys(names)]


def stored_videos(api: Client, filters: VideoFilters) -> Iterator[Json]:
    """Yield the stored videos that meet the criteria, newest first. Raises CliError if the API stays unavailable."""
    if filters.playlist is not None:
        # An unknown playlist is a typing error, not a playlist without videos.
        api.playlist(filters.playlist)
    last, failed = None, 0
    while True:
        try:
            for video in api.videos("stored", **filters.given()):
                # A repeated request begins at the first video again.
                if last is None or video["accession"] < last:
                    last, failed = video["accession"], 0
                    yield video
        except CliError as error:
            failed += 1
            if error.code != UNREACHABLE or failed == TRIES:
                raise
            time.sleep(FIRST_PAUSE_SECONDS * 2 ** (failed - 1))
        else:
            return
