"""Plans the memory limit of one worker, so that the scraper stays within the limit of its container.

Beyond that limit the kernel ends a process, and Kubernetes the whole container with all videos in work. Workers seldom
need much: the plan allows one of them to reach its own limit while all others use the usual amount.
"""

from __future__ import annotations

#: Megabytes (of 10**6 bytes) of the service and its fork server, of a usual worker, look and encoding.
SERVICE, USUAL_WORKER, USUAL_LOOK, USUAL_ENCODING = 300, 200, 100, 100
#: Megabytes of a worker where nothing limits it; and the least that the JavaScript runtime needs.
WORKER, LEAST_WORKER = 1000, 600
#: Listings at once, each in a process of its own. Listings are few and short; a second one keeps a huge playlist from
#: holding up small ones. One place is never given to limited submitters: their further listings return to the queue at
#: once, so that the messages behind them are handled.
LISTINGS = 2
#: Looks at followed sources at once, each in a process of its own too. They are short, and mostly wait for a feed.
LOOKS = 2


def worker_megabytes(limit: int | None, download_slots: int, encode_slots: int) -> int:
    """Megabytes that one worker may have. `limit`: bytes for all processes; None: no limit."""
    if limit is None:
        return WORKER
    return max(LEAST_WORKER, min(WORKER, limit // 10**6 - _others(download_slots, encode_slots)))


def problem(limit: int | None, worker: int, download_slots: int, encode_slots: int) -> str | None:
    """Why the limit may be reached, and what to do; None: it will not be. `worker`: megabytes, 0: no limit."""
    if limit is None:
        return None
    needed = (worker or WORKER) + _others(download_slots, encode_slots)
    if needed <= limit // 10**6:
        return None
    return (
        f"This container may use {limit // 10**6} MB of memory. {download_slots} downloads, {LISTINGS} listings, "
        f"{LOOKS} looks and {encode_slots} encodings may need {needed} MB: the kernel would end it with all "
        "videos in work. Raise the limit, or lower SCRAPER_DOWNLOAD_SLOTS, SCRAPER_ENCODE_SLOTS or "
        "SCRAPER_WORKER_MEGABYTES."
    )


def _others(download_slots: int, encode_slots: int) -> int:
    """Megabytes of everything but one worker."""
    workers = download_slots - 1 + LISTINGS
    return SERVICE + workers * USUAL_WORKER + LOOKS * USUAL_LOOK + encode_slots * USUAL_ENCODING
