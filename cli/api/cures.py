"""What a person at the command line does about each problem that the API tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Code of a problem → what to do; it follows the API's own sentence. `{source}`: where API_URL and API_KEY come from.
CURES: Mapping[str, str] = {
    "already-deleted": "`fonoteca logs VIDEO` and `fonoteca playlists` show what is left of it.",
    "bad-request": "The command's --help shows what it takes.",
    "body-too-large": "Submit less at once.",
    "conflict": "Look at it again, then decide.",
    "defect": "The API's log says more: <STATE>/logs/api.log, or `docker compose logs api`, or `kubectl logs`.",
    "does-not-fit": "`fonoteca logs VIDEO` shows its state; --since and --reason narrow a command down.",
    "invalid": "The command's --help shows what it takes.",
    "message-cut": "`fonoteca parked show ID` shows it; `fonoteca parked drop ID` removes it.",
    "no-links": "Leave out --link to fetch the files, or have API_LINK_SECONDS raised.",
    "no-such-egress": "`fonoteca egress` lists what rests.",
    "no-such-key": "`fonoteca keys list` lists them.",
    "no-such-message": "`fonoteca parked list` lists them.",
    "no-such-playlist": "`fonoteca playlists` lists them; `fonoteca submit ADDRESS` adds one.",
    "no-such-video": "`fonoteca videos` lists them.",
    "not-found": "`fonoteca status` shows what there is.",
    "not-stored": "`fonoteca logs VIDEO` tells why.",
    "nothing-named": "Name VIDEO ids, --reason or --playlist.",
    "object-missing": "`fonoteca audit` finds and mends that.",
    "playlist-refused": "`fonoteca playlists delete PLAYLIST` does.",
    "scope-too-small": "Give a key of that scope as API_KEY in {source}; `fonoteca keys create` makes one.",
    "server-away": "`fonoteca status` shows when it answers again.",
    "too-many-wrong-keys": "Wait so long, and correct API_KEY in {source}.",
    "too-often": "Wait so long, or have API_REQUESTS_PER_MINUTE raised.",
}
#: What to do about a server that an operator's command asks itself, past the API.
AWAY = "Start that server, or correct the setting that leads to it."
#: Code → what is said instead of the API's sentence, which speaks to programs.
TEXTS: Mapping[str, str] = {
    "key-refused": "The API refused the key: it is wrong, revoked or expired. Correct API_KEY in {source}; "
    "`fonoteca keys list`, with a key of scope admin, lists those that are valid.",
    "no-such-address": "The API does not know this command's request. Upgrade the API and this command to one version, "
    "and check that API_URL in {source} names nothing but the API.",
    "no-such-method": "The API does not know this command's request. Upgrade the API and this command to one version.",
    **dict.fromkeys(
        ("bad-cursor", "key-used-before", "no-csrf", "no-length", "no-session", "no-such-range"),
        "The API did not understand this command's request. Upgrade the API and this command to one version.",
    ),
}
#: Where FastAPI says that a wrong value was: words of HTTP that nobody at a command line wrote.
_PLACES = re.compile(r"\b(?:body|query|path|header)\.(?=\w)")


def told(problem: Mapping[str, Any], status: int, env_file: Path | None) -> str:
    """The sentence for a problem of the API, with what to do about it."""
    source = str(env_file) if env_file is not None else "the environment"
    code = str(problem.get("code", ""))
    if status == 401:
        code = "key-refused"
    if code in TEXTS:
        return TEXTS[code].format(source=source)
    detail = str(problem.get("detail") or f"The API answered {status}.").strip()
    if code == "invalid":
        detail = _PLACES.sub("", detail)
    cure = CURES.get(code, "").format(source=source)
    if not cure or cure in detail:
        return detail
    return f"{detail if detail.endswith(('.', '!', '?')) else f'{detail}.'} {cure}"
