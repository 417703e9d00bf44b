"""Extended M3U in UTF-8: a line of length and title, a line with the address. Pure functions."""

from __future__ import annotations

from services.api.feeds.addresses import Addresses
from services.api.feeds.recording import Recording, line
from shared.catalog.documents import Playlist


def head(playlist: Playlist) -> str:
    """The head of the list."""
    return f"#EXTM3U\n#PLAYLIST:{line(playlist.get('title')) or playlist['_id']}\n"


def entry(recording: Recording, addresses: Addresses) -> str:
    """The entry of one recording. Its texts have no line breaks, so none can forge an address or another entry."""
    artist = f"{recording.channel} - " if recording.channel else ""
    address = addresses.file(recording.video_id, recording.file_name)
    return f"#EXTINF:{round(recording.seconds)},{artist}{recording.title}\n{address}\n"
