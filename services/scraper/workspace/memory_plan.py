"""How much memory one worker may have, so that the scraper as a whole stays within the limit of its container.

Beyond that limit the kernel ends a process, and Kubernetes the whole container with all videos in work.
Workers seldom need much: the plan is that one of them meets its own limit while all others are as usual.
"""

from __future__ import annotations

#: Megabytes (of 10**6 bytes) of the service and its fork server, of a usual worker, and of a usual encoding.
SERVICE, USUAL_WORKER, USUAL_ENCODING = 300, 200, 100
#: What a worker may have where nothing limits it; and what the JavaScript runtime needs at least.
WORKER, LEAST_WORKER = 1000, 600
#: Listings at once, each in a process of its own. They are few and short; a second one keeps a huge playlist from
#: holding up the small ones. One of them is never for submitters who are limited: what they have beyond the others goes
#: back at once, so that what is behind it in the queue is taken.
LISTINGS = 2


def worker_megabytes(limit: int | None, download_slots: int, encode_slots: int) -> int:
    """What one worker may have. `limit`: bytes for everything; None: there is none."""
    if limit is None:
        return WORKER
    return max(LEAST_WORKER, min(WORKER, limit // 10**6 - _others(download_slots, encode_slots)))


def problem(limit: int | None, worker: int, download_slots: int, encode_slots: int) -> str | None:
    """Why the limit may be met, and what to do; None: it will not be. `worker`: megabytes, 0: as many as it likes."""
    if limit is None:
        return None
    needed = (worker or WORKER) + _others(download_slots, encode_slots)
    if needed <= limit // 10**6:
        return None
    return (
        f"This container may take {limit // 10**6} MB of memory, and {download_slots} downloads, {LISTINGS} listings "
        f"and {encode_slots} encodings may need {needed} MB: the kernel would end it with all videos in work. Raise "
        "the limit, or lower SCRAPER_DOWNLOAD_SLOTS, SCRAPER_ENCODE_SLOTS or SCRAPER_WORKER_MEGABYTES."
    )


def _others(download_slots: int, encode_slots: int) -> int:
    """Megabytes of all but one worker."""
    workers = download_slots - 1 + LISTINGS
    return SERVICE + workers * USUAL_WORKER + encode_slots * USUAL_ENCODING
