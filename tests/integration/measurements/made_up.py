"""Measurements for tests: downloads around a noon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts import DownloadMeasured

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def measured(number: int, minutes: float = 0, number_rate: int | None = None, **more: Any) -> DownloadMeasured:
    """A download `minutes` after noon, at a rate of 100 kB/s for each `number`, or `number_rate`."""
    fields: dict[str, Any] = {
        "video_id": f"youtube:measured{number:03}",
        "url": f"https://www.youtube.com/watch?v=measured{number:03}",
        "token": 1,
        "measured_at": NOON + timedelta(minutes=minutes),
        "source": "youtube",
        "egress": "cotonou",
        "provider": "fibre",
        "scraper": "scraper-1",
        "engine": "yt-dlp",
        "result": "downloaded",
        "transfer": {
            "requests": [
                {
                    "host": "cache.example",
                    "bytes": 1000,
                    "redirect_seconds": 0,
                    "first_byte_seconds": number / 100,
                    "seconds": 2,
                    "reused": False,
                    "broken": False,
                }
            ],
            "request_count": 1,
            "bytes": 1000,
            "seconds": 2.0,
            "waited_seconds": 0.5,
            "transfer_seconds": 1.5,
            "average_rate": (number_rate or number) * 100_000,
            "interruptions": 1,
        },
        "playback": {"stalls": 2, "stalled_seconds": 0.5, "played_seconds": 1, "buffered_seconds": 1},
    }
    return DownloadMeasured.model_validate(fields | more)
