"""Which entries of a list are new."""

from __future__ import annotations

import random

import pytest

from services.scraper.looks.walk import Walk


def taken(entries: str, known: str, first: int | None, *, before: bool = True) -> str:
    """The entries that a walk takes, a letter each, the newest first."""
    walk: Walk[str] = Walk(first, began_before=before)
    found = [e for letter in entries for e in walk.step(letter, letter, is_known=letter in known)]
    return "".join([*found, *walk.end()])


@pytest.mark.parametrize(
    ("entries", "known", "first", "before", "new"),
    [
        # A first look takes the newest, and no more.
        ("fedcba", "", 1, False, "f"),
        ("fedcba", "", 0, False, ""),
        ("fedcba", "", None, False, "fedcba"),
        # A first look that is repeated after a crash: what it took counts.
        ("fedcba", "f", 1, False, ""),
        ("fedcba", "f", 2, False, "e"),
        # Later: what stands above something known.
        ("hgfedcba", "f", 1, True, "hg"),
        ("hgfedcba", "fe", 1, True, "hg"),
        # Put in between, or moved up; what stands below all that is known was never wanted.
        ("fxedcba", "fe", 1, True, "x"),
        ("afedcb", "fe", 1, True, "a"),
        ("fedcba", "fedcba", 1, True, ""),
        # Below a run of known entries the place shows nothing.
        ("zyxedcbaM", "edcbaM", 1, True, "zyx"),
        ("zedcbaoooM", "edcbaM", 1, True, "z"),
        ("zedcbooM", "edcbM", 1, True, "zoo"),
        # What was known is gone, but for one.
        ("hgd", "fed", 1, True, "hg"),
        # Nothing known is left: as at a first look.
        ("hgfe", "xyz", 2, True, "hg"),
        ("hgfe", "xyz", 0, True, ""),
        # All of it is wanted anyway.
        ("hgfe", "xyz", None, True, "hgfe"),
        ("hgfe", "ge", None, True, "hf"),
        ("", "abc", 1, True, ""),
    ],
)
def test_what_is_new(entries: str, known: str, first: int | None, before: bool, new: str) -> None:
    assert taken(entries, known, first, before=before) == new


def test_of_any_lists_nothing_new_is_missed_and_nothing_old_is_taken() -> None:
    """Lists grow at their beginning, and lose entries; something known is left each time."""
    rng = random.Random(3)
    for _ in range(500):
        back = [f"old{n}" for n in range(rng.randrange(30))]
        known = {"base0", "base1", "base2"}
        news = [f"new{n}" for n in range(rng.randrange(20))]
        kept = [name for name in ("base0", "base1", "base2") if rng.random() < 0.7] or ["base1"]
        walk: Walk[str] = Walk(1, began_before=True)
        found = [e for name in (*news, *kept, *back) for e in walk.step(name, name, is_known=name in known)]
        assert [*found, *walk.end()] == news
