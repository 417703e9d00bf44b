"""Accepts playlists into the catalog, and changes a known playlist that is submitted again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistState
from shared.catalog.playlists.relisting import Asker, Change, may_choose, owned_by, resubmitted
from shared.errors import AlreadyThere
from shared.filters import Filters

#: The operator, or whoever acts for them.
UNLIMITED = Asker()


class SubmissionOptions(NamedTuple):
    """The options of a submission."""

    #: Profiles of each new video; None: the scrapers' setting.
    profiles: Sequence[str] | None = None
    #: Maximum number of entries, from the first; None: all.
    limit: int | None = None
    priority: Literal["normal", "high"] = "normal"
    #: Which entries are taken; None: all.
    filters: Filters | None = None

    @classmethod
    def of(cls, playlist: Playlist) -> SubmissionOptions:
        """Return those of a playlist's last submission."""
        return cls(
            playlist.get("profiles"),
            playlist.get("limit"),
            playlist.get("priority", "normal"),
            filters_of(playlist.get("filters")),
        )


def filters_of(stored: dict[str, Any] | None) -> Filters | None:
    """Return filters as documents keep them; None if there are none."""
    return Filters.model_validate(stored) if stored is not None else None


def stored_filters(filters: Filters | None) -> dict[str, Any] | None:
    """Return filters in the form for a document: only the rules that were given."""
    if filters is None or filters.is_empty:
        return None
    return filters.model_dump(mode="json", exclude_defaults=True)


async def accept_playlist(
    catalog: Catalog, playlist_id: str, url: str, options: SubmissionOptions | None = None, asker: Asker = UNLIMITED
) -> tuple[Playlist, bool]:
    """Note that a playlist was submitted. Returns it, and whether it is new to the catalog."""
    while True:
        now = await catalog.now()
        known = await catalog.playlists.find_one({"_id": playlist_id})
        accepted = _first(playlist_id, now, asker) if known is None else known.copy()
        change = Change({}) if known is None else resubmitted(known, asker, now)
        fields = {"submitted_at": now, **_chosen(known, url, options or SubmissionOptions(), asker), **change.set}
        accepted |= fields  # type: ignore[typeddict-item]  # a pure change is a plain dict of a document's fields
        for name in ("followed_only", *change.unset):
            accepted.pop(name, None)  # type: ignore[misc]  # names of optional fields alone
        if known is None:
            with suppress(AlreadyThere):
                await catalog.playlists.insert_one(accepted)
                return accepted, True
        else:
            seen = {name: known.get(name) for name in ("_id", "state", "state_since", "submitted_at")}
            # From now on it is submitted too: see `operator.retention`.
            update = {"$set": fields, "$unset": dict.fromkeys(("followed_only", *change.unset), "")}
            if (await catalog.playlists.update_one(seen, update)).matched_count == 1:
                return accepted, False


def _first(playlist_id: str, now: datetime, asker: Asker) -> Playlist:
    """Return a playlist that is new to the catalog; the submission's own fields are added to it."""
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


def _chosen(known: Playlist | None, url: str, options: SubmissionOptions, asker: Asker) -> dict[str, Any]:
    """Return the fields by which a submission says what to store, and whose the playlist is."""
    owner = owned_by(known, asker) if known is not None else None
    whose: dict[str, Any] = {"submitter": owner} if owner is not None else {}
    if known is not None and not may_choose(known, asker):
        return whose
    profiles = list(options.profiles) if options.profiles is not None else None
    # Urgent videos delay those of others, so a limited submitter cannot request priority.
    priority = "normal" if asker.limited else options.priority
    # An id has one address at a time, the last one: that of the code that runs now. Several lists may have one id, as
    # a mix that begins with another video has.
    return {
        "url": url,
        "profiles": profiles,
        "limit": options.limit,
        "priority": priority,
        "filters": stored_filters(options.filters),
        **whose,
    }
