"""Filters: which rule leaves a recording out, and which rules are refused because they cannot be meant."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from shared.filters import Facts, Filters, left_out_by_all

TALK = Facts("Émission du soir N° 12", 1800, date(2026, 3, 14), "Creative Commons Attribution", "fr-BJ", live=False)


@pytest.mark.parametrize(
    ("rules", "by"),
    [
        ({}, None),
        ({"title_include": "émission"}, None),
        ({"title_include": "^journal"}, "title_include"),
        ({"title_exclude": r"n°\s*\d+"}, "title_exclude"),
        ({"title_exclude": "teaser"}, None),
        ({"min_seconds": 1800, "max_seconds": 1800}, None),
        ({"min_seconds": 1800.5}, "min_seconds"),
        ({"max_seconds": 60}, "max_seconds"),
        ({"published_from": "2026-03-14", "published_to": "2026-03-14"}, None),
        ({"published_from": "2026-03-15"}, "published_from"),
        ({"published_to": "2026-03-13"}, "published_to"),
        ({"licences": ["creative commons"]}, None),
        ({"licences": ["public domain", "unknown"]}, "licences"),
        ({"languages": ["fr"]}, None),
        ({"languages": ["fr-bj"]}, None),
        ({"languages": ["f", "fon"]}, "languages"),
        ({"live": "leave"}, None),
        ({"live": "only"}, "live"),
    ],
)
def test_the_rule_that_leaves_a_recording_out(rules: dict[str, Any], by: str | None) -> None:
    found = Filters.model_validate(rules).left_out_by(TALK, final=True)
    assert (found.partition(":")[0] if found is not None else None) == by


@pytest.mark.parametrize(
    "rules",
    [
        {"min_seconds": 60},
        {"max_seconds": 60},
        {"published_from": "2026-01-01"},
        {"licences": ["creative commons"]},
        {"languages": ["fon"]},
        {"live": "only"},
        {"live": "leave"},
        {"title_include": "x"},
    ],
)
def test_what_a_list_does_not_say_leaves_nothing_out_yet(rules: dict[str, Any]) -> None:
    assert Filters.model_validate(rules).left_out_by(Facts()) is None


@pytest.mark.parametrize(
    ("rules", "by"),
    [
        ({"licences": ["creative commons"]}, "licences"),
        ({"licences": ["Unknown"]}, None),
        ({"languages": ["fon"]}, "languages"),
        ({"languages": ["fon", "unknown"]}, None),
        ({"live": "only"}, "live"),
        ({"min_seconds": 60}, None),
    ],
)
def test_what_its_page_does_not_say_either_is_unknown(rules: dict[str, Any], by: str | None) -> None:
    found = Filters.model_validate(rules).left_out_by(Facts("x"), final=True)
    assert (found.partition(":")[0] if found is not None else None) == by


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"title_include": "(a"}, "missing )"),
        ({"title_include": "(?=x)"}, "RE2"),
        ({"title_include": r"(a)\1"}, "RE2"),
        ({"title_include": ""}, "at least 1"),
        ({"title_include": "a" * 501}, "at most 500"),
        ({"title_exclude": "(((a{100}){100}){100})"}, "RE2"),
        ({"title_include": "x", "title_exclude": "x"}, "nothing can match"),
        ({"min_seconds": 2, "max_seconds": 1}, "nothing can match"),
        ({"min_seconds": -1}, "greater than or equal to 0"),
        ({"published_from": "2026-02-01", "published_to": "2026-01-01"}, "nothing can match"),
        ({"published_from": "2026-02-30"}, "valid date"),
        ({"licences": []}, "at least 1"),
        ({"live": "sometimes"}, "'take', 'only' or 'leave'"),
        ({"titel_include": "x"}, "not permitted"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(rules: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Filters.model_validate(rules)
    assert said in str(refused.value)


def test_a_pattern_takes_time_in_proportion_to_the_title() -> None:
    """A backtracking engine would take longer than the age of the universe, and this test would meet its limit."""
    began = time.process_time()
    rules = Filters(title_include="(a+)+(b+)*$")
    assert rules.left_out_by(Facts("a" * 5000 + "!")) is not None
    assert time.process_time() - began < 60


def test_one_of_several_filters_is_enough_to_take_a_recording() -> None:
    short, long = Filters(max_seconds=60), Filters(min_seconds=60)
    assert left_out_by_all((), TALK) is None
    assert left_out_by_all((short,), TALK) == "max_seconds: 1800 is more than 60"
    assert left_out_by_all((short, long), TALK) is None
    assert left_out_by_all((short, Filters(live="only")), TALK) == "max_seconds: 1800 is more than 60"
