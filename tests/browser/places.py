"""All pages of the dashboard, in an archive that has something to show on each."""

from __future__ import annotations

from tests.browser.archive import Archive

#: Name of a page → its path, or what of the archive belongs into it.
PLACES = (
    *("overview", "playlists", "playlist", "sources", "source", "failing-source"),
    *("videos", "video", "waiting", "problems", "notifications", "endpoint", "paused-endpoint", "people"),
    *("measurements", "parked", "keys", "nowhere"),
)
#: Pages of things with the longest names.
LONG_PLACES = ("long-playlist", "long-video", "long-source", "long-endpoint")


def path_of(place: str, archive: Archive) -> tuple[str, ...]:
    """The path of a page."""
    things = {
        "playlist": ("playlists", archive.playlist),
        "source": ("sources", archive.source),
        "failing-source": ("sources", archive.failing_source),
        "endpoint": ("notifications", archive.endpoint),
        "paused-endpoint": ("notifications", archive.paused_endpoint),
        "people": ("notifications", archive.people),
        "video": ("videos", archive.speech),
        "waiting": ("videos", archive.private),
        "long-playlist": ("playlists", archive.long_playlist),
        "long-video": ("videos", archive.long_video),
        "long-source": ("sources", archive.long_source),
        "long-endpoint": ("notifications", archive.long_endpoint),
    }
    return things.get(place, (place,))
