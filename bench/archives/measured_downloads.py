"""Made-up measurements of downloads over a month: evenings are slow at one egress, and one network is slower."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Measurement
from shared.catalog.measurements.hours import hour_of

#: Documents inserted together.
BATCH = 1000
DAYS = 30
EGRESSES = ("cotonou-1", "cotonou-2", "porto-novo")
#: Number and name of networks, and their share of a usual rate.
NETWORKS = ((15169, "GOOGLE", 1.0), (36040, "YOUTUBE", 0.9), (28683, "OPT-BENIN", 0.35))


async def fill_measurements(catalog: Catalog, number: int, until: datetime) -> None:
    """Put `number` measurements of the month before `until` into an empty catalog, and mark their hours due."""
    for batch in _batches(number, until):
        await catalog.measurements.insert_many(batch, ordered=False)
    first = hour_of(until - timedelta(days=DAYS))
    marks = [{"_id": first + timedelta(hours=n), "n": 1} for n in range(24 * DAYS + 1)]
    await catalog.measured_hours_due.insert_many(marks, ordered=False)


def _batches(number: int, until: datetime) -> Iterator[list[Measurement]]:
    chance = random.Random(19)
    step = timedelta(days=DAYS) / number
    begin = until - timedelta(days=DAYS)
    for first in range(0, number, BATCH):
        yield [_one(n, begin + n * step, chance) for n in range(first, min(number, first + BATCH))]


def _one(number: int, at: datetime, chance: random.Random) -> Measurement:
    egress = chance.choice(EGRESSES)
    as_number, as_name, share = chance.choice(NETWORKS)
    evening = 0.45 if egress == "cotonou-2" and at.hour >= 19 else 1.0
    rate = 1.1e6 * share * evening * math.exp(chance.gauss(0, 0.4))
    size = chance.randrange(2_000_000, 9_000_000)
    seconds = size / rate
    first_byte = 0.08 / share * math.exp(chance.gauss(0, 0.5))
    document: dict[str, Any] = {
        "at": at.replace(microsecond=at.microsecond // 1000 * 1000),
        "of": {
            "egress": egress,
            "provider": "fibre" if egress.startswith("cotonou") else "4g",
            "source": "youtube",
            "purpose": "archive",
        },
        "id": f"{number:08x}-0000-5000-8000-{chance.getrandbits(48):012x}",
        "video_id": f"youtube:m{number:010}",
        "url": f"https://www.youtube.com/watch?v=m{number:010}",
        "token": 1,
        "scraper": "scraper-1",
        "engine": "yt-dlp",
        "engine_version": "2026.10.26",
        "result": "downloaded",
        "title": f"Fongbè: leçon {number}",
        "as_number": as_number,
        "as_name": as_name,
        "server": {
            "host": f"rr{1 + number % 5}---sn-{as_number}.googlevideo.com",
            "address": f"203.0.113.{number % 250}",
            "status": 206,
            "redirect_seconds": 0.0,
            "resolve_seconds": 0.004 * math.exp(chance.gauss(0, 0.6)),
            "connect_seconds": 0.03 / share,
            "tls_seconds": 0.05 / share,
            "first_byte_seconds": first_byte,
        },
        "media": {
            "format": "251",
            "extension": "webm",
            "protocol": "https",
            "codec": "opus",
            "encoding_kbps": 128.0,
            "duration_seconds": size / 16_000,
            "size_bytes": size,
        },
        "transfer": {
            "request_count": 1,
            "bytes": size,
            "seconds": seconds + first_byte,
            "waited_seconds": 0.0,
            "transfer_seconds": seconds,
            "average_rate": rate,
            "peak_rate": rate * 1.6,
            "interruptions": 0,
            "proxied": False,
            "resolver": "system",
        },
        "playback": {
            "startup_seconds": first_byte + 0.03,
            "startup_bytes": 40_000,
            "startup_buffer_seconds": 2.5,
            "stalls": 0,
            "stalled_seconds": 0.0,
            "played_seconds": seconds,
            "buffered_seconds": size / 16_000 - seconds,
        },
    }
    return document  # type: ignore[return-value]  # its fields are those of the type
