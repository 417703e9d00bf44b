"""To version 1: what lists are sorted and found by. Catalogs that were begun before have videos without it.

Also what else documents of that time have and older ones lack, so that a catalog of any age can be opened.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import VideoState
from shared.catalog.migrations.step import Document, Step, rewriting, write
from shared.catalog.reading.batches import BATCH
from shared.catalog.reading.ordered import NOT_NUMBERED, has, lacks
from shared.catalog.search.accessions import doubles, raise_counter, take_numbers
from shared.catalog.search.terms import spelled, words_of
from shared.catalog.videos.transitions import UNKNOWN_LICENCE

#: What was stored of a video before that could be chosen.
_ONLY_PROFILE = "mp3-320"
#: What fetched everything before there were other engines.
_ONLY_ENGINE = "yt-dlp"

_UNNUMBERED = {"accession": NOT_NUMBERED}


async def _pending_numbers(catalog: Catalog) -> int:
    return await catalog.videos.count_documents(_UNNUMBERED)


async def _give_numbers(catalog: Catalog) -> AsyncIterator[int]:
    """In the order in which the videos were accepted; after those that have a number."""
    await raise_counter(catalog)
    async with catalog.collection("videos").find(_UNNUMBERED, {"_id": 1}) as cursor:
        ids: list[Any] = []
        async for found in cursor.sort([("accepted_at", 1), ("_id", 1)]):
            ids.append(found["_id"])
            if len(ids) == BATCH:
                yield await _number(catalog, ids)
                ids = []
        if ids:
            yield await _number(catalog, ids)


async def _number(catalog: Catalog, ids: list[Any]) -> int:
    numbers = await take_numbers(catalog, len(ids))
    changes = [(id_, {"$set": {"accession": number}}) for id_, number in zip(ids, numbers, strict=True)]
    await write(catalog, "videos", _UNNUMBERED, changes)
    return len(ids)


async def _pending_doubles(catalog: Catalog) -> int:
    return len([double async for double in doubles(catalog)])


async def _number_doubles(catalog: Catalog) -> AsyncIterator[int]:
    await raise_counter(catalog)
    found = [double async for double in doubles(catalog)]
    for begin in range(0, len(found), BATCH):
        batch = found[begin : begin + BATCH]
        for double, number in zip(batch, await take_numbers(catalog, len(batch)), strict=True):
            seen = {"_id": double.video_id, "accession": double.number}
            await catalog.videos.update_one(seen, {"$set": {"accession": number}})
        yield len(batch)


def _part(document: Document, name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _words(video: Document) -> Document:
    words = words_of(_text(video.get("title")), _text(_part(video, "metadata").get("channel")))
    return {"$set": {"words": words, "spelled": spelled(words)}}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _licence(video: Document) -> Document:
    return {"$set": {"licence": _text(_part(video, "metadata").get("licence")) or UNKNOWN_LICENCE}}


def _title_and_length(video: Document) -> Document:
    metadata, audio = _part(video, "metadata"), _part(video, "audio")
    seconds = metadata.get("duration_seconds", audio.get("duration_seconds"))
    known = {"title": _text(metadata.get("title")), "duration_seconds": seconds}
    return {"$set": {name: value for name, value in known.items() if name not in video}}


def _profiles(video: Document) -> Document:
    return {"$set": {"profiles": [_text(video.get("profile")) or _ONLY_PROFILE]}, "$unset": {"profile": ""}}


def _audio(video: Document) -> Document:
    audio, since = _part(video, "audio"), video.get("state_since")
    former: dict[str, Any] = {
        "profile": _ONLY_PROFILE,
        "engine": _ONLY_ENGINE,
        **dict.fromkeys(("source_codec", "source_bitrate_kbps", "source_format")),
    }
    change = {f"audio.{name}": value for name, value in former.items() if name not in audio}
    if not isinstance(audio.get("stored_at"), datetime) and isinstance(since, datetime):
        change["audio.stored_at"] = since
    return {"$set": change}


def _listing(playlist: Document) -> Document:
    change: dict[str, Any] = {name: 0 for name in ("attempts", "charged") if name not in playlist}
    retry, since = _part(playlist, "retry"), playlist.get("state_since")
    if isinstance(playlist.get("retry"), dict):
        first = {"in_a_row": 1, "first_failed_at": since}
        change |= {f"retry.{name}": value for name, value in first.items() if name not in retry}
    return {"$set": change}


def _absent(*names: str) -> list[Document]:
    return [{name: {"$exists": False}} for name in names]


_HAS_AUDIO = has("audio", "object")
_AUDIO_FIELDS = ("profile", "engine", "source_codec", "source_bitrate_kbps", "source_format")
_OLD_AUDIO = {
    **_HAS_AUDIO,
    "state_since": {"$type": "date"},
    "$or": [*_absent(*(f"audio.{name}" for name in _AUDIO_FIELDS)), lacks("audio.stored_at", "date")],
}
_OLD_LISTING = {
    "$or": [
        *_absent("attempts", "charged"),
        *({**has("retry", "object"), **each} for each in _absent("retry.in_a_row", "retry.first_failed_at")),
    ],
}

STEPS = (
    Step(
        "accession-numbers",
        "Number the videos that have no accession number, in the order in which they were accepted",
        _pending_numbers,
        _give_numbers,
    ),
    Step(
        "double-numbers",
        "Give a number of its own to each video that shares one, as after the loss of the counter",
        _pending_doubles,
        _number_doubles,
    ),
    rewriting(
        "titles-and-lengths",
        "Note title and length of videos that lack the fields",
        "videos",
        {"$or": _absent("title", "duration_seconds")},
        _title_and_length,
    ),
    rewriting(
        "words",
        "Note the words under which videos are found",
        "videos",
        {"$or": [{"words": {"$not": {"$type": "array"}}}, lacks("spelled", "string")]},
        _words,
    ),
    rewriting(
        "licences",
        "Note the licence under which stored videos are found",
        "videos",
        {"state": VideoState.STORED, **lacks("licence", "string")},
        _licence,
    ),
    rewriting(
        "profiles",
        "Note what is stored of videos that were accepted when there was no choice",
        "videos",
        {"profiles": {"$not": {"$type": "array"}}},
        _profiles,
    ),
    rewriting("audio", "Note profile, engine and moment of recordings that lack them", "videos", _OLD_AUDIO, _audio),
    rewriting("listings", "Note the tries of playlists that lack them", "playlists", _OLD_LISTING, _listing),
)
