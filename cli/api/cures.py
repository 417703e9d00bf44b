"""What the user does about each problem that the API reports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Code of a problem → what to do; added to the API's own sentence. `{source}`: where API_URL and API_KEY come from.
CURES: Mapping[str, str] = {
    "already-deleted": "`fonoteca logs VIDEO` and `fonoteca playlists` show what is left of it.",
    "bad-request": "The command's --help shows what it takes.",
    "body-too-large": "Submit less at once.",
    "conflict": "Check its state, then decide again.",
    "defect": "The API's log has details: <STATE>/logs/api.log, or `docker compose logs api`, or `kubectl logs`.",
    "does-not-fit": "`fonoteca logs VIDEO` shows its state; --since and --reason narrow a command down.",
    "endpoint-paused": "`fonoteca notifications resume NAME` resumes it.",
    "invalid": "The command's --help shows what it takes.",
    "message-cut": "`fonoteca parked show ID` shows it; `fonoteca parked drop ID` removes it.",
    "no-links": "Omit --link to download the files, or ask an operator to raise API_LINK_SECONDS.",
    "no-such-egress": "`fonoteca egress` lists every egress.",
    "no-such-endpoint": "`fonoteca notifications` lists them.",
    "no-such-key": "`fonoteca keys list` lists them.",
    "no-such-message": "`fonoteca parked list` lists them.",
    "no-such-playlist": "`fonoteca playlists` lists them; `fonoteca submit ADDRESS` adds one.",
    "no-such-video": "`fonoteca videos` lists them.",
    "not-found": "`fonoteca status` shows what there is.",
    "not-stored": "`fonoteca logs VIDEO` says why.",
    "nothing-named": "Name VIDEO ids, --reason or --playlist.",
    "object-missing": "`fonoteca audit` finds and repairs that.",
    "playlist-refused": "`fonoteca playlists delete PLAYLIST` deletes it.",
    "scope-too-small": "Set API_KEY in {source} to a key of that scope; `fonoteca keys create` creates one.",
    "server-away": "`fonoteca status` shows when it answers again.",
    "too-many-wrong-keys": "Wait that long, and correct API_KEY in {source}.",
    "too-often": "Wait that long, or ask an operator to raise API_REQUESTS_PER_MINUTE.",
}
#: What to do about a server to which an operator's command connects directly.
AWAY = "Start that server, or correct the setting that leads to it."
#: Code → the sentence that replaces the API's own, which is written for programs.
TEXTS: Mapping[str, str] = {
    "key-refused": "The API refused the key: it is wrong, revoked or expired. Correct API_KEY in {source}; "
    "`fonoteca keys list`, with a key of scope admin, lists those that are valid.",
    "no-such-address": "The API does not know this command's request. Upgrade the API and this command to the same "
    "version, and check that API_URL in {source} is the address of the API.",
    "no-such-method": "The API does not know this command's request. Upgrade the API and this command to the same "
    "version.",
    **dict.fromkeys(
        ("bad-cursor", "key-used-before", "no-csrf", "no-length", "no-session", "no-such-range"),
        "The API did not understand this command's request. Upgrade the API and this command to the same version.",
    ),
}
#: Places that FastAPI names in front of a wrong value: words of HTTP, which mean nothing at a command line.
_PLACES = re.compile(r"\b(?:body|query|path|header)\.(?=\w)")


def describe_problem(problem: Mapping[str, Any], status: int, env_file: Path | None) -> str:
    """Return the sentence for a problem of the API, with what to do about it."""
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
