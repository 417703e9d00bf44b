"""Every change of a playlist's state: compare-and-set, under the lease of the listing, by the server's clock.

accepted, due waiting, expanding with an expired lease ──claim──▶ expanding ──set_expanded──▶ expanded
                                                                  ├──release──▶ accepted
                                                                  └──fail──▶ waiting ──schedule──▶ waiting, decided
                                                                       │        └──refuse──▶ refused
                                                                       └──(permanent)──▶ refused

`acceptance` has the changes by a submission, and `operator.playlist_endings` those by a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.catalog.connection import Catalog
from shared.catalog.documents import Lease, Playlist, PlaylistRetry, PlaylistState
from shared.catalog.playlists.relisting import listed_lately, waiting
from shared.catalog.videos.claims import EARLY_SECONDS
from shared.catalog.videos.outcomes import UNDECIDED_SECONDS, stored_failure
from shared.catalog.videos.requeue import RequeueReason
from shared.contracts import Failure
from shared.errors import FailureClass


@dataclass(frozen=True)
class NotListed:
    """Why a playlist is not listed now."""

    why: Literal["gone", "listed", "in-other-hands", "waiting"]
    #: For the last two: seconds until it may be listed.
    seconds: float = 0


async def claim_playlist(
    catalog: Catalog, playlist_id: str, owner: str, lease_seconds: float, submitted_at: datetime | None
) -> Playlist | NotListed:
    """Claim a playlist for one listing. Returns it as claimed, or why it was not claimed.

    `submitted_at`: when the submission was made that asks for the listing. A submission that a later listing has
    answered is not listed again, and none is listed before its time. None: every message asks for a listing of its own.
    """
    now = await catalog.now()
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    if playlist is None:
        return NotListed("gone")
    refusal = _not_listable(playlist, now, submitted_at)
    if refusal is not None:
        return refusal
    lease: Lease = {"owner": owner, "expires_at": now + timedelta(seconds=lease_seconds)}
    claimed: Playlist = {
        **playlist,
        "state": PlaylistState.EXPANDING,
        "state_since": now,
        "listing_began_at": now,
        "found": 0,
        "found_before": playlist.get("found", 0),
        "lease": lease,
        "desertions": playlist.get("desertions", 0) + (playlist["state"] == PlaylistState.EXPANDING),
    }
    over = ["again_at", "again_for"]
    if listed_lately(claimed):
        # That was no failure, so the next one is the first in a row.
        over.append("retry")
    for name in over:
        claimed.pop(name, None)  # type: ignore[misc]  # names of optional fields alone
    seen = {"_id": playlist_id, "state": playlist["state"], "state_since": playlist["state_since"]}
    change = {name: value for name, value in claimed.items() if playlist.get(name) != value}
    result = await catalog.playlists.update_one(seen, {"$set": change, "$unset": dict.fromkeys(over, "")})
    return claimed if result.matched_count == 1 else NotListed("in-other-hands", 1)


def _not_listable(playlist: Playlist, now: datetime, submitted_at: datetime | None) -> NotListed | None:
    # A submission changes the state, so a listing that has ended has answered all of them.
    if submitted_at is not None and playlist["state"] in (PlaylistState.EXPANDED, PlaylistState.REFUSED):
        return NotListed("listed")
    if submitted_at is not None and playlist["state"] == PlaylistState.WAITING:
        left = (playlist["retry"]["due_at"] - now).total_seconds()
        if left > EARLY_SECONDS:
            return NotListed("waiting", left)
    # Whatever the state says: it may have been submitted again while it is being listed.
    left = (playlist["lease"]["expires_at"] - now).total_seconds() if "lease" in playlist else 0
    return NotListed("in-other-hands", left) if left > 0 else None


async def renew_playlist(catalog: Catalog, playlist_id: str, owner: str, lease_seconds: float) -> bool:
    """Prolong a claim. Returns False if it is lost."""
    until = await catalog.now() + timedelta(seconds=lease_seconds)
    result = await catalog.playlists.update_one(
        {"_id": playlist_id, "lease.owner": owner}, {"$set": {"lease.expires_at": until}}
    )
    return result.matched_count == 1


async def release_playlist(catalog: Catalog, playlist_id: str, owner: str) -> None:
    """Give a claim back before the listing has ended."""
    await catalog.playlists.update_one(
        {"_id": playlist_id, "lease.owner": owner},
        [{"$set": {"state": PlaylistState.ACCEPTED, "state_since": "$$NOW"}}, {"$unset": "lease"}],
    )


async def set_expanded(catalog: Catalog, playlist_id: str, owner: str) -> Playlist | None:
    """Note that the listing is complete. Returns the playlist; None if the lease was lost.

    A playlist that was submitted again meanwhile is listed once more, now or when it may be.
    """
    while (playlist := await _held(catalog, playlist_id, owner)) is not None:
        now = await catalog.now()
        change = {"state": PlaylistState.EXPANDED, "state_since": now} | _submitted_since(playlist, now)
        change |= {"expanded_at": now, "attempts": 0, "charged": 0}
        over = ["lease", "desertions", "suspicions", "again_at", "again_for", "defects"]
        over += [name for name in ("retry", "asker") if name not in change]
        if await _end_listing(catalog, playlist, change, over):
            return await catalog.playlists.find_one({"_id": playlist_id})
    return None


async def _held(catalog: Catalog, playlist_id: str, owner: str) -> Playlist | None:
    return await catalog.playlists.find_one({"_id": playlist_id, "lease.owner": owner})


def _submitted_since(playlist: Playlist, now: datetime) -> dict[str, Any]:
    """Return the state of a playlist that was submitted again since its listing began; nothing if it was not."""
    began = playlist.get("listing_began_at")
    if began is None or playlist["submitted_at"] <= began:
        return {}
    again = playlist.get("again_at", now)
    asker = playlist.get("again_for", playlist.get("asker"))
    whose = {"asker": asker} if asker is not None else {}
    if again > now:
        return waiting(playlist, again, now) | whose
    return {"state": PlaylistState.ACCEPTED, "state_since": now, **whose}


async def _end_listing(catalog: Catalog, playlist: Playlist, change: dict[str, Any], over: Sequence[str]) -> bool:
    """Change a playlist as it was seen. Returns False if it was submitted again since, or its lease is lost."""
    seen = {
        "_id": playlist["_id"],
        "lease.owner": playlist["lease"]["owner"],
        "state": playlist["state"],
        "submitted_at": playlist["submitted_at"],
    }
    result = await catalog.playlists.update_one(seen, {"$set": change, "$unset": dict.fromkeys(over, "")})
    return result.matched_count == 1


async def fail_playlist(
    catalog: Catalog, playlist_id: str, owner: str, failure: Failure, *, desertions: int = 0
) -> Playlist | None:
    """Note that the listing failed. A permanent failure refuses the playlist; otherwise the retry service decides.

    `desertions`: the number of expired leases from which counting continues. Returns the playlist; None if the lease
    was lost.
    """
    while (playlist := await _held(catalog, playlist_id, owner)) is not None:
        now = await catalog.now()
        permanent = failure.failure_class is FailureClass.PERMANENT
        change = _failed(playlist, failure, now, desertions)
        over = ["lease", "again_at", "again_for", "defects"]
        if permanent and (resubmission := _submitted_since(playlist, now)):
            # The cause may have been repaired before it was submitted again.
            change = resubmission
            over.append("desertions")
        if await _end_listing(catalog, playlist, change, over):
            return await catalog.playlists.find_one({"_id": playlist_id})
    return None


def _failed(playlist: Playlist, failure: Failure, now: datetime, desertions: int) -> dict[str, Any]:
    last = playlist.get("retry")
    same = last is not None and last["failure"]["reason"] == failure.reason
    retry: PlaylistRetry = {
        "failure": stored_failure(failure),
        "due_at": now + timedelta(seconds=UNDECIDED_SECONDS),
        "in_a_row": last["in_a_row"] + 1 if last is not None and same else 1,
        "first_failed_at": last["first_failed_at"] if last is not None else now,
    }
    permanent = failure.failure_class is FailureClass.PERMANENT
    return {
        "state": PlaylistState.REFUSED if permanent else PlaylistState.WAITING,
        "state_since": now,
        "retry": retry,
        "attempts": playlist["attempts"] + 1,
        "charged": playlist["charged"] + (failure.failure_class is FailureClass.TRANSIENT),
        "desertions": desertions,
    }


async def requeue_playlist(catalog: Catalog, playlist: Playlist, reason: RequeueReason) -> Playlist | None:
    """Queue a playlist as it was seen for another listing. Returns it after the change; None if it has changed."""
    change: dict[str, Any] = {"state": PlaylistState.ACCEPTED, "state_since": "$$NOW"}
    over = ["lease"]
    if reason is RequeueReason.OVERDUE:
        if playlist["state"] == PlaylistState.EXPANDING:
            change["desertions"] = playlist.get("desertions", 0) + 1
    else:
        # As if it were submitted now: no earlier listing answers that.
        change |= {"submitted_at": "$$NOW", "attempts": 0, "charged": 0}
        over = ["retry", "defects", "desertions", "asker"]
    result = await catalog.playlists.update_one(
        {"_id": playlist["_id"], "state": playlist["state"], "state_since": playlist["state_since"]},
        [{"$set": change}, {"$unset": over}],
    )
    return await catalog.playlists.find_one({"_id": playlist["_id"]}) if result.matched_count == 1 else None


async def schedule_playlist(catalog: Catalog, playlist_id: str, failed_at: datetime, due_at: datetime) -> bool:
    """Decide when the listing that failed at `failed_at` is tried again. Returns False if it has changed since."""
    return await _decide(catalog, playlist_id, failed_at, {"retry.due_at": due_at})


async def refuse_playlist(catalog: Catalog, playlist_id: str, failed_at: datetime) -> bool:
    """Decide that the listing that failed at `failed_at` was the last one. Returns False if it has changed since."""
    return await _decide(catalog, playlist_id, failed_at, {"state": PlaylistState.REFUSED})


async def _decide(catalog: Catalog, playlist_id: str, failed_at: datetime, change: dict[str, Any]) -> bool:
    failed = {"_id": playlist_id, "state": PlaylistState.WAITING, "state_since": failed_at}
    result = await catalog.playlists.update_one(failed, {"$set": change, "$unset": {"defects": ""}})
    return result.matched_count == 1
