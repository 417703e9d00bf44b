"""A source that limits each connection: how much does a second scraper help?"""

from __future__ import annotations

from statistics import median

from bench.scraping import connections
from bench.scraping.connections import LIMIT_SECONDS, PACE, SLOTS
from bench.scraping.playlists import add, through_services
from dev.stack import Stack

#: Of different lengths in seconds, like real videos, and enough to keep sixteen slots busy nearly to the end. Forty of
#: one length take five rounds with eight slots and three with sixteen, whatever the scrapers do.
VIDEOS, LENGTHS = 240, (40, 80, 50, 70, 60)
#: Each side's turns; their medians are compared.
TURNS = 3

SERVICES, SETTINGS = connections.SERVICES, connections.SETTINGS
AIMS = {"two_scrapers_times_faster": "≥ 1.9"}
MEANINGS = {
    "one_scraper_seconds": f"{VIDEOS} videos of 40 to 80 s from a site that gives 200 kB/s to a connection, by one "
    f"scraper with {SLOTS} slots, median of {TURNS}",
    "two_scrapers_seconds": f"the same number through two scrapers, median of {TURNS}",
    "two_scrapers_times_faster": "one ÷ two",
}


def run(stack: Stack) -> dict[str, float]:
    """Run playlists through one scraper, then as many through two. Returns seconds and their ratio."""
    one = [_seconds(stack, f"PLbenchAlone{turn}") for turn in range(TURNS)]
    stack.start_services(("scraper-2",), SETTINGS)
    # Its workers are forked and its connections are open before the measurement.
    through_services(stack, add(stack, "PLbenchWarmTwo", 4 * SLOTS, 5), 4 * SLOTS, LIMIT_SECONDS)
    two = [_seconds(stack, f"PLbenchPair0{turn}") for turn in range(TURNS)]
    return {
        "one_scraper_seconds": round(median(one), 2),
        "two_scrapers_seconds": round(median(two), 2),
        "two_scrapers_times_faster": round(median(one) / median(two), 2),
    }


def _seconds(stack: Stack, playlist_id: str) -> float:
    url = add(stack, playlist_id, VIDEOS, *LENGTHS, bytes_per_second=PACE)
    return through_services(stack, url, VIDEOS, LIMIT_SECONDS)
