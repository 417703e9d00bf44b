"""A source that limits each connection: how much do slots help, and how much a second scraper?"""

from __future__ import annotations

from bench.playlists import add, through_services, through_yt_dlp
from dev.stack import Stack

#: Bytes a second of one connection.
PACE = 200_000
SECONDS = 60
VIDEOS = 40
#: Of different lengths, like real videos, and enough to keep sixteen slots busy nearly to the end. Forty of one length
#: take five rounds with eight slots and three with sixteen, whatever the scrapers do.
VIDEOS_FOR_TWO, LENGTHS = 120, (40, 80, 50, 70, 60)
SLOTS = 8
#: Seconds after which a run has failed.
LIMIT_SECONDS = 600

SERVICES: tuple[str, ...] = ("scraper", "retry", "api")
SETTINGS = {"SCRAPER_PROFILES": "original", "SCRAPER_DOWNLOAD_SLOTS": str(SLOTS)}
AIMS = {"slots_times_faster_than_yt_dlp": "≥ 6", "two_scrapers_times_faster": "≥ 1.9"}
MEANINGS = {
    "slow_yt_dlp_seconds": f"yt-dlp -x, {VIDEOS} × {SECONDS} s from a site that gives 200 kB/s to a connection",
    "slow_services_seconds": f"the same through a scraper with {SLOTS} slots, profile original",
    "slots_times_faster_than_yt_dlp": "yt-dlp ÷ services",
    "one_scraper_seconds": f"{VIDEOS_FOR_TWO} videos of 40 to 80 s, as slowly, through one scraper",
    "two_scrapers_seconds": "the same number through two scrapers",
    "two_scrapers_times_faster": "one ÷ two",
}


def run(stack: Stack) -> dict[str, float]:
    """Run yt-dlp, one scraper, and two. Returns seconds and ratios."""
    url = add(stack, "PLbenchSlowSite", VIDEOS, SECONDS, bytes_per_second=PACE)
    services = through_services(stack, url, VIDEOS, LIMIT_SECONDS)
    alone = through_yt_dlp(stack, url, VIDEOS)
    for_one = add(stack, "PLbenchOneScraper", VIDEOS_FOR_TWO, *LENGTHS, bytes_per_second=PACE)
    for_two = add(stack, "PLbenchTwoScraps", VIDEOS_FOR_TWO, *LENGTHS, bytes_per_second=PACE)
    one = through_services(stack, for_one, VIDEOS_FOR_TWO, LIMIT_SECONDS)
    stack.start_services(("scraper-2",), SETTINGS)
    # Its workers are forked and its connections are open before the measurement.
    through_services(stack, add(stack, "PLbenchWarmTwo", 4 * SLOTS, 5), 4 * SLOTS, LIMIT_SECONDS)
    two = through_services(stack, for_two, VIDEOS_FOR_TWO, LIMIT_SECONDS)
    return {
        "slow_yt_dlp_seconds": round(alone, 2),
        "slow_services_seconds": round(services, 2),
        "slots_times_faster_than_yt_dlp": round(alone / services, 2),
        "one_scraper_seconds": round(one, 2),
        "two_scrapers_seconds": round(two, 2),
        "two_scrapers_times_faster": round(one / two, 2),
    }
