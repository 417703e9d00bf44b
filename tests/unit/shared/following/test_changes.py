"""What differs between the followed sources that are wanted and those that there are."""

from __future__ import annotations

from shared.following.changes import changes_between
from shared.following.definition import SourceDefinition


def source(name: str, **more: object) -> SourceDefinition:
    return SourceDefinition.model_validate({"name": name, "address": f"PLabcdefghij-{name}", **more})


KNOWN = {each.name: each for each in (source("a"), source("b"), source("c"))}
WANTED = [source("d"), source("b", every="1h", first="all"), source("a")]


def test_each_source_is_added_changed_removed_or_unchanged() -> None:
    changes = changes_between(KNOWN, WANTED, prune=True)
    assert (changes.added, changes.changed, changes.removed) == (["d"], {"b": ["every", "first"]}, ["c"])
    assert changes.counts == {"added": 1, "changed": 1, "removed": 1, "unchanged": 1}


def test_nothing_is_removed_that_need_not_be() -> None:
    assert changes_between(KNOWN, WANTED, prune=False).removed == []
    assert changes_between(KNOWN, [], prune=True).removed == ["a", "b", "c"]
    assert changes_between(KNOWN, list(KNOWN.values()), prune=True).counts["unchanged"] == 3
