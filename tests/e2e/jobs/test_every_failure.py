"""A playlist with one video of every failure there is: each must end in the state and with the reason it deserves."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from cli.api.client import Client
from dev.site.trouble import TROUBLES
from dev.stack import Stack
from tests.e2e.pipeline import eventually, when_ended

FONOTECA = str(Path(sys.executable).parent / "fonoteca")


class End(NamedTuple):
    """How a video ends whose trouble lasts."""

    state: str
    failure_class: str
    reason: str


def _gone(reason: str) -> End:
    return End("abandoned", "permanent", reason)


def _rechecked(reason: str) -> End:
    return End("waiting", "permanent", reason)


def _tool(reason: str) -> End:
    return End("waiting", "tool", reason)


LIVE = End("waiting", "wait-until", "live")
#: Troubles that last.
LASTING: dict[str, End] = {
    "private": _rechecked("private"),
    "members": _rechecked("members-only"),
    "removed": _gone("removed"),
    "terminated": _gone("account-terminated"),
    "terms": _gone("terms-violation"),
    "copyright": _gone("copyright"),
    "payment": _gone("payment"),
    "age": _gone("age-restricted"),
    "country": _gone("country"),
    "drm": _gone("drm"),
    "premiere": End("waiting", "wait-until", "not-yet"),
    "live": LIVE,
    "post-live": LIVE,
    "no-recording": LIVE,
    "odd": _tool("unknown"),
    "images-only": _tool("js-runtime"),
    "js-challenge": _tool("js-runtime"),
    "no-formats": _tool("extractor-broken"),
    "no-sound": End("abandoned", "permanent", "no-sound"),
    # The source has nothing, three times.
    "no-length": End("abandoned", "permanent", "empty-media"),
    # The same bytes twice.
    "cut-short": End("abandoned", "permanent", "broken-at-source"),
    "damaged": End("abandoned", "permanent", "broken-at-source"),
    "cookies-dead": End("waiting", "identity", "cookies-dead"),
}
#: Troubles that befall the first try → the reason of that try; the second one succeeds.
PASSING = {
    "server-error": "server-error",
    "forbidden": "forbidden",
    "media-404": "media-not-found",
    "reset": "connection",
    "cut-off": "short-read",
    "empty": "empty-media",
    "player-503": "server-error",
    "player-reset": "connection",
    "bot-check": "bot-check",
    "captcha": "captcha",
    "ip-blocked": "captcha",
    "rate-limit": "rate-limited",
    "player-429": "too-many-requests",
    "media-429": "too-many-requests",
    "sorry": "too-many-requests",
    "proxy-refused": "proxy-refused",
}
PAGE_TROUBLES = {"player-503", "player-reset"}
#: Those of the passing ones that are refusals of this egress.
REFUSALS = ("bot-check", "captcha", "ip-blocked", "rate-limit", "player-429", "media-429", "sorry", "proxy-refused")
#: Tested elsewhere: a stall takes a minute (tests/faults), a plain "unavailable" and a refusal of one video alone
#: depend on what else is served (test_refusals.py), and the others are no failures.
ELSEWHERE = {"stalled", "unavailable", "page-429", "other-codec", "none", "throttled"}


#: Listed with their titles, so that private and removed ones are asked for too.
ASKED_FOR = {"placeholder": False}


def video_id(trouble: str) -> str:
    return f"ev{trouble.replace('-', '')[:9]:_<9}"


def test_every_trouble_is_here() -> None:
    assert LASTING.keys() | PASSING.keys() | ELSEWHERE == set(TROUBLES)


def passing(troubles: Iterable[str]) -> list[dict[str, Any]]:
    """Videos whose trouble befalls the first try. Where the watch page fails, yt-dlp asks for it three times in one."""
    return [
        {"id": video_id(t), "title": t, "seconds": 3, "trouble": t, "trouble_tries": 3 if t in PAGE_TROUBLES else 1}
        for t in troubles
    ]


def first_reason(client: Client, trouble: str) -> str | None:
    reason: str | None = client.attempts(f"youtube:{video_id(trouble)}")[0]["reason"]
    return reason


def test_one_video_of_every_failure_that_refuses_nobody(
    stack: Stack, client: Client, add_to_site: Callable[..., str]
) -> None:
    troubles = [trouble for trouble in PASSING if trouble not in REFUSALS]
    client.submit(add_to_site("PLeveryfailure0", passing(troubles), prepare=True))
    videos = when_ended(client, "youtube:PLeveryfailure0", videos=len(troubles))
    assert {video["state"] for video in videos} == {"stored"}
    assert {trouble: first_reason(client, trouble) for trouble in troubles} == {t: PASSING[t] for t in troubles}


def test_one_video_of_every_failure(stack: Stack, client: Client, add_to_site: Callable[..., str]) -> None:
    lasting = [
        # Long enough that what is missing is more than sources round by.
        {"id": video_id(t), "title": t, "seconds": 30, "trouble": t, "premieres_at": time.time() + 7200, **ASKED_FOR}
        for t in LASTING
    ]
    listed = add_to_site("PLeveryfailure1", [*lasting, *passing(REFUSALS)], prepare=True)
    playlist = client.submit(listed)["id"]
    wanted: dict[str, Any] = {f"youtube:{video_id(t)}": end for t, end in LASTING.items()}
    wanted |= {f"youtube:{video_id(t)}": End("stored", "", "") for t in REFUSALS}

    def ends() -> dict[str, End]:
        for breaker in client.breakers():
            if breaker["state"] == "open" and breaker["until"] is None:
                client.resume(breaker["egress"], breaker["kind"])
        found = {}
        for video in client.videos(playlist=playlist):
            failure = video["failure"] or {"failure_class": "", "reason": ""}
            found[video["id"]] = End(video["state"], failure["failure_class"], failure["reason"])
        return found

    try:
        eventually(lambda: ends() == wanted or None, "end of all")
    finally:
        found = ends()
        assert {id_: (found.get(id_), end) for id_, end in wanted.items() if found.get(id_) != end} == {}
    # While one is refused, what is under way asks no further page and goes back: such a try has no entry of its own.
    met = {trouble: first_reason(client, trouble) for trouble in REFUSALS}
    assert {trouble: reason for trouble, reason in met.items() if reason not in (None, PASSING[trouble])} == {}
    assert any(met.values())
    shown = subprocess.run(
        [FONOTECA, "--env-file", str(stack.env_file), "reasons", "--playlist", playlist, "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    counted = {row["reason"]: row["open"] + row["abandoned"] for row in json.loads(shown.stdout)}
    reasons = [end.reason for end in LASTING.values()]
    assert counted == {reason: reasons.count(reason) for reason in reasons}
