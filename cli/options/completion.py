"""What a shell offers at TAB. It never fails and keeps nobody waiting: what cannot be had quickly is not offered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer

from cli.api.client import Client
from cli.api.discovery import find_api
from cli.arguments.addresses import playlist_id
from cli.display.formatting import STATES, tidy

#: Seconds for the API's answer.
ANSWER_SECONDS = 1
#: Playlists that are offered at most: the newest.
OFFERED = 100

Offer = tuple[str, str]


def states(incomplete: str) -> list[str]:
    """States of videos."""
    return [state for state in STATES if state.startswith(incomplete)]


def reasons(context: typer.Context, incomplete: str) -> list[Offer]:
    """Reasons for which videos are not stored now."""
    found = _asked(context, lambda api: [(row["reason"], f"{row['open'] + row['abandoned']}") for row in api.reasons()])
    return [offer for offer in found if offer[0].startswith(incomplete)]


def playlists(context: typer.Context, incomplete: str) -> list[Offer]:
    """Ids of the newest playlists, with their titles."""
    found = _asked(context, lambda api: [(p["id"], tidy(p["title"])) for p in api.newest_playlists(OFFERED)])
    if not incomplete.startswith("youtube:"):
        found = [(_without_colon(id_), title) for id_, title in found]
    return [offer for offer in found if offer[0].startswith(incomplete)]


def _without_colon(id_: str) -> str:
    """The id as people may write it too: bash breaks words at colons, and would complete only what is after one."""
    short = id_.removeprefix("youtube:")
    return short if playlist_id(short) == id_ else id_


def _asked(context: typer.Context, ask: Callable[[Client], list[Offer]]) -> list[Offer]:
    file = context.find_root().params.get("env_file")
    try:
        return ask(Client(find_api(Path(file) if file else None), seconds=ANSWER_SECONDS))
    except Exception:
        # Whatever it is: the middle of a line that somebody types is no place to tell it.
        return []
