"""What must be true of one video's document. Pure: document, log entries and the server's time are passed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cli.display.times import clock
from shared.addresses.video_addresses import OtherVideo, check_address
from shared.catalog.documents import Tombstone, Video, VideoState


class Repair(StrEnum):
    """What `--repair` may do about a violation. Each is safe: an unneeded repair changes nothing."""

    #: Request the video again; the scraper that takes the message checks its state.
    REQUEST = "request again"
    #: Publish the event of the attempt again.
    ANNOUNCE = "announce again"
    #: Copy the object into the mirror again.
    COPY = "copy into the mirror"
    #: Copy the blob back into the object store.
    RESTORE = "restore from the mirror"
    #: Both copies are lost: fetch the video again.
    FETCH = "fetch again"
    #: A person deleted it: let the sync service remove the rest.
    PURGE = "remove from the stores again"
    #: No safe repair; it needs a person.
    NONE = "none"


@dataclass(frozen=True)
class Violation:
    """One broken rule."""

    #: The rule's name.
    rule: str
    #: The id of the video, or the key of the object.
    subject: str
    detail: str
    repair: Repair = Repair.NONE
    #: The target of the mirror that it concerns; "": none in particular.
    target: str = ""
    #: Nothing can be done and it ends by itself at a known time: reported as an exception.
    excused: bool = False


@dataclass(frozen=True)
class Limits:
    """From when on something is overdue or excessive."""

    #: Seconds that something may be overdue: the sweeper's period and grace, and a margin.
    grace_seconds: float
    max_attempts: int
    #: Seconds until the sync service has removed what a person deleted: SYNC_GRACE_SECONDS, SYNC_RECONCILE_SECONDS, and
    #: a margin for many at once.
    purge_seconds: float = 900


def violations_of(video: Video, tokens: Sequence[int], now: datetime, limits: Limits) -> list[Violation]:
    """Return everything that is wrong with one document. `tokens`: of its entries in `logs`, in any order."""
    return [*_state(video, now, limits), *_attempts(video, tokens, now, limits), *_identity(video)]


def _identity(video: Video) -> list[Violation]:
    """Check that the stored audio came from this video: its addresses are compared with its id."""
    id_, stored = video["_id"], "audio" in video
    page = video.get("metadata", {}).get("webpage_url") if stored else None
    addresses: list[str | None] = [video.get("url"), page]
    for address in addresses:
        try:
            if address is not None:
                check_address(id_, address)
        except OtherVideo as error:
            consequence = "; what is stored may be another recording" if stored else ""
            return [Violation("other-video", id_, f"{error}{consequence}", Repair.FETCH)]
    return []


def _state(video: Video, now: datetime, limits: Limits) -> list[Violation]:
    """Check the state and the fields that belong to it."""
    id_, late = video["_id"], now - timedelta(seconds=limits.grace_seconds)
    found = []
    rule = _RULES.get(video["state"])
    if rule is None:
        found.append(Violation("unknown-state", id_, f"{video['state']!r} is no state"))
    elif (broken := rule(video, late)) is not None:
        found.append(Violation(broken[0], id_, broken[1], broken[2]))
    if "lease" in video and video["state"] != VideoState.RUNNING:
        found.append(Violation("lease-left-over", id_, f"it is {video['state']}, but has a lease"))
    if not video["playlists"]:
        found.append(Violation("no-playlist", id_, "no playlist names it"))
    if "tombstone" in video and video["tombstone"]["purged_at"] is None:
        found += _unpurged(id_, video["tombstone"], now, limits)
    return found


def _unpurged(id_: str, tombstone: Tombstone, now: datetime, limits: Limits) -> list[Violation]:
    """Check a deleted video that a store still holds, or may hold."""
    if kept := tombstone.get("kept"):
        # Soft delete ends by itself, and until then nobody can read what it keeps. What locks keep can be read.
        excused = all(k["reason"] == "soft-delete" and k["until"] is not None and k["until"] > now for k in kept)
        details = [k["detail"] + (f" Until {clock(k['until'])}." if k["until"] is not None else "") for k in kept]
        detail = f"it was deleted at {clock(tombstone['at'])}, but a store still has it. {' '.join(details)}"
        return [Violation("deleted-but-kept", id_, detail, excused=excused)]
    if tombstone["at"] < now - timedelta(seconds=max(limits.grace_seconds, limits.purge_seconds)):
        detail = f"it was deleted at {clock(tombstone['at'])}, and the sync service has not removed it"
        return [Violation("purge-overdue", id_, detail)]
    return []


#: (rule, detail, repair); None: the state is sound.
Broken = tuple[str, str, Repair] | None


def _queued(video: Video, late: datetime) -> Broken:
    if "requested_at" not in video and video["state_since"] < late:
        return "never-requested", "it was accepted, but never requested", Repair.REQUEST
    return None


def _running(video: Video, late: datetime) -> Broken:
    if "lease" not in video:
        return "running-without-lease", "it is running, but has no lease", Repair.NONE
    ended = video["lease"]["expires_at"]
    if ended < late:
        return "lease-expired", f"its lease expired at {clock(ended)}, and it was not requeued", Repair.REQUEST
    return None


def _waiting(video: Video, late: datetime) -> Broken:
    if "retry" not in video:
        return "waiting-without-time", "it is waiting, but has no due time and no reason", Repair.NONE
    retry = video["retry"]
    if not retry["decided"] and retry["last_failed_at"] < late:
        return "undecided", "it failed, and the retry service has not decided about it", Repair.ANNOUNCE
    if retry["decided"] and retry["due_at"] < late:
        return "overdue", f"it was due at {clock(retry['due_at'])}", Repair.REQUEST
    return None


def _stored(video: Video, _: datetime) -> Broken:
    if "audio" not in video:
        return "stored-without-object", "it is stored, but names no object", Repair.FETCH
    return None


def _abandoned(video: Video, _: datetime) -> Broken:
    if "retry" not in video:
        return "abandoned-without-reason", "it was abandoned without a reason", Repair.NONE
    return None


_RULES: dict[str, Callable[[Video, datetime], Broken]] = {
    VideoState.QUEUED: _queued,
    VideoState.RUNNING: _running,
    VideoState.WAITING: _waiting,
    VideoState.STORED: _stored,
    VideoState.ABANDONED: _abandoned,
}


def _attempts(video: Video, tokens: Sequence[int], now: datetime, limits: Limits) -> list[Violation]:
    id_ = video["_id"]
    found: list[Violation] = []
    if len(set(tokens)) != len(tokens):
        found.append(Violation("attempt-logged-twice", id_, f"its log has the tokens {sorted(tokens)}"))
    if tokens and max(tokens) > video["token"]:
        found.append(Violation("token-from-nowhere", id_, f"its log has a later attempt than {video['token']}"))
    if "unannounced" in video:
        late = now - timedelta(seconds=limits.grace_seconds)
        if video["unannounced"]["timestamp"] < late:
            found.append(
                Violation(
                    "unannounced", id_, "its last attempt ended, but its event was not published", Repair.ANNOUNCE
                )
            )
    elif len(set(tokens)) != video["attempts"]:
        found.append(
            Violation("attempts-differ", id_, f"{video['attempts']} attempts ended, but {len(set(tokens))} are logged")
        )
    charged = video["retry"]["charged"] if "retry" in video else 0
    if charged > min(limits.max_attempts, max(video["attempts"], 0)):
        found.append(
            Violation(
                "charged-too-often",
                id_,
                f"{charged} of {video['attempts']} attempts were charged; the limit is {limits.max_attempts}",
            )
        )
    return found
