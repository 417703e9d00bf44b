"""Every regular expression of the code takes time in proportion to the text, whatever a stranger writes.

Looked at is the pattern, not the clock: what makes time grow faster is a repetition in a repetition, two repetitions of
the same letters side by side, and a search whose beginning is itself a repetition.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import cli
import services
import shared

#: Repetitions that are no longer are no danger.
FEW = 300
#: Letters that stand for all others.
SAMPLE = [chr(code) for code in range(256)] + ["\u0301", "\u2028", "\u4e00"]
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_CATEGORIES = {
    _constants.CATEGORY_DIGIT: r"\d",
    _constants.CATEGORY_NOT_DIGIT: r"\D",
    _constants.CATEGORY_SPACE: r"\s",
    _constants.CATEGORY_NOT_SPACE: r"\S",
    _constants.CATEGORY_WORD: r"\w",
    _constants.CATEGORY_NOT_WORD: r"\W",
}
Item = tuple[Any, Any]


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """All that the modules hold, alone or in tuples, lists and dicts."""
    for package in (shared, services, cli):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # Settings are an operator's own words.
            if found.name.endswith(("__main__", "fork_server")) or found.name.startswith("shared.setting_rules"):
                continue
            for name, value in vars(importlib.import_module(found.name)).items():
                for pattern in _patterns_in(value):
                    yield f"{found.name}.{name}: {pattern.pattern[:60]}", pattern


def _patterns_in(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _patterns_in(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _patterns_in(inner)


def slow_parts(pattern: str) -> list[str]:
    """What makes a pattern slow, a sentence each."""
    parsed = list(_parser.parse(pattern))
    found = list(_nested(parsed, inside=False)) + list(_side_by_side(parsed))
    if parsed and (first := _first_consuming(parsed)) is not None and _is_long(first):
        found.append("it begins with a repetition")
    return found


def _is_long(item: Item) -> bool:
    return item[0] in _REPEATS and item[1][1] > FEW and item[0] is not _constants.POSSESSIVE_REPEAT


def _parts(item: Item) -> list[Sequence[Item]]:
    kind, value = item
    if kind in _REPEATS:
        return [value[2]]
    if kind is _constants.SUBPATTERN:
        return [value[3]]
    if kind is _constants.BRANCH:
        return list(value[1])
    if kind in (_constants.ASSERT, _constants.ASSERT_NOT):
        return [value[1]]
    if kind is _constants.ATOMIC_GROUP:
        return [value]
    return []


def _nested(items: Sequence[Item], *, inside: bool) -> Iterator[str]:
    for item in items:
        if inside and _is_long(item):
            yield "a repetition in a repetition"
        for part in _parts(item):
            yield from _nested(part, inside=inside or _is_long(item))


def _side_by_side(items: Sequence[Item]) -> Iterator[str]:
    """Two repetitions with letters in common, and nothing between them that must be there."""
    before: set[str] = set()
    for item in _flat(items):
        if _is_long(item):
            letters = _letters([item])
            if letters & before:
                yield "two repetitions of the same letters side by side"
            before |= letters
        elif not _may_be_empty(item):
            before = set()
    for item in items:
        for part in _parts(item):
            yield from _side_by_side(part)


def _flat(items: Sequence[Item]) -> Iterator[Item]:
    """With what stands in groups in their place."""
    for item in items:
        if item[0] is _constants.SUBPATTERN:
            yield from _flat(item[1][3])
        else:
            yield item


def _may_be_empty(item: Item) -> bool:
    kind, value = item
    if kind in _REPEATS:
        return value[0] == 0 or all(map(_may_be_empty, value[2]))
    if kind in (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT):
        return True
    parts = _parts(item)
    return bool(parts) and any(all(map(_may_be_empty, part)) for part in parts)


def _first_consuming(items: Sequence[Item]) -> Item | None:
    for item in _flat(items):
        if item[0] in (_constants.AT, _constants.ASSERT):
            return None
        if not _may_be_empty(item) or _is_long(item):
            return item
    return None


def _letters(items: Sequence[Item]) -> set[str]:
    """The letters of the sample that stand in what is repeated."""
    found: set[str] = set()
    for kind, value in items:
        if kind is _constants.LITERAL:
            found.add(chr(value))
        elif kind is _constants.ANY:
            found |= set(SAMPLE)
        elif kind is _constants.NOT_LITERAL:
            found |= set(SAMPLE) - {chr(value)}
        elif kind is _constants.IN:
            found |= _letters_of_class(value)
        else:
            for part in _parts((kind, value)):
                found |= _letters(part)
    return found


def _letters_of_class(members: Sequence[Item]) -> set[str]:
    found: set[str] = set()
    for kind, value in members:
        if kind is _constants.LITERAL:
            found.add(chr(value))
        elif kind is _constants.RANGE:
            found |= {letter for letter in SAMPLE if value[0] <= ord(letter) <= value[1]}
        elif kind is _constants.CATEGORY:
            found |= {letter for letter in SAMPLE if re.fullmatch(_CATEGORIES[value], letter)}
    return set(SAMPLE) - found if members[0][0] is _constants.NEGATE else found


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+b", r"(?:\w+\s?)*!", r"\w+://", r"(\w+://[^:/\s@]*):[^@/\s]+@", r"x\s*\s*y", r"a.*b?.*c", r"(\d+)?(\d+)z"],
)
def test_a_slow_pattern_is_seen(pattern: str) -> None:
    assert slow_parts(pattern)


@pytest.mark.parametrize(
    "pattern", [r"(?<=://)[^\s/@]+@", r"\bsig=[^&\s]+", r"^a+b", r"x[ \t]*[:=][ \t]*y", r"a{1,20}b"]
)
def test_a_quick_pattern_is_not_blamed(pattern: str) -> None:
    assert not slow_parts(pattern)


FOUND = dict(patterns())


def test_the_patterns_of_the_code_are_found() -> None:
    assert any("redaction" in name for name in FOUND)
    assert len(FOUND) > 20


@pytest.mark.parametrize("name", FOUND)
def test_no_pattern_of_the_code_is_slow(name: str) -> None:
    assert not slow_parts(FOUND[name].pattern)
