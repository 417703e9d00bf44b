"""Every change of a playlist's document: compare-and-set, under the lease of the listing, by the server's clock.

accepted, due waiting, expired expanding ──claim──▶ expanding ──set_expanded──▶ expanded
                                                      ├──release──▶ accepted
                                                      └──fail──▶ waiting ──schedule──▶ waiting, with its time
                                                           │        └──refuse──▶ refused
                                                           └──(permanent)──▶ refused
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Lease, Playlist, PlaylistRetry, PlaylistState, Video
from shared.catalog.transitions import EARLY_SECONDS, UNDECIDED_SECONDS, reason_of
from shared.contracts import Failure
from shared.errors import FailureClass


@dataclass(frozen=True)
class NotListed:
    """Why a playlist is not to be listed now."""

    why: Literal["listed", "in-other-hands", "waiting"]
    #: For all but "listed": seconds until it may be.
    seconds: float = 0


class Wishes(NamedTuple):
    """What a submission asks for beside the address."""

    #: What is stored of each new video; None: what the scrapers are set to.
    profiles: Sequence[str] | None = None
    #: Only so many of the first entries; None: all.
    limit: int | None = None
    priority: str = "normal"

    @classmethod
    def of(cls, playlist: Playlist) -> Wishes:
        """Those of its last submission."""
        return cls(playlist.get("profiles"), playlist.get("limit"), playlist.get("priority", "normal"))


async def accept_playlist(
    catalog: Catalog, playlist_id: str, url: str, wishes: Wishes | None = None
) -> tuple[Playlist, bool]:
    """Note that a playlist was submitted. Returns it, and whether the catalog had not known it."""
    profiles, limit, priority = wishes or Wishes()
    now = await catalog.now()
    first = {"accepted_at": now}
    # Accepted anew, so that whoever waits for it does not take the end of the last listing for the end of this one.
    again = {"submitted_at": now, "state": PlaylistState.ACCEPTED, "state_since": now, "attempts": 0, "charged": 0}
    # What an id stands for is written in one way at a time: the last one is that of the code that runs.
    asked = {
        "url": url,
        "profiles": list(profiles) if profiles is not None else None,
        "limit": limit,
        "priority": priority,
    }
    result = await catalog.playlists.update_one(
        {"_id": playlist_id},
        {"$setOnInsert": first, "$set": again | asked, "$unset": {"retry": "", "desertions": "", "defects": ""}},
        upsert=True,
    )
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    assert playlist is not None
    return playlist, result.upserted_id is not None


async def claim_playlist(
    catalog: Catalog, playlist_id: str, owner: str, lease_seconds: float, submitted_at: datetime | None
) -> Playlist | NotListed:
    """Claim a playlist for one listing. Returns it as claimed.

    `submitted_at`: of the submission that asks for it. One that a listing since then has answered is not listed again;
    without it every message is a wish of its own.
    """
    now = await catalog.now()
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    assert playlist is not None
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
    seen = {"_id": playlist_id, "state": playlist["state"], "state_since": playlist["state_since"]}
    change = {name: value for name, value in claimed.items() if playlist.get(name) != value}
    result = await catalog.playlists.update_one(seen, {"$set": change})
    return claimed if result.matched_count == 1 else NotListed("in-other-hands", 1)


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


async def describe(
    catalog: Catalog, playlist_id: str, title: str | None, channel: str | None, expected: int | None = None
) -> None:
    """What the listing says of the playlist. What it does not say this time stays as it was known.

    `expected`: entries that it has by its source's own account.
    """
    said = {name: value for name, value in (("title", title), ("channel", channel)) if value is not None}
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": {**said, "expected": expected}})


async def leave_out(catalog: Catalog, playlist_id: str, left_out: Sequence[str]) -> None:
    """Note what the listing left out on purpose, a sentence each."""
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": {"left_out": list(left_out)}})


async def name_after_video(catalog: Catalog, video: Video) -> None:
    """Give a playlist of one video its title; it was not asked for when it was listed."""
    if video["title"] is not None:
        channel = video.get("metadata", {}).get("channel")
        await catalog.playlists.update_one(
            {"_id": video["_id"], "title": None}, {"$set": {"title": video["title"], "channel": channel}}
        )


async def add_found(catalog: Catalog, playlist_id: str, number: int) -> None:
    """So many further entries were seen."""
    await catalog.playlists.update_one({"_id": playlist_id}, {"$inc": {"found": number}})


#: Whether it was submitted anew while it was being listed: then it is to be listed once more, perhaps otherwise.
_SUBMITTED_SINCE = {"$gt": ["$submitted_at", "$listing_began_at"]}


async def set_expanded(catalog: Catalog, playlist_id: str, owner: str) -> bool:
    """The listing ended well. False: its lease was lost."""
    change = {
        "state": {"$cond": [_SUBMITTED_SINCE, PlaylistState.ACCEPTED, PlaylistState.EXPANDED]},
        "state_since": "$$NOW",
        "expanded_at": "$$NOW",
        "attempts": 0,
        "charged": 0,
    }
    result = await catalog.playlists.update_one(
        {"_id": playlist_id, "lease.owner": owner},
        [{"$set": change}, {"$unset": ["retry", "lease", "desertions", "suspicions", "defects"]}],
    )
    return result.matched_count == 1


async def fail_playlist(
    catalog: Catalog, playlist_id: str, owner: str, failure: Failure, *, desertions: int = 0
) -> Playlist | None:
    """The listing failed: it is refused if that is permanent, else the retry service will decide.

    `desertions`: how many to go on counting from. Returns the playlist, None if the lease was lost.
    """
    now = await catalog.now()
    held = {"_id": playlist_id, "lease.owner": owner}
    playlist = await catalog.playlists.find_one(held)
    if playlist is None:
        return None
    last = playlist.get("retry")
    same = last is not None and last["failure"]["reason"] == failure.reason
    retry: PlaylistRetry = {
        "failure": reason_of(failure),
        "due_at": now + timedelta(seconds=UNDECIDED_SECONDS),
        "in_a_row": last["in_a_row"] + 1 if last is not None and same else 1,
        "first_failed_at": last["first_failed_at"] if last is not None else now,
    }
    permanent = failure.failure_class is FailureClass.PERMANENT
    began = playlist.get("listing_began_at")
    if permanent and began is not None and playlist["submitted_at"] > began:
        # Submitted anew while it was being listed: perhaps what was wrong with it was mended.
        await release_playlist(catalog, playlist_id, owner)
        return await catalog.playlists.find_one({"_id": playlist_id})
    change: dict[str, Any] = {
        "state": PlaylistState.REFUSED if permanent else PlaylistState.WAITING,
        "state_since": now,
        "retry": retry,
        "attempts": playlist["attempts"] + 1,
        "charged": playlist["charged"] + (failure.failure_class is FailureClass.TRANSIENT),
        "desertions": desertions,
    }
    result = await catalog.playlists.update_one(held, {"$set": change, "$unset": {"lease": "", "defects": ""}})
    return await catalog.playlists.find_one({"_id": playlist_id}) if result.matched_count == 1 else None


async def requeue_playlist(catalog: Catalog, playlist: Playlist) -> Playlist | None:
    """List a waiting or refused playlist again with all its tries. None: it changed meanwhile."""
    change = {
        "state": PlaylistState.ACCEPTED,
        "state_since": "$$NOW",
        # As if it were submitted now: no listing before answers that.
        "submitted_at": "$$NOW",
        "attempts": 0,
        "charged": 0,
    }
    result = await catalog.playlists.update_one(
        {"_id": playlist["_id"], "state": playlist["state"], "state_since": playlist["state_since"]},
        [{"$set": change}, {"$unset": ["retry", "defects", "desertions"]}],
    )
    return await catalog.playlists.find_one({"_id": playlist["_id"]}) if result.matched_count == 1 else None


async def schedule_playlist(catalog: Catalog, playlist_id: str, failed_at: datetime, due_at: datetime) -> bool:
    """Decide when the listing that failed at `failed_at` is tried again. False: something else happened since."""
    return await _decide(catalog, playlist_id, failed_at, {"retry.due_at": due_at})


async def refuse_playlist(catalog: Catalog, playlist_id: str, failed_at: datetime) -> bool:
    """Decide that the listing that failed at `failed_at` is given up. False: something else happened since."""
    return await _decide(catalog, playlist_id, failed_at, {"state": PlaylistState.REFUSED})


async def _decide(catalog: Catalog, playlist_id: str, failed_at: datetime, change: dict[str, Any]) -> bool:
    failed = {"_id": playlist_id, "state": PlaylistState.WAITING, "state_since": failed_at}
    result = await catalog.playlists.update_one(failed, {"$set": change, "$unset": {"defects": ""}})
    return result.matched_count == 1
