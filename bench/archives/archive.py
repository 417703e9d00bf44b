"""A large synthetic archive: documents as the services write them, inserted directly into the catalog."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.catalog.search.accessions import take_numbers
from shared.catalog.search.terms import spelled, words_of
from shared.catalog.videos.outcomes import UNKNOWN_LICENCE

#: Documents inserted together: few, so that no insert waits long for a server that writes to its disk.
BATCH = 100
PLAYLISTS, CHANNELS, WORDS = 200, 300, 5000
WORDS_OF_A_TITLE = 6
#: State → percentage of videos.
STATES = {"stored": 80.0, "abandoned": 8.0, "waiting": 5.0, "queued": 6.9, "running": 0.1}
REASONS = ("private", "removed", "timeout", "country", "js-runtime")
LICENCES = (None, "Creative Commons Attribution licence (reuse allowed)", "Standard")
_SYLLABLES = ("gbe", "ɖo", "xwe", "mɛ", "nu", "wa", "sɔ", "ti", "kpo", "la", "ye", "hun", "vi", "da", "zan")


class Vocabulary:
    """Names of titles, channels and playlists; the same in every run."""

    def __init__(self) -> None:
        chance = random.Random(11)
        self.words = sorted({"".join(chance.choices(_SYLLABLES, k=3)) for _ in range(3 * WORDS)})[:WORDS]
        self.channels = [f"Channel {n}" for n in range(CHANNELS)]
        self.playlists = [f"youtube:PLarchive{n:04}" for n in range(PLAYLISTS)]


async def fill(catalog: Catalog, number: int, vocabulary: Vocabulary) -> None:
    """Put `number` videos into an empty catalog."""
    chance = random.Random(12)
    batch: list[Video] = []
    for number_ in await take_numbers(catalog, number):
        batch.append(_video(number_, chance, vocabulary))
        if len(batch) == BATCH:
            await catalog.videos.insert_many(batch, ordered=False)
            batch = []
    if batch:
        await catalog.videos.insert_many(batch, ordered=False)


def _video(accession: int, chance: random.Random, vocabulary: Vocabulary) -> Video:
    now = datetime.now(UTC)
    state = chance.choices(list(STATES), list(STATES.values()))[0]
    title = " ".join(chance.choices(vocabulary.words, k=WORDS_OF_A_TITLE))
    channel = chance.choice(vocabulary.channels)
    id_ = f"{chance.getrandbits(64):016x}"[:11]
    words = words_of(title, channel)
    document: Any = {
        "_id": f"youtube:{id_}",
        "accession": accession,
        "extractor": "youtube",
        "source_id": id_,
        "url": f"https://www.youtube.com/watch?v={id_}",
        "title": title,
        "words": words,
        "spelled": spelled(words),
        "duration_seconds": 600.0,
        "profiles": ["mp3-320"],
        "playlists": [chance.choice(vocabulary.playlists)],
        "state": state,
        "state_since": now,
        "accepted_at": now,
        "requested_at": now,
        "token": 1,
        "attempts": 1,
        **dict(_of_state(state, channel, chance, now)),
    }
    video: Video = document
    return video


def _of_state(state: str, channel: str, chance: random.Random, now: datetime) -> Iterator[tuple[str, Any]]:
    """Return the additional fields of a document in this state."""
    if state == "stored":
        sha256 = f"{chance.getrandbits(256):064x}"
        audio: dict[str, Any] = {"profile": "mp3-320", "bucket": "fonoteca", "key": f"audio/{sha256[:12]}"}
        audio |= {"sha256": sha256, "size_bytes": 24_000_000, "duration_seconds": 600.0, "bitrate_kbps": 320}
        audio |= {"codec": "mp3", "source_codec": "opus", "source_bitrate_kbps": 128.0, "engine": "yt-dlp"}
        stored_at = now - timedelta(minutes=chance.randrange(100_000))
        yield "audio", audio | {"stored_at": stored_at}
        mirror = {"container": "fonoteca", "blob": audio["key"], "sha256": sha256, "size_bytes": 24_000_000}
        yield "mirror", mirror | {"mirrored_at": stored_at}
        licence = chance.choice(LICENCES)
        yield "licence", licence or UNKNOWN_LICENCE
        yield "metadata", {"title": None, "channel": channel, "licence": licence}
    if state in ("abandoned", "waiting"):
        failure = {"failure_class": "permanent", "reason": chance.choice(REASONS), "detail": "…", "retry_at": None}
        moments = dict.fromkeys(("first_failed_at", "last_failed_at"), now)
        due_at = now + timedelta(minutes=chance.randrange(3000))
        yield "retry", {"failure": failure, "due_at": due_at, "decided": True, "charged": 1, "in_a_row": 1, **moments}
    if state == "running":
        yield "lease", {"owner": "bench", "expires_at": now + timedelta(hours=1)}
