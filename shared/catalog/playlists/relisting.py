"""When a playlist that is submitted again is listed: at once, or, if it was listed lately, some time after that.

Pure: a document, who asks and the server's time come in; the change of the document comes out. Whoever may only submit
must not decide how often a source is asked, so no submission of theirs shortens a wait. Whoever has caused a listing
pays for it, whosever the playlist is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.catalog.documents import Playlist, PlaylistRetry, PlaylistState, Submitter
from shared.errors import FailureClass

#: Reason of a playlist that waits because it was listed lately. Nothing failed, and nothing is charged.
LISTED_LATELY = "listed-lately"
#: States in which a listing that was asked for is yet to come, or to come to its end.
_PENDING = (PlaylistState.ACCEPTED, PlaylistState.EXPANDING, PlaylistState.WAITING)


@dataclass(frozen=True)
class Asker:
    """Who submits."""

    #: Id of the key, or what else names them.
    key: str = "operator"
    #: Whether they have a share of a source's requests and no more.
    limited: bool = False
    #: Seconds after the beginning of a listing within which they cannot have the next one; 0: they can at any time.
    relist_seconds: float = 0

    @property
    def submitter(self) -> Submitter:
        """As a document names them."""
        return {"key": self.key, "limited": self.limited}


class Change(NamedTuple):
    """What is to be set and unset in a document."""

    set: dict[str, Any]
    unset: tuple[str, ...] = ()


def resubmitted(playlist: Playlist, asker: Asker, now: datetime) -> Change:
    """What a submission changes of the state of a known playlist."""
    fresh = {"state": PlaylistState.ACCEPTED, "state_since": now, "attempts": 0, "charged": 0}
    over: tuple[str, ...] = ("desertions", "again_at", "again_for", "defects")
    if asker.limited:
        fresh["asker"] = asker.submitter
    else:
        # The playlist is theirs now, and so is the listing.
        over += ("asker",)
    at_once = Change(fresh, ("retry", *over))
    if not asker.relist_seconds and (may_wish(playlist, asker) or playlist["state"] not in _PENDING):
        return at_once
    if playlist["state"] in (PlaylistState.WAITING, PlaylistState.ACCEPTED):
        # It is to be listed anyway. A wait after a failure has its own time, and an attempt stays charged.
        return Change({}) if asker.limited else Change({}, ("asker",))
    due = _listable_at(playlist, asker, now)
    if playlist["state"] == PlaylistState.EXPANDING:
        # Listed once more after this listing. One whose scraper died is taken up by its lease.
        again = {"again_at": max(now, due)} if leased(playlist, now) else {}
        return Change({**again, "again_for": _for_whom_again(playlist, asker)})
    return at_once if due <= now else Change(fresh | waiting(playlist, due, now), over)


def _for_whom_again(playlist: Playlist, asker: Asker) -> Submitter:
    """Who pays for the listing after the present one: whoever asked first, unless somebody did who is not limited."""
    return playlist.get("again_for", asker.submitter) if asker.limited else asker.submitter


def payer(playlist: Playlist) -> Submitter | None:
    """Out of whose share its next listing is, or the one under way; None: nobody's who is limited."""
    whose = playlist.get("asker", playlist.get("submitter"))
    return whose if whose is not None and whose["limited"] else None


def waiting(playlist: Playlist, due: datetime, now: datetime) -> dict[str, Any]:
    """The state of a playlist that may be listed at `due`."""
    began = playlist.get("listing_began_at", now)
    retry: PlaylistRetry = {
        "failure": {
            "failure_class": FailureClass.WAIT_UNTIL.value,
            "reason": LISTED_LATELY,
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
    """Whether it waits for no other reason than that it was listed lately."""
    return playlist["state"] == PlaylistState.WAITING and listed_lately(playlist)


def listed_lately(playlist: Playlist) -> bool:
    """Whether its last wait was for no other reason than that it was listed lately."""
    # Of a document that is not as it must be, nothing is known.
    retry: object = playlist.get("retry")
    failure = retry.get("failure") if isinstance(retry, dict) else None
    return isinstance(failure, dict) and failure.get("reason") == LISTED_LATELY


def message_in(playlist: Playlist) -> float | None:
    """Seconds after which the message of a submission just accepted should come; None: it needs none.

    What was to be listed anyway has its message, or a scraper that looks after it.
    """
    if playlist["state"] == PlaylistState.WAITING:
        since = playlist["state_since"]
        new = since == playlist["submitted_at"] and waits_for_its_turn(playlist)
        return (playlist["retry"]["due_at"] - since).total_seconds() if new else None
    return None if "again_at" in playlist else 0


def leased(playlist: Playlist, now: datetime) -> bool:
    """Whether a scraper lists it now."""
    return "lease" in playlist and playlist["lease"]["expires_at"] > now


def owned_by(playlist: Playlist, asker: Asker) -> Submitter | None:
    """Whose the playlist is after a submission; None where that does not change.

    Whoever is limited takes nothing over from others.
    """
    return None if asker.limited or playlist.get("submitter") == asker.submitter else asker.submitter


def may_wish(playlist: Playlist, asker: Asker) -> bool:
    """Whether a submission changes what is asked for: of what is others', whoever is limited changes nothing."""
    return not asker.limited or playlist.get("submitter") == asker.submitter


def _listable_at(playlist: Playlist, asker: Asker, now: datetime) -> datetime:
    began = playlist.get("listing_began_at")
    return now if began is None else began + timedelta(seconds=asker.relist_seconds)
