"""A source that limits each connection: how much do slots help?"""

from __future__ import annotations

from bench.scraping.playlists import add, through_services, through_yt_dlp
from dev.stack import Stack

#: Bytes a second of one connection.
PACE = 200_000
SECONDS = 60
VIDEOS = 40
SLOTS = 8
#: Seconds after which a run has failed.
LIMIT_SECONDS = 600

SERVICES: tuple[str, ...] = ("scraper", "retry", "api")
SETTINGS = {"SCRAPER_PROFILES": "original", "SCRAPER_DOWNLOAD_SLOTS": str(SLOTS)}
AIMS = {"slots_times_faster_than_yt_dlp": "≥ 6"}
MEANINGS = {
    "slow_yt_dlp_seconds": f"yt-dlp -x, {VIDEOS} × {SECONDS} s from a site that gives 200 kB/s to a connection",
    "slow_services_seconds": f"the same through a scraper with {SLOTS} slots, profile original",
    "slots_times_faster_than_yt_dlp": "yt-dlp ÷ services",
}


def run(stack: Stack) -> dict[str, float]:
    """Run yt-dlp, and one scraper. Returns seconds and their ratio."""
    url = add(stack, "PLbenchSlowSite", VIDEOS, SECONDS, bytes_per_second=PACE)
    services = through_services(stack, url, VIDEOS, LIMIT_SECONDS)
    alone = through_yt_dlp(stack, url, VIDEOS)
    return {
        "slow_yt_dlp_seconds": round(alone, 2),
        "slow_services_seconds": round(services, 2),
        "slots_times_faster_than_yt_dlp": round(alone / services, 2),
    }
