"""Recordings of all lengths with holes everywhere: is none of them stored, no whole one refused, and at what cost?"""

from __future__ import annotations

import asyncio
import os

from rich.console import Console
from rich.table import Table

from dev.checks.recording_check import HOLES, PLACES, Outcome, recordings, try_recording
from dev.site.client import add_playlist
from dev.stack import Stack
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from shared.profiles import DEFAULT_PROFILE

SERVICES: tuple[str, ...] = ("scraper", "retry", "api")
SETTINGS: dict[str, str] = {}
AIMS = {
    "holes_stored": "0",
    "holes_whole_refused": "0",
    "holes_compare_share": "below 0.02",
}
MEANINGS = {
    "holes_recordings": "recordings tried: plain and in fragments, of 10 s, 10 min, 1 h and 3 h, with 9 holes each",
    "holes_stored": "of those with a hole, how many would have been stored",
    "holes_whole_refused": "of the whole ones, how many were refused",
    "holes_encode_seconds": "seconds that encoding the whole ones took, all together",
    "holes_compare_share": "share of that time that comparing lengths took",
}
#: Length in seconds → its name.
LENGTHS = {10: "10 s", 600: "10 min", 3600: "1 h", 10_800: "3 h"}


def run(stack: Stack) -> dict[str, float]:
    """Try all recordings, one at a time for each core."""
    os.environ["https_proxy"] = os.environ["HTTPS_PROXY"] = stack.exports["FONOTECA_SITE_PROXY"]
    os.environ["SSL_CERT_FILE"] = stack.exports["FONOTECA_SITE_CA"]
    outcomes = asyncio.run(_all(stack))
    _show(outcomes)
    whole = [outcome for (_, name), outcome in outcomes.items() if name.endswith("whole")]
    holed = [outcome for (_, name), outcome in outcomes.items() if not name.endswith("whole")]
    encoding = sum(outcome.encode_seconds for outcome in whole)
    return {
        "holes_recordings": len(outcomes),
        "holes_stored": sum(outcome.refused is None for outcome in holed),
        "holes_whole_refused": sum(outcome.refused is not None for outcome in whole),
        "holes_encode_seconds": round(encoding, 1),
        "holes_compare_share": round(sum(outcome.compare_seconds for outcome in whole) / encoding, 6),
    }


async def _all(stack: Stack) -> dict[tuple[float, str], Outcome]:
    ffmpeg, places = Ffmpeg(find_ffmpeg()), asyncio.Semaphore(os.cpu_count() or 1)
    outcomes: dict[tuple[float, str], Outcome] = {}

    async def one(seconds: float, name: str, id_: str) -> None:
        async with places:
            url = f"https://www.youtube.com/watch?v={id_}"
            outcomes[seconds, name] = await try_recording(ffmpeg, url, DEFAULT_PROFILE)

    for seconds in LENGTHS:
        videos = recordings(f"hole{seconds:05}", seconds)
        add_playlist(stack.exports, f"PLholes{seconds:07}", list(videos.values()))
        await asyncio.gather(*(one(seconds, name, video["id"]) for name, video in videos.items()))
    return outcomes


def _show(outcomes: dict[tuple[float, str], Outcome]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("recording", no_wrap=True)
    for length in LENGTHS.values():
        table.add_column(length, no_wrap=True)
    for form in ("plain", "fragments"):
        names = [f"{form} whole", *(f"{form} {hole:g} s at the {place}" for hole in HOLES for place in PLACES)]
        for name in names:
            table.add_row(name, *((outcomes[seconds, name].refused or "stored") for seconds in LENGTHS))
    Console(highlight=False, width=110).print(table)
