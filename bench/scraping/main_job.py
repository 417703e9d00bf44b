"""A playlist of 20 × 60 s: the services compared with yt-dlp alone, and with the limit of FFmpeg's CPU time.

The mirror is off, because yt-dlp makes no second copy either.
"""

from __future__ import annotations

import os

from bench.measuring import ended_children_cpu
from bench.scraping.encodings import seconds_alone
from bench.scraping.playlists import add, through_services, through_yt_dlp
from dev.stack import Stack

VIDEOS, SECONDS = 20, 60
#: Seconds after which the run has failed.
LIMIT_SECONDS = 300

SERVICES: tuple[str, ...] = ("scraper", "retry", "api")
SETTINGS: dict[str, str] = {}
AIMS = {
    "times_faster_than_yt_dlp": "≥ 3",
    "times_the_encodings_alone": "≤ 1.15",
}
MEANINGS = {
    "yt_dlp_seconds": "yt-dlp -x --audio-format mp3 --audio-quality 320K, 20 × 60 s",
    "services_seconds": "the same playlist through the running services",
    "ffmpeg_cpu_seconds": "CPU seconds of the services' ffmpeg runs, verification included",
    "ffmpeg_cpu_by_cores_seconds": "the same ÷ cores: nothing that encodes could be faster",
    "times_faster_than_yt_dlp": "yt-dlp ÷ services",
    "times_the_cpu_bound": "services ÷ (ffmpeg CPU ÷ cores)",
    "encodings_alone_seconds": "the same encodings by the scraper's ffmpeg, nothing else running on the machine",
    "times_the_encodings_alone": "services ÷ encodings alone",
}


def run(stack: Stack) -> dict[str, float]:
    """Measure both ways, one after the other. Returns seconds and ratios."""
    url = add(stack, "PLbenchMainJob", VIDEOS, SECONDS)
    alone = through_yt_dlp(stack, url, VIDEOS, "--audio-format", "mp3", "--audio-quality", "320K")
    scraper = stack.programs["scraper"].pid
    before = ended_children_cpu(scraper)
    services = through_services(stack, url, VIDEOS, LIMIT_SECONDS)
    cpu = ended_children_cpu(scraper) - before
    bound = cpu / (os.cpu_count() or 1)
    sounds = sorted(stack.state.subfolder("site").rglob(f"*-{SECONDS}s-*.webm"))
    encodings = seconds_alone([sounds[n % len(sounds)] for n in range(VIDEOS)])
    return {
        "yt_dlp_seconds": round(alone, 2),
        "services_seconds": round(services, 2),
        "ffmpeg_cpu_seconds": round(cpu, 2),
        "ffmpeg_cpu_by_cores_seconds": round(bound, 2),
        "times_faster_than_yt_dlp": round(alone / services, 2),
        "times_the_cpu_bound": round(services / bound, 2),
        "encodings_alone_seconds": round(encodings, 2),
        "times_the_encodings_alone": round(services / encodings, 2),
    }
