"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments.addresses import playlist_id
from cli.options.completion import playlists as complete_playlists

#: Either form works: the id, or the address that a browser shows.
Playlist = Annotated[
    str | None,
    typer.Option(
        metavar="PLAYLIST",
        help="Only videos of this playlist; its id or address.",
        callback=playlist_id,
        autocompletion=complete_playlists,
    ),
]
