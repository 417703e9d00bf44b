"""Accepts videos into the catalog with their playlist, and marks those whose request was published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Retry, Submitter, Video, VideoState
from shared.catalog.parts import parts_of
from shared.catalog.search.accessions import take_numbers
from shared.catalog.search.terms import spelled, words_of
from shared.catalog.videos.filtering import Conditions, note_conditions
from shared.catalog.videos.outcomes import stored_failure
from shared.contracts import Failure
from shared.filters import Facts

#: States in which a video does not change by itself, or not soon.
_AT_REST = (VideoState.WAITING, VideoState.ABANDONED)


class Entry(NamedTuple):
    """One entry of a listing."""

    video_id: str
    url: str
    title: str | None
    #: By the listing.
    duration_seconds: float | None = None
    channel: str | None = None
    #: By the listing; None: it does not say.
    published: datetime | None = None
    live: bool | None = None

    @property
    def facts(self) -> Facts:
        """What filters may ask of it."""
        day = self.published.date() if self.published is not None else None
        return Facts(self.title, self.duration_seconds, day, live=self.live)


class Terms(NamedTuple):
    """The terms on which entries are accepted."""

    #: Whether they are requested through the urgent queue.
    urgent: bool = False
    #: The submitter of the new ones, if they are limited. A video that others want too no longer counts for a share.
    submitter: Submitter | None = None
    #: The rules of the playlist, as documents keep them; None: it takes all.
    rules: dict[str, Any] | None = None
    #: Since when a followed source is followed: of what is published later the lag is measured. None: it is no look.
    followed_since: datetime | None = None


class Accepted(NamedTuple):
    """The result of accepting a batch of entries."""

    #: Entries whose request must be published: new ones, and known ones whose request was never confirmed.
    to_request: list[Entry]
    #: How many are new to the catalog.
    new: int


async def accept_videos(
    catalog: Catalog,
    playlist_id: str,
    profiles: Sequence[str],
    entries: Sequence[Entry],
    now: datetime,
    terms: Terms | None = None,
) -> Accepted:
    """Accept entries into the catalog as members of a playlist. A known video keeps its state and its profiles.

    `profiles`: what is to be stored of new videos. New ones are inserted together, which is quick for long listings.
    """
    terms = terms if terms is not None else Terms()
    conditions = Conditions(playlist_id, terms.rules)
    by_id = {entry.video_id: entry for entry in entries}
    if not by_id:
        return Accepted([], 0)
    documents = [_document(e, playlist_id, profiles, now, urgent=terms.urgent) for e in by_id.values()]
    _note_origin(documents, conditions, terms.submitter)
    _note_publication(documents, by_id, terms.followed_since)
    new = await _insert_new(catalog, documents)
    known = [id_ for id_ in by_id if id_ not in new]
    to_request = new
    if known:
        await catalog.videos.update_many(
            {"_id": {"$in": known}, "playlists": {"$ne": playlist_id}}, {"$addToSet": {"playlists": playlist_id}}
        )
        if terms.submitter is None:
            theirs = {"_id": {"$in": known}, "submitter": {"$exists": True}}
            await catalog.videos.update_many(theirs, {"$unset": {"submitter": ""}})
        # A placeholder that the listing now shows with its title is available again.
        await catalog.videos.update_many(
            {"_id": {"$in": known}, "placeholder": True, "state": {"$in": _AT_REST}, "tombstone": None},
            {
                "$set": {"state": VideoState.QUEUED, "state_since": now},
                "$unset": {"placeholder": "", "requested_at": ""},
            },
        )
        await note_conditions(catalog, conditions, known, now, taken=True)
        queued = {"_id": {"$in": known}, "state": VideoState.QUEUED}
        if terms.urgent:
            # Requested again, in the urgent queue. Whichever request comes second finds nothing to do.
            request_again = {"$set": {"urgent": True, "state_since": now}, "$unset": {"requested_at": ""}}
            await catalog.videos.update_many({**queued, "urgent": {"$ne": True}}, request_again)
        unpublished = catalog.videos.find({**queued, "requested_at": {"$exists": False}}, {"_id": 1})
        to_request = new | {document["_id"] async for document in unpublished}
    return Accepted([entry for id_, entry in by_id.items() if id_ in to_request], len(new))


async def accept_left_out(
    catalog: Catalog,
    playlist_id: str,
    profiles: Sequence[str],
    left_out: Sequence[tuple[Entry, Failure]],
    now: datetime,
    terms: Terms,
) -> int:
    """Accept entries that the playlist's rules leave out as abandoned, each with the failure that names the rule.

    Returns how many are new. A known video keeps its state.
    """
    conditions = Conditions(playlist_id, terms.rules)
    documents = {entry.video_id: _abandoned(entry, playlist_id, profiles, why, now) for entry, why in left_out}
    if not documents:
        return 0
    _note_origin(documents.values(), conditions, terms.submitter)
    new = await _insert_new(catalog, list(documents.values()))
    if known := [id_ for id_ in documents if id_ not in new]:
        await catalog.videos.update_many({"_id": {"$in": known}}, {"$addToSet": {"playlists": playlist_id}})
        await note_conditions(catalog, conditions, known, now, taken=False)
    return len(new)


def _note_origin(documents: Iterable[Video], conditions: Conditions, submitter: Submitter | None) -> None:
    """Note in new documents on which conditions their playlist takes them, and whose they are."""
    for document in documents:
        if submitter is not None:
            document["submitter"] = submitter
        if conditions.rules is not None:
            document["filters"] = conditions.stored


def _note_publication(documents: Iterable[Video], entries: Mapping[str, Entry], since: datetime | None) -> None:
    """Note in new documents when they were published, if that was after their source was followed."""
    for document in documents:
        published = entries[document["_id"]].published
        if since is not None and published is not None and published >= since:
            document["published_at"] = published


async def accept_placeholders(
    catalog: Catalog,
    playlist_id: str,
    profiles: Sequence[str],
    placeholders: Sequence[tuple[Entry, Failure]],
    now: datetime,
    submitter: Submitter | None = None,
) -> list[Video]:
    """Accept entries that are unavailable, each with its reason, as if an attempt had failed with it.

    `submitter`: whose the new ones are, if they are limited. Returns the new ones: their failures must be published
    to the retry service. A known video keeps its state.
    """
    documents = {entry.video_id: _failed(entry, playlist_id, profiles, failure, now) for entry, failure in placeholders}
    if not documents:
        return []
    if submitter is not None:
        for document in documents.values():
            document["submitter"] = submitter
    new = await _insert_new(catalog, list(documents.values()))
    known = [id_ for id_ in documents if id_ not in new]
    if known:
        await catalog.videos.update_many({"_id": {"$in": known}}, {"$addToSet": {"playlists": playlist_id}})
    return [documents[id_] for id_ in documents if id_ in new]


def _failed(entry: Entry, playlist_id: str, profiles: Sequence[str], failure: Failure, now: datetime) -> Video:
    video = _document(entry, playlist_id, profiles, now)
    video["state"] = VideoState.WAITING
    # The token of its failure's message; no attempt has it.
    video["token"] = 1
    video["placeholder"] = True
    video["retry"] = _first_retry(failure, now)
    return video


def _abandoned(entry: Entry, playlist_id: str, profiles: Sequence[str], failure: Failure, now: datetime) -> Video:
    video = _document(entry, playlist_id, profiles, now)
    video["state"] = VideoState.ABANDONED
    video["retry"] = {**_first_retry(failure, now), "decided": True}
    return video


def _first_retry(failure: Failure, now: datetime) -> Retry:
    return {
        "failure": stored_failure(failure),
        "due_at": now,
        "decided": False,
        "charged": 0,
        "in_a_row": 1,
        "first_failed_at": now,
        "last_failed_at": now,
    }


async def _insert_new(catalog: Catalog, documents: list[Video]) -> set[str]:
    """Insert the documents that are new, each with its accession number. Returns their ids."""
    all_ids = [document["_id"] for document in documents]
    known = {found["_id"] async for found in catalog.videos.find({"_id": {"$in": all_ids}}, {"_id": 1})}
    documents = [document for document in documents if document["_id"] not in known]
    if not documents:
        return set()
    for document, number in zip(documents, await take_numbers(catalog, len(documents)), strict=True):
        document["accession"] = number
    there = await catalog.videos.insert_new(documents)
    return {document["_id"] for document in documents} - {documents[position]["_id"] for position in there}


def _document(entry: Entry, playlist_id: str, profiles: Sequence[str], now: datetime, *, urgent: bool = False) -> Video:
    extractor, source_id = entry.video_id.split(":", 1)
    words = words_of(entry.title)
    document: Video = {
        "_id": entry.video_id,
        # New ones get their number when they are inserted.
        "accession": 0,
        "extractor": extractor,
        "source_id": source_id,
        "url": entry.url,
        "title": entry.title,
        "words": words,
        "spelled": spelled(words),
        "duration_seconds": entry.duration_seconds,
        "profiles": list(profiles),
        "playlists": [playlist_id],
        "state": VideoState.QUEUED,
        "state_since": now,
        "accepted_at": now,
        "token": 0,
        "attempts": 0,
    }
    if urgent:
        document["urgent"] = True
    return document


async def mark_requested(catalog: Catalog, video_ids: Sequence[str], now: datetime) -> None:
    """Note that the broker has confirmed the requests of these videos."""
    for ids in parts_of(video_ids):
        await catalog.videos.update_many({"_id": {"$in": ids}}, {"$set": {"requested_at": now}})
