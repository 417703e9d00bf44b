"""Every change of a playlist's document: compare-and-set, under the lease of the listing, by the server's clock.

accepted, due waiting, expired expanding ──claim──▶ expanding ──set_expanded──▶ expanded
                                                      ├──release──▶ accepted
                                                      └──fail──▶ waiting ──schedule──▶ waiting, with its time
                                                           │        └──refuse──▶ refused
                                                           └──(permanent)──▶ refused
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Lease, Playlist, PlaylistRetry, PlaylistState, Video
from shared.catalog.playlists.relisting import Asker, Change, listed_lately, may_wish, owned_by, resubmitted, waiting
from shared.catalog.videos.transitions import EARLY_SECONDS, UNDECIDED_SECONDS, reason_of
from shared.contracts import Failure
from shared.errors import AlreadyThere, FailureClass
from shared.untrusted.excerpts import within_bounds


@dataclass(frozen=True)
class NotListed:
    """Why a playlist is not to be listed now."""

    why: Literal["gone", "listed", "in-other-hands", "waiting"]
    #: For the last two: seconds until it may be.
    seconds: float = 0


#: Whoever is the operator, or acts for them.
UNLIMITED = Asker()


class SubmissionOptions(NamedTuple):
    """What a submission asks for beside the address."""

    #: What is stored of each new video; None: what the scrapers are set to.
    profiles: Sequence[str] | None = None
    #: Only so many of the first entries; None: all.
    limit: int | None = None
    priority: str = "normal"

    @classmethod
    def of(cls, playlist: Playlist) -> SubmissionOptions:
        """Those of its last submission."""
        return cls(playlist.get("profiles"), playlist.get("limit"), playlist.get("priority", "normal"))


async def accept_playlist(
    catalog: Catalog, playlist_id: str, url: str, wishes: SubmissionOptions | None = None, asker: Asker = UNLIMITED
) -> tuple[Playlist, bool]:
    """Note that a playlist was submitted. Returns it, and whether the catalog had not known it."""
    while True:
        now = await catalog.now()
        known = await catalog.playlists.find_one({"_id": playlist_id})
        accepted = _first(playlist_id, now, asker) if known is None else known.copy()
        change = Change({}) if known is None else resubmitted(known, asker, now)
        fields = {"submitted_at": now, **_asked(known, url, wishes or SubmissionOptions(), asker), **change.set}
        accepted |= fields  # type: ignore[typeddict-item]
        for name in change.unset:
            accepted.pop(name, None)  # type: ignore[misc]
        if known is None:
            with suppress(AlreadyThere):
                await catalog.playlists.insert_one(accepted)
                return accepted, True
        else:
            seen = {name: known.get(name) for name in ("_id", "state", "state_since", "submitted_at")}
            update = {"$set": fields, **({"$unset": dict.fromkeys(change.unset, "")} if change.unset else {})}
            if (await catalog.playlists.update_one(seen, update)).matched_count == 1:
                return accepted, False


def _first(playlist_id: str, now: datetime, asker: Asker) -> Playlist:
    """A playlist that the catalog does not know yet; the submission's own fields come on top."""
    return {
        "_id": playlist_id,
        "url": "",
        "state": PlaylistState.ACCEPTED,
        "state_since": now,
        "accepted_at": now,
        "submitted_at": now,
        "attempts": 0,
        "charged": 0,
        "submitter": asker.submitter,
    }


def _asked(known: Playlist | None, url: str, wishes: SubmissionOptions, asker: Asker) -> dict[str, Any]:
    """What a submission says of what and how, and of whose it is."""
    owner = owned_by(known, asker) if known is not None else None
    whose: dict[str, Any] = {"submitter": owner} if owner is not None else {}
    if known is not None and not may_wish(known, asker):
        return whose
    profiles = list(wishes.profiles) if wishes.profiles is not None else None
    # Haste is at the cost of others.
    priority = "normal" if asker.limited else wishes.priority
    # What an id stands for is written in one way at a time: the last one is that of the code that runs. Several lists
    # may have one id, as a mix that begins with another video has.
    return {"url": url, "profiles": profiles, "limit": wishes.limit, "priority": priority, **whose}


async def claim_playlist(
    catalog: Catalog, playlist_id: str, owner: str, lease_seconds: float, submitted_at: datetime | None
) -> Playlist | NotListed:
    """Claim a playlist for one listing. Returns it as claimed.

    `submitted_at`: of the submission that asks for it. One that a listing since then has answered is not listed again,
    and none is listed before its time; without it every message is a wish of its own.
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
        # No failure, so the next one is the first in a row.
        over.append("retry")
    for name in over:
        claimed.pop(name, None)  # type: ignore[misc]
    seen = {"_id": playlist_id, "state": playlist["state"], "state_since": playlist["state_since"]}
    change = {name: value for name, value in claimed.items() if playlist.get(name) != value}
    result = await catalog.playlists.update_one(seen, {"$set": change, "$unset": dict.fromkeys(over, "")})
    return claimed if result.matched_count == 1 else NotListed("in-other-hands", 1)


def _not_listable(playlist: Playlist, now: datetime, submitted_at: datetime | None) -> NotListed | None:
    # Whoever submits changes the state: one that has ended has answered all submissions.
    if submitted_at is not None and playlist["state"] in (PlaylistState.EXPANDED, PlaylistState.REFUSED):
        return NotListed("listed")
    if submitted_at is not None and playlist["state"] == PlaylistState.WAITING:
        left = (playlist["retry"]["due_at"] - now).total_seconds()
        if left > EARLY_SECONDS:
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
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": {"left_out": within_bounds(left_out)}})


async def name_after_video(catalog: Catalog, video: Video) -> None:
    """Give a playlist of one video its title; it was not asked for when it was listed."""
    if video["title"] is not None:
        channel = video.get("metadata", {}).get("channel")
        await catalog.playlists.update_one(
            {"_id": video["_id"], "title": None}, {"$set": {"title": video["title"], "channel": channel}}
        )


async def add_found(catalog: Catalog, playlist_id: str, number: int, owner: str | None = None) -> bool:
    """So many further entries were seen. False: the listing of `owner` has lost its lease."""
    held = {"_id": playlist_id, **({"lease.owner": owner} if owner is not None else {})}
    return (await catalog.playlists.update_one(held, {"$inc": {"found": number}})).matched_count == 1


async def set_expanded(catalog: Catalog, playlist_id: str, owner: str) -> Playlist | None:
    """The listing ended well. Returns the playlist; None: the lease was lost.

    If it was submitted anew meanwhile it is to be listed once more, perhaps otherwise: now, or when it may be.
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
    """The state of a playlist whose listing ended, if it was submitted anew since that began; else nothing."""
    began = playlist.get("listing_began_at")
    if began is None or playlist["submitted_at"] <= began:
        return {}
    again = playlist.get("again_at", now)
    asker = playlist.get("again_for", playlist.get("asker"))
    whose = {"asker": asker} if asker is not None else {}
    anew = waiting(playlist, again, now) if again > now else {"state": PlaylistState.ACCEPTED, "state_since": now}
    return anew | whose


async def _end_listing(catalog: Catalog, playlist: Playlist, change: dict[str, Any], over: Sequence[str]) -> bool:
    """False: it was submitted anew since it was looked at, or its lease is lost."""
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
    """The listing failed: it is refused if that is permanent, else the retry service will decide.

    `desertions`: how many to go on counting from. Returns the playlist, None if the lease was lost.
    """
    while (playlist := await _held(catalog, playlist_id, owner)) is not None:
        now = await catalog.now()
        permanent = failure.failure_class is FailureClass.PERMANENT
        change = _failed(playlist, failure, now, desertions)
        over = ["lease", "again_at", "again_for", "defects"]
        if permanent and (anew := _submitted_since(playlist, now)):
            # Perhaps what was wrong with it was mended before it was submitted.
            change = anew
            over.append("desertions")
        if await _end_listing(catalog, playlist, change, over):
            return await catalog.playlists.find_one({"_id": playlist_id})
    return None


def _failed(playlist: Playlist, failure: Failure, now: datetime, desertions: int) -> dict[str, Any]:
    last = playlist.get("retry")
    same = last is not None and last["failure"]["reason"] == failure.reason
    retry: PlaylistRetry = {
        "failure": reason_of(failure),
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
        [{"$set": change}, {"$unset": ["retry", "defects", "desertions", "asker"]}],
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
