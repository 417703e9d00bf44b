"""A site for Fonoteca: an archive that describes its collections and recordings in JSON.

A collection, and each of its pages:

    {"title": "Market days", "count": 2, "recordings": ["https://archive.example/recordings/m1"], "next": "…"}

A recording:

    {"id": "m1", "title": "At the well", "seconds": 61.5, "date": "2024-03-01", "language": "fon",
     "licence": "CC BY 4.0", "file": "https://files.example/m1.ogg"}
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from services.scraper.sites import Entry, Gone, Head, HttpError, Media, NotYet, web

#: The hosts of the archive. It can be installed anywhere, so its users name them, comma-separated.
HOSTS = tuple(os.environ.get("EXAMPLE_ARCHIVE_HOSTS", "archive.example").split(","))


def list(address: str) -> Iterator[Head | Entry]:
    """Yield the recordings of a collection, page by page; the address of a recording gives that one alone."""
    page = web.read_json(address)
    if "file" in page or "opens" in page:
        yield Entry(page["id"], address, page["title"])
        return
    yield Head(page["title"], count=page["count"])
    while True:
        for url in page["recordings"]:
            yield Entry(url.rpartition("/")[2], url)
        # A page that does not come raises, so a list that lacks a page never counts as complete.
        if (following := page.get("next")) is None:
            return
        page = web.read_json(following)


def fetch(entry: Entry) -> Media:
    """Return where the file of a recording is, and what the archive says of it."""
    try:
        found: dict[str, Any] = web.read_json(entry.address)
    except HttpError as error:
        if error.status == 403:
            raise Gone("The archive has withdrawn it") from error
        raise
    if "opens" in found:
        opens = datetime.fromisoformat(found["opens"])
        raise NotYet(f"The archive opens it on {opens:%Y-%m-%d}", opens)
    return Media(
        found["file"],
        found["title"],
        id=found["id"],
        seconds=found.get("seconds"),
        published=date.fromisoformat(found["date"]) if "date" in found else None,
        language=found.get("language"),
        licence=found.get("licence"),
    )
