"""Pages of videos through every filter, on the real database."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.catalog.search.pages import Place, VideoFilter, video_page
from shared.catalog.videos.acceptance import Entry, accept_videos

NOW = datetime.now(UTC)
NUMBER = 700


@pytest.fixture
async def archive(catalog: Catalog) -> list[Video]:
    """Videos in all states; of some kinds few, far apart."""
    chance = random.Random(7)
    for first in range(0, NUMBER, 100):
        entries = [
            Entry(f"youtube:{n:04}", f"https://youtu.be/{n:04}", f"Gbè {n % 7} mɛ {'xota' if n % 199 == 0 else 'e'}")
            for n in range(first, first + 100)
        ]
        await accept_videos(catalog, f"youtube:PL{first // 100 % 3}", ("mp3-320",), entries, NOW)
    for n in range(0, NUMBER, 2):
        state = "abandoned" if n % 50 == 0 else "stored"
        change = {
            "state": state,
            "metadata": {"channel": chance.choice(["Ayɔ", "Ɖaxo"])},
            "licence": chance.choice(["unknown", "CC BY"]),
        }
        if state == "abandoned":
            change = {"state": state, "retry": {"failure": {"reason": "private"}}}
        await catalog.videos.update_one({"_id": f"youtube:{n:04}"}, {"$set": change})
    return await catalog.videos.find().to_list()


def fits(video: Video, wanted: VideoFilter) -> bool:
    """The same question, asked plainly."""
    metadata = video.get("metadata", {})
    reason = video.get("retry", {}).get("failure", {}).get("reason")
    return (
        wanted.state in (None, video["state"])
        and wanted.reason in (None, reason)
        and (wanted.playlist_id is None or wanted.playlist_id in video["playlists"])
        and wanted.channel in (None, metadata.get("channel"))
        and wanted.licence in (None, video.get("licence"))
        and (wanted.text is None or (wanted.text != "?!" and set(wanted.text.split()) <= set(video["words"])))
    )


FILTERS = [
    VideoFilter(),
    VideoFilter(state="stored"),
    VideoFilter(state="abandoned"),
    VideoFilter(state="running"),
    VideoFilter(reason="private"),
    VideoFilter(reason="private", playlist_id="youtube:PL1"),
    VideoFilter(playlist_id="youtube:PL2", state="queued"),
    VideoFilter(channel="Ayɔ"),
    VideoFilter(licence="CC BY"),
    VideoFilter(licence="unknown"),
    VideoFilter(licence="unknown", state="queued"),
    VideoFilter(text="xota"),
    VideoFilter(text="gbe xota"),
    VideoFilter(text="nothing"),
    VideoFilter(text="?!"),
]


async def test_all_pages_together_are_all_that_fit_the_newest_first(catalog: Catalog, archive: list[Video]) -> None:
    for wanted in FILTERS:
        expected = sorted((v["accession"] for v in archive if fits(v, wanted)), reverse=True)
        for limit in (7, 100, 500):
            seen: list[int] = []
            place: Place | None = None
            while True:
                page = await video_page(catalog, wanted, place, limit)
                # Only the last page is not full.
                assert len(page.videos) == limit or page.next is None
                seen += [video["accession"] for video in page.videos]
                if (place := page.next) is None:
                    break
            assert seen == expected, (wanted, limit)


async def test_accession_numbers_are_given_once_and_in_order(catalog: Catalog) -> None:
    first = [Entry(f"youtube:a{n}", "https://youtu.be/a", None) for n in range(10)]
    again = [*first[5:], *(Entry(f"youtube:b{n}", "https://youtu.be/b", None) for n in range(3))]
    await accept_videos(catalog, "youtube:PL1", ("mp3-320",), first, NOW)
    await accept_videos(catalog, "youtube:PL2", ("mp3-320",), again, NOW)
    found = await catalog.videos.find().sort("accession", 1).to_list()
    assert [v["_id"] for v in found] == [e.video_id for e in first] + ["youtube:b0", "youtube:b1", "youtube:b2"]
    assert [v["accession"] for v in found] == list(range(1, 14))
