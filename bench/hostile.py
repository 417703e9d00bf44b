"""Ten honest playlists at the default pace: alone, and among a hundred hostile submissions by a submit key.

The operator submits the honest ones, one after the other; ten hostile ones precede each of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from bench.hostile_kinds import Body, hostile
from bench.scraping.playlists import add
from cli.api.client import Address, Client
from cli.errors import CliError
from dev.stack import Stack

#: Honest playlists, videos in each, and seconds of each video.
PLAYLISTS, VIDEOS, SECONDS = 10, 2, 5
#: Hostile submissions before each honest one.
HOSTILE = 10
#: Seconds after which a run has failed.
LIMIT_SECONDS = 3600

SERVICES: tuple[str, ...] = ("scraper", "retry", "api")
#: The scraper's defaults, because the stack uses a faster pace for its own site.
SETTINGS: dict[str, str] = {
    "SCRAPER_REQUEST_INTERVAL_SECONDS": "0.75",
    "SCRAPER_DOWNLOAD_INTERVAL_SECONDS": "5",
    "SCRAPER_REQUESTS_PER_HOUR": "1000",
    "SCRAPER_SUBTITLE_INTERVAL_SECONDS": "5",
    "SCRAPER_EGRESS_REST_SECONDS": "1800",
    "SOURCES_RELIST_SECONDS": "900",
}
AIMS = {"times_as_long_among_hostile": "≤ 1.2"}
MEANINGS = {
    "honest_alone_seconds": "until 10 playlists of 2 videos are stored, at the default pace",
    "honest_among_hostile_seconds": "the same among 100 hostile submissions by a submit key",
    "times_as_long_among_hostile": "among hostile ÷ alone",
    "hostile_taken": "of the 100: those that the API took; the others it refused",
    "honest_lost": "honest videos that were not stored",
}


def run(stack: Stack) -> dict[str, float]:
    """Do both runs, one after the other. Returns seconds and their ratio."""
    operator = Client(Address(stack.exports["API_URL"], stack.exports["API_KEY"]))
    submitter = Client(Address(stack.exports["API_URL"], str(operator.make_key("hostile", "submit", None)["key"])))
    alone, _ = _stored_in(stack, operator, "alone", lambda: None)
    flood = hostile(stack)
    taken = 0

    def harm() -> None:
        nonlocal taken
        taken += sum(_taken(submitter, flood) for _ in range(HOSTILE))

    among, lost = _stored_in(stack, operator, "among", harm)
    return {
        "honest_alone_seconds": round(alone, 1),
        "honest_among_hostile_seconds": round(among, 1),
        "times_as_long_among_hostile": round(among / alone, 2),
        "hostile_taken": taken,
        "honest_lost": lost,
    }


def _taken(submitter: Client, flood: Iterator[Body]) -> bool:
    """Send the next hostile submission. Returns whether the API took it."""
    body = next(flood)
    try:
        submitter.submit(body["url"], {name: value for name, value in body.items() if name != "url"})
    except CliError:
        return False
    return True


def _stored_in(stack: Stack, operator: Client, name: str, before: Callable[[], None]) -> tuple[float, int]:
    """Submit the honest playlists, each after its hostile submissions.

    Returns the seconds until all their videos have ended, and how many of them are not stored.
    """
    urls = [add(stack, f"PLhonest{name}{number:02}", VIDEOS, SECONDS) for number in range(PLAYLISTS)]
    began, ids = time.perf_counter(), []
    for url in urls:
        before()
        ids.append(operator.submit(url)["id"])
    while time.perf_counter() - began < LIMIT_SECONDS:
        counts = [operator.playlist(id_)["progress"]["counts"] for id_ in ids]
        ended = [found["stored"] + found["abandoned"] for found in counts]
        if sum(ended) == PLAYLISTS * VIDEOS:
            break
        time.sleep(0.5)
    return time.perf_counter() - began, PLAYLISTS * VIDEOS - sum(found["stored"] for found in counts)
