"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments.addresses import playlist_id
from cli.options.completion import playlists as complete_playlists

#: Named as people have it at hand.
Playlist = Annotated[
    str | None,
    typer.Option(
        metavar="PLAYLIST",
        help="Only videos of this playlist: its id, or its address.",
        callback=playlist_id,
        autocompletion=complete_playlists,
    ),
]
