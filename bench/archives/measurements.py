"""A million measurements: what they take on disk, how long roll-ups and retention take, and what the dashboard waits.

Measured on the emulation of MongoDB that the native stack has; the real one is quicker, and packs a time series.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from pydantic import SecretStr

from bench.archives.measured_downloads import DAYS, fill_measurements
from dev.stack import Stack
from shared.catalog.connection import Catalog, connect
from shared.catalog.measurements.hours import forget_measurements, roll_up_due
from shared.settings import MongoSettings

NUMBER = int(os.environ.get("MEASUREMENTS", "1_000_000"))
#: Days whose single measurements are deleted in the end.
DELETED_DAYS = 10
#: How often the dashboard's requests are made.
TIMES = 5
#: The values that its page shows, and the most that it shows where a person asks for more.
SHOWN, MOST = 10_000, 100_000

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {"measurements_page_seconds": "≤ 1"}
MEANINGS = {
    "measurements_number": "single measurements of a month, of three egresses",
    "measurements_insert_per_second": "inserted per second, a thousand at once",
    "measurements_bytes_each": "bytes on disk of each, with its indexes and roll-ups",
    "measurements_roll_up_seconds": "roll-ups of all 721 hours",
    "measurements_page_seconds": f"what the page Measurements reads at once: {SHOWN:,} values and the choices; median",
    "measurements_page_most_seconds": f"the same with up to {MOST:,} values; median",
    "measurements_retention_seconds": f"deletion of {DELETED_DAYS} of the {DAYS} days",
}


def run(stack: Stack) -> dict[str, float]:
    """Fill the catalog, and use it as the probe service and the dashboard do."""
    folder = stack.state.folder
    before, figures = _size(folder), {"measurements_number": float(NUMBER)}
    figures |= asyncio.run(_filled(stack))
    figures["measurements_bytes_each"] = round((_size(folder) - before) / NUMBER)
    stack.start_services(("api",), {})
    figures["measurements_page_seconds"] = _page(stack, SHOWN)
    figures["measurements_page_most_seconds"] = _page(stack, MOST)
    figures["measurements_retention_seconds"] = asyncio.run(_forgotten(stack))
    return figures


async def _catalog(stack: Stack) -> Catalog:
    settings = MongoSettings(uri=SecretStr(stack.exports["MONGO_URI"]), database=stack.exports["MONGO_DATABASE"])
    return await connect(settings, "bench", 10)


async def _filled(stack: Stack) -> dict[str, float]:
    catalog = await _catalog(stack)
    now = datetime.now(UTC)
    began = time.monotonic()
    await fill_measurements(catalog, NUMBER, now)
    inserted = time.monotonic()
    while await roll_up_due(catalog, now - timedelta(days=DAYS + 1)):
        pass
    rolled = time.monotonic()
    await catalog.close()
    return {
        "measurements_insert_per_second": round(NUMBER / (inserted - began)),
        "measurements_roll_up_seconds": round(rolled - inserted, 1),
    }


def _page(stack: Stack, values: int) -> float:
    now = datetime.now(UTC)
    time_ = {"since": (now - timedelta(days=DAYS)).isoformat(), "until": now.isoformat()}
    paths = {
        "/v1/measurements/values": {**time_, "limit": str(values)},
        "/v1/measurements/series": time_,
        "/v1/crawls": {},
    }
    headers = {"Authorization": f"Bearer {stack.exports['API_KEY']}"}

    async def once() -> float:
        async with httpx.AsyncClient(base_url=stack.exports["API_URL"], headers=headers, timeout=300) as client:
            began = time.monotonic()
            answers = await asyncio.gather(*(client.get(path, params=query) for path, query in paths.items()))
            for answer in answers:
                answer.raise_for_status()
            return time.monotonic() - began

    return round(statistics.median(asyncio.run(once()) for _ in range(TIMES)), 2)


async def _forgotten(stack: Stack) -> float:
    catalog = await _catalog(stack)
    began = time.monotonic()
    deleted = await forget_measurements(catalog, datetime.now(UTC) - timedelta(days=DAYS - DELETED_DAYS))
    seconds = time.monotonic() - began
    await catalog.close()
    if not 0.9 < deleted / (NUMBER * DELETED_DAYS / DAYS) < 1.1:
        raise RuntimeError(f"{deleted} measurements were deleted")
    return round(seconds, 1)


def _size(folder: Path) -> int:
    """Bytes of the database on disk."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and "mongo" in str(path))
