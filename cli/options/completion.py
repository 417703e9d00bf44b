"""What a shell offers at TAB. It never fails and never keeps anyone waiting: what takes too long is not offered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer

from cli.api.client import Client
from cli.api.discovery import find_api
from cli.arguments.addresses import playlist_id
from cli.display.formatting import STATES, tidy
from cli.errors import CliError
from shared.errors import Misconfigured

#: Seconds to wait for the API's answer.
ANSWER_SECONDS = 1
#: The newest playlists are offered, at most this many.
MAX_PLAYLISTS = 100

#: The API is unavailable or not configured; or another program answers in its place, with JSON of another shape.
_NO_ANSWER = (CliError, Misconfigured, OSError, LookupError, TypeError, ValueError)

#: What completes the word, and the text shown next to it.
Offer = tuple[str, str]


def states(incomplete: str) -> list[str]:
    """Return the states of videos that begin with `incomplete`."""
    return [state for state in STATES if state.startswith(incomplete)]


def reasons(context: typer.Context, incomplete: str) -> list[Offer]:
    """Return the reasons why videos are not stored, each with the number of its videos."""
    found = _answer(
        context, lambda api: [(row["reason"], str(row["open"] + row["abandoned"])) for row in api.reasons()]
    )
    return [offer for offer in found if offer[0].startswith(incomplete)]


def playlists(context: typer.Context, incomplete: str) -> list[Offer]:
    """Return the ids of the newest playlists, with their titles."""
    found = _answer(context, lambda api: [(p["id"], tidy(p["title"])) for p in api.newest_playlists(MAX_PLAYLISTS)])
    if not incomplete.startswith("youtube:"):
        found = [(_without_colon(id_), title) for id_, title in found]
    return [offer for offer in found if offer[0].startswith(incomplete)]


def _without_colon(id_: str) -> str:
    """Return an id without `youtube:`: bash splits words at colons and would complete only the part after one."""
    short = id_.removeprefix("youtube:")
    return short if playlist_id(short) == id_ else id_


def _answer(context: typer.Context, ask: Callable[[Client], list[Offer]]) -> list[Offer]:
    """Return what the API answers; nothing where it does not, since a half-typed line is no place for an error."""
    file = context.find_root().params.get("env_file")
    try:
        return ask(Client(find_api(Path(file) if file else None), seconds=ANSWER_SECONDS))
    except _NO_ANSWER:
        return []
