"""What differs between the followed sources that are wanted and those that there are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.following.definition import SourceDefinition, differing


@dataclass(frozen=True)
class Changes:
    """What differs, by name; the added and changed ones in the order in which they are wanted."""

    added: list[str]
    #: Name → the fields that differ.
    changed: dict[str, list[str]]
    removed: list[str]
    unchanged: int

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "removed": len(self.removed),
            "unchanged": self.unchanged,
        }


def changes_between(
    known: Mapping[str, SourceDefinition], wanted: Sequence[SourceDefinition], *, prune: bool
) -> Changes:
    """Return what is to be done so that the sources are those that are wanted.

    `known`: by name. `prune`: whether those that are not wanted are removed.
    """
    fields = {each.name: differing(known[each.name], each) for each in wanted if each.name in known}
    changed = {name: names for name, names in fields.items() if names}
    return Changes(
        added=[each.name for each in wanted if each.name not in known],
        changed=changed,
        removed=sorted(set(known) - {each.name for each in wanted}) if prune else [],
        unchanged=len(fields) - len(changed),
    )
