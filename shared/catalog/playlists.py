"""The changes of a playlist's document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistState
from shared.catalog.transitions import EARLY_SECONDS, reason_of
from shared.contracts import Failure
from shared.errors import FailureClass


@dataclass(frozen=True)
class NotListed:
    """Why a playlist is not to be listed now."""

    why: Literal["listed", "in-other-hands", "waiting"]
    #: For all but "listed": seconds until it may be.
    seconds: float = 0


async def accept_playlist(catalog: Catalog, playlist_id: str, url: str) -> tuple[Playlist, bool]:
    """Note that a playlist was submitted. Returns it, and whether the catalog had not known it."""
    now = await catalog.now()
    first = {"url": url, "accepted_at": now}
    # Accepted anew, so that whoever waits for it does not take the end of the last listing for the end of this one.
    again = {"submitted_at": now, "state": PlaylistState.ACCEPTED, "state_since": now, "attempts": 0, "charged": 0}
    result = await catalog.playlists.update_one(
        {"_id": playlist_id}, {"$setOnInsert": first, "$set": again}, upsert=True
    )
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    assert playlist is not None
    return playlist, result.upserted_id is not None


async def claim_playlist(
    catalog: Catalog, playlist_id: str, owner: str, lease_seconds: float, submitted_at: datetime | None
) -> NotListed | None:
    """Claim a playlist for one listing. None: it is claimed.

    `submitted_at`: of the submission that asks for it. One that a listing since then has answered is not listed again;
    without it every message is a wish of its own.
    """
    now = await catalog.now()
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    assert playlist is not None
    refusal = _not_listable(playlist, now, submitted_at)
    if refusal is not None:
        return refusal
    change = {
        "state": PlaylistState.EXPANDING,
        "state_since": now,
        "listing_began_at": now,
        "found": 0,
        "lease": {"owner": owner, "expires_at": now + timedelta(seconds=lease_seconds)},
    }
    seen = {"_id": playlist_id, "state": playlist["state"], "state_since": playlist["state_since"]}
    result = await catalog.playlists.update_one(seen, {"$set": change})
    return None if result.matched_count == 1 else NotListed("in-other-hands", 1)


def _not_listable(playlist: Playlist, now: datetime, submitted_at: datetime | None) -> NotListed | None:
    began = playlist.get("listing_began_at")
    ended = playlist["state"] in (PlaylistState.EXPANDED, PlaylistState.REFUSED)
    if submitted_at is not None and ended and began is not None and began >= submitted_at:
        return NotListed("listed")
    if playlist["state"] == PlaylistState.WAITING and submitted_at is not None:
        left = (playlist["retry"]["due_at"] - now).total_seconds()
        if left > EARLY_SECONDS and playlist["submitted_at"] <= submitted_at:
            return NotListed("waiting", left)
    # Whatever the state says: somebody may have submitted it anew while it is being listed.
    left = (playlist["lease"]["expires_at"] - now).total_seconds() if "lease" in playlist else 0
    return NotListed("in-other-hands", left) if left > 0 else None


async def renew_playlist(catalog: Catalog, playlist_id: str, owner: str, lease_seconds: float) -> bool:
    """Prolong a claim. False: it is lost."""
    until = await catalog.now() + timedelta(seconds=lease_seconds)
    result = await catalog.playlists.update_one(
        {"_id": playlist_id, "lease.owner": owner}, {"$set": {"lease.expires_at": until}}
    )
    return result.matched_count == 1


async def release_playlist(catalog: Catalog, playlist_id: str, owner: str) -> None:
    """Give a claim back before the listing came to its end."""
    await catalog.playlists.update_one(
        {"_id": playlist_id, "lease.owner": owner},
        [{"$set": {"state": PlaylistState.ACCEPTED, "state_since": "$$NOW"}}, {"$unset": "lease"}],
    )


async def count_failure(catalog: Catalog, playlist_id: str, failure: Failure) -> tuple[int, int]:
    """Count a failed listing. Returns the failures since the last listing that succeeded, and those charged."""
    charge = 1 if failure.failure_class is FailureClass.TRANSIENT else 0
    await catalog.playlists.update_one({"_id": playlist_id}, {"$inc": {"attempts": 1, "charged": charge}})
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    return (playlist["attempts"], playlist["charged"]) if playlist is not None else (1, charge)


async def describe(catalog: Catalog, playlist_id: str, title: str | None, channel: str | None) -> None:
    """What the listing says of the playlist."""
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": {"title": title, "channel": channel}})


async def add_found(catalog: Catalog, playlist_id: str, number: int) -> None:
    """So many further entries were seen."""
    await catalog.playlists.update_one({"_id": playlist_id}, {"$inc": {"found": number}})


async def set_expanded(catalog: Catalog, playlist_id: str, owner: str) -> None:
    """The listing ended well."""
    change = {
        "state": PlaylistState.EXPANDED,
        "state_since": "$$NOW",
        "expanded_at": "$$NOW",
        "attempts": 0,
        "charged": 0,
    }
    await catalog.playlists.update_one(
        {"_id": playlist_id, "lease.owner": owner}, [{"$set": change}, {"$unset": ["retry", "lease"]}]
    )


async def set_failed(
    catalog: Catalog, playlist_id: str, failure: Failure, now: datetime, due_at: datetime | None
) -> None:
    """The listing failed: it is tried again at `due_at`, or refused if that is None."""
    state = PlaylistState.REFUSED if due_at is None else PlaylistState.WAITING
    retry: dict[str, Any] = {"failure": reason_of(failure), "due_at": due_at or now}
    await catalog.playlists.update_one(
        {"_id": playlist_id},
        {"$set": {"state": state, "state_since": now, "retry": retry}, "$unset": {"lease": ""}},
    )
