"""Decides when a playlist that is submitted again is listed: at once, or some time after a recent listing.

Pure: a document, the asker and the server's time go in; the change of the document comes out. Limited submitters must
not decide how often a source is requested, so their submissions never shorten a wait. The asker of a listing pays for
it, whoever owns the playlist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.catalog.documents import Playlist, PlaylistRetry, PlaylistState, Submitter
from shared.contracts.reasons import Reason

#: States in which a requested listing has not ended yet.
_PENDING = (PlaylistState.ACCEPTED, PlaylistState.EXPANDING, PlaylistState.WAITING)


@dataclass(frozen=True)
class Asker:
    """The person or program that submits a playlist and asks for its listing."""

    #: Id of the key, or another name.
    key: str = "operator"
    #: Whether they are limited to a share of a source's requests.
    limited: bool = False
    #: Minimum seconds between the starts of two listings for them; 0: none.
    relist_seconds: float = 0

    @property
    def submitter(self) -> Submitter:
        """The submitter as documents keep it."""
        return {"key": self.key, "limited": self.limited}


class Change(NamedTuple):
    """What to set and to unset in a document."""

    set: dict[str, Any]
    unset: tuple[str, ...] = ()


def resubmitted(playlist: Playlist, asker: Asker, now: datetime) -> Change:
    """Return what a submission changes in the state of a known playlist."""
    fresh = {"state": PlaylistState.ACCEPTED, "state_since": now, "attempts": 0, "charged": 0}
    over: tuple[str, ...] = ("desertions", "again_at", "again_for", "defects")
    if asker.limited:
        fresh["asker"] = asker.submitter
    else:
        # The playlist is theirs now, and so is the listing.
        over += ("asker",)
    at_once = Change(fresh, ("retry", *over))
    if not asker.relist_seconds and (may_choose(playlist, asker) or playlist["state"] not in _PENDING):
        return at_once
    if playlist["state"] in (PlaylistState.WAITING, PlaylistState.ACCEPTED):
        # It will be listed anyway. A wait after a failure has its own time, and attempts stay charged.
        return Change({}) if asker.limited else Change({}, ("asker",))
    due = _listable_at(playlist, asker, now)
    if playlist["state"] == PlaylistState.EXPANDING:
        # It is listed once more after this listing. If the scraper died, the sweeper requeues it.
        again = {"again_at": max(now, due)} if leased(playlist, now) else {}
        return Change({**again, "again_for": _for_whom_again(playlist, asker)})
    return at_once if due <= now else Change(fresh | waiting(playlist, due, now), over)


def _for_whom_again(playlist: Playlist, asker: Asker) -> Submitter:
    """Return who pays for the listing after the present one: the first asker, or the last one who is not limited."""
    return playlist.get("again_for", asker.submitter) if asker.limited else asker.submitter


def payer(playlist: Playlist) -> Submitter | None:
    """Return who pays for its next listing, or the one under way; None if nobody who is limited does."""
    whose = playlist.get("asker", playlist.get("submitter"))
    return whose if whose is not None and whose["limited"] else None


def waiting(playlist: Playlist, due: datetime, now: datetime) -> dict[str, Any]:
    """Return the state of a playlist that may be listed at `due`."""
    began = playlist.get("listing_began_at", now)
    retry: PlaylistRetry = {
        "failure": {
            "failure_class": Reason.LISTED_LATELY.failure_class,
            "reason": Reason.LISTED_LATELY.value,
            "detail": f"Its last listing began at {began:%H:%M:%S} UTC, and a list is listed again only some time "
            "after that (SOURCES_RELIST_SECONDS). What was asked for since then is done at the next listing.",
            "retry_at": due,
            "media_sha256": None,
        },
        "due_at": due,
        "in_a_row": 1,
        "first_failed_at": now,
    }
    return {"state": PlaylistState.WAITING, "state_since": now, "retry": retry}


def waits_for_its_turn(playlist: Playlist) -> bool:
    """Return whether it waits only because it was listed recently."""
    return playlist["state"] == PlaylistState.WAITING and listed_lately(playlist)


def listed_lately(playlist: Playlist) -> bool:
    """Return whether its last wait was only because it was listed recently."""
    # A malformed document says nothing.
    retry: object = playlist.get("retry")
    failure = retry.get("failure") if isinstance(retry, dict) else None
    return isinstance(failure, dict) and failure.get("reason") == Reason.LISTED_LATELY


def message_in(playlist: Playlist) -> float | None:
    """Return the seconds after which the message of a submission just accepted should arrive; None: it needs none.

    A playlist that will be listed anyway has its message, or a scraper that lists it now.
    """
    if playlist["state"] == PlaylistState.WAITING:
        since = playlist["state_since"]
        new = since == playlist["submitted_at"] and waits_for_its_turn(playlist)
        return (playlist["retry"]["due_at"] - since).total_seconds() if new else None
    return None if "again_at" in playlist else 0


def leased(playlist: Playlist, now: datetime) -> bool:
    """Return whether a scraper lists it now."""
    return "lease" in playlist and playlist["lease"]["expires_at"] > now


def owned_by(playlist: Playlist, asker: Asker) -> Submitter | None:
    """Return who owns the playlist after a submission; None if that does not change.

    A limited submitter takes nothing over from others.
    """
    return None if asker.limited or playlist.get("submitter") == asker.submitter else asker.submitter


def may_choose(playlist: Playlist, asker: Asker) -> bool:
    """Return whether a submission may change what is stored: a limited submitter changes only their own playlists."""
    return not asker.limited or playlist.get("submitter") == asker.submitter


def _listable_at(playlist: Playlist, asker: Asker, now: datetime) -> datetime:
    began = playlist.get("listing_began_at")
    return now if began is None else began + timedelta(seconds=asker.relist_seconds)
