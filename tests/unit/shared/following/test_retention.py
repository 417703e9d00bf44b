"""What a source keeps: the newest, or what was stored lately; the newest few in any case."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from shared.following.definition import SourceDefinition
from shared.following.retention import FLOOR, Recording, Retention, expired, parse_keep

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def recording(number: int, published_days_ago: int | None, stored_days_ago: float) -> Recording:
    day = None if published_days_ago is None else f"{NOW - timedelta(days=published_days_ago):%Y%m%d}"
    return Recording(f"youtube:{number:03}", day, NOW - timedelta(days=stored_days_ago))


def ids(recordings: list[Recording]) -> list[str]:
    return [each.video_id for each in recordings]


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("all", Retention()),
        ("200", Retention(newest=200)),
        (" 90d ", Retention(days=90)),
        ("10", Retention(newest=FLOOR)),
        ("1d", Retention(days=1)),
    ],
)
def test_what_is_taken(text: str, parsed: Retention) -> None:
    assert parse_keep(text) == parsed


@pytest.mark.parametrize("text", ["", "none", "9", "0", "-5", "0d", "5.5", "200 d", "1000001", "36601d", "²"])
def test_what_is_refused_says_what_is_valid(text: str) -> None:
    with pytest.raises(ValueError, match="all"):
        parse_keep(text)


def test_the_newest_by_publication_stay() -> None:
    # Published in another order than stored, as a back catalogue is.
    recordings = [recording(n, published_days_ago=40 + n, stored_days_ago=30 - n) for n in range(30)]
    random.Random(1).shuffle(recordings)
    assert ids(expired(recordings, parse_keep("20"), NOW)) == [f"youtube:{n:03}" for n in range(29, 19, -1)]
    assert expired(recordings, parse_keep("30"), NOW) == []
    assert expired(recordings, parse_keep("all"), NOW) == []


def test_days_count_from_storing() -> None:
    old = [recording(n, published_days_ago=4000 + n, stored_days_ago=5) for n in range(20)]
    assert expired(old, parse_keep("30d"), NOW) == []
    late = [recording(n, published_days_ago=40 + n, stored_days_ago=31) for n in range(20)]
    assert ids(expired(late, parse_keep("30d"), NOW)) == [f"youtube:{n:03}" for n in range(19, FLOOR - 1, -1)]


def test_a_silent_channel_keeps_its_newest() -> None:
    recordings = [recording(n, published_days_ago=900 + n, stored_days_ago=900) for n in range(FLOOR)]
    assert expired(recordings, parse_keep("30d"), NOW) == []


def test_without_a_date_the_day_of_storing_stands_for_it() -> None:
    recordings = [recording(n, published_days_ago=None if n % 2 else n, stored_days_ago=n) for n in range(12)]
    assert ids(expired(recordings, parse_keep("10"), NOW)) == ["youtube:011", "youtube:010"]


@pytest.mark.parametrize(("keep", "stored"), [(200, "200"), ("200", "200"), ("90d", "90d")])
def test_a_definition_takes_numbers_and_text(keep: object, stored: str) -> None:
    definition = SourceDefinition.model_validate({"name": "a", "address": "@radio-zou", "keep": keep})
    assert definition.stored()["keep"] == stored
    assert SourceDefinition.model_validate(definition.stored()) == definition


@pytest.mark.parametrize("keep", [True, None, 9, -200, 2.5, [200], "all of it"])
def test_a_definition_refuses_nonsense(keep: object) -> None:
    with pytest.raises(ValidationError, match="keep"):
        SourceDefinition.model_validate({"name": "a", "address": "@radio-zou", "keep": keep})


@pytest.mark.parametrize("first", ["all", 201])
def test_what_would_be_stored_and_deleted_at_once_is_refused(first: object) -> None:
    with pytest.raises(ValidationError, match="write first: 200"):
        SourceDefinition.model_validate({"name": "a", "address": "@radio-zou", "keep": "200", "first": first})
    assert SourceDefinition.model_validate({"name": "a", "address": "@radio-zou", "keep": "90d", "first": "all"})
