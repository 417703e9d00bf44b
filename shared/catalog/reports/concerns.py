"""What only a person can repair: breakers that rest until somebody resumes them, parked messages, and the like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredBreaker
from shared.catalog.operations.breakers import source_of_breaker
from shared.catalog.operations.parked import estimate_parked
from shared.catalog.operator.playlist_endings import count_unlistable
from shared.catalog.operator.reasons import ReasonCount, reasons
from shared.catalog.videos.deletions import kept_by_reason
from shared.contracts.reasons import Reason
from shared.errors import FailureClass

#: Classes of failures that no later attempt can repair.
_FOR_A_PERSON = {FailureClass.TOOL.value, FailureClass.IDENTITY.value}


class Concern(NamedTuple):
    """A problem that only a person can solve."""

    what: str
    number: int
    kind: Literal["parked", "refused-playlists", "reason", "breaker", "kept"]
    #: The reason of the failures; None for other problems.
    reason: str | None
    #: Names it among those of its kind.
    key: str = ""


async def concerns(catalog: Catalog, breakers: Sequence[StoredBreaker]) -> list[Concern]:
    """Return what only a person can repair, the most severe first. `breakers`: all that are stored."""
    found = [
        Concern(
            f"{b['egress']} asks nothing of {source_of_breaker(b)} until a person resumes it: "
            f"{b['detail'] or b['reason']}",
            1,
            "breaker",
            b["reason"],
            b["_id"],
        )
        for b in breakers
        if b["state"] == "open" and b["until"] is None
    ]
    if parked := await estimate_parked(catalog):
        found.append(Concern("Parked messages", parked, "parked", None))
    if refused := await count_unlistable(catalog):
        found.append(Concern("Playlists that cannot be listed", refused, "refused-playlists", None))
    for why, number in sorted((await kept_by_reason(catalog)).items()):
        if why != "soft-delete":
            what = f"Deleted, but still in a store: {why}"
            found.append(Concern(what, number, "kept", Reason.DELETED_BY_A_PERSON.value, why))
    return found + [_of_reason(r) for r in await reasons(catalog) if r.failure_class in _FOR_A_PERSON]


def _of_reason(count: ReasonCount) -> Concern:
    number = count.open + count.abandoned + count.playlists
    return Concern(f"Not fetched: {count.reason}", number, "reason", count.reason, count.reason)
