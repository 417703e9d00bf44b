"""A report tells what is slower, when, and by how much; and nothing where nothing is."""

from __future__ import annotations

from typing import Any

import pytest

from cli.measuring.report.findings import ENOUGH, findings
from cli.measuring.report.rows import numbers
from tests.unit.cli.report.made_up import row

NOTHING = "No egress, provider, network, resolver or hour of the day was much slower than the others."


def test_where_nothing_differs_that_is_said() -> None:
    first, last = findings([row(hour, egress=egress) for hour in range(24) for egress in "ab" for _ in range(ENOUGH)])
    assert first == (
        "480 downloads were measured. Half of them came at 8.0 Mbit/s or faster, nine of ten at 8.0 Mbit/s or faster."
    )
    assert last == NOTHING


def test_a_slow_network_is_told_with_its_late_first_byte() -> None:
    slow = [row(network="AS2 TWO", rate=3e5, first_byte=0.4) for _ in range(ENOUGH)]
    found = findings([*(row() for _ in range(40)), *slow])
    assert found[1:] == [
        "Servers of AS2 TWO came at a third of the others' rate: 2.4 Mbit/s against 8.0 Mbit/s, in 10 downloads. "
        "The first byte came after 400 ms instead of 100 ms."
    ]


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("egress", "The egress slow came at half of the others' rate"),
        ("provider", "The provider slow came at half of the others' rate"),
        ("resolver", "What slow resolved came at half of the others' rate"),
    ],
)
def test_whatever_is_slow_is_told(field: str, sentence: str) -> None:
    slow: dict[str, Any] = {field: "slow", "rate": 5e5}
    found = findings([*(row() for _ in range(40)), *(row(**slow) for _ in range(ENOUGH))])
    assert [each.partition(":")[0] for each in found[1:]] == [sentence]


def test_slow_evenings_are_told_with_their_hours() -> None:
    rows = [row(hour, rate=2.5e5 if hour in (19, 20, 21, 22) else 1e6) for hour in range(24) for _ in range(ENOUGH)]
    assert findings(rows)[1:] == [
        "Through cotonou, downloads between 19 and 23 h came at a quarter of the rate of the other hours: 2.0 Mbit/s "
        "against 8.0 Mbit/s."
    ]


def test_a_network_that_is_slow_in_the_evening_is_told_so() -> None:
    slow = [
        row(hour, network="AS2 TWO", rate=2e5 if hour >= 18 else 9e5) for hour in range(12, 24) for _ in range(ENOUGH)
    ]
    usual = [row(hour) for hour in range(24) for _ in range(3 * ENOUGH)]
    [_, found, *_] = findings([*usual, *slow])
    assert found.startswith("Servers of AS2 TWO came at 55 %") or "between 18 and 24 h" in found


def test_a_few_downloads_prove_nothing() -> None:
    found = findings([*(row() for _ in range(40)), *(row(egress="slow", rate=1e5) for _ in range(ENOUGH - 1))])
    assert found[1:] == [NOTHING]


def test_failures_and_stalls_are_told() -> None:
    rows = [row(stalls=n % 2) for n in range(20)]
    rows += [row(failed=True, reason="removed", rate=None, stalls=None), row(failed=True, reason="timeout", rate=None)]
    assert findings(rows)[1:3] == [
        "2 of 22 failed: removed (1), timeout (1).",
        "Somebody who had listened meanwhile would have heard 48 % of them stall.",
    ]


def test_without_measurements_or_rates_that_is_said() -> None:
    assert findings([]) == ["Nothing was measured."]
    assert findings([row(rate=None)]) == ["1 download was measured; it was not long enough for a rate."]


def test_numbers_are_those_of_pandas() -> None:
    # pandas.Series([1, 2, 4, 8, 16, 32, 64, 128, 256, 512]).quantile([.1, .5, .9])
    found = numbers([2.0**n for n in range(10)])
    assert found is not None
    assert list(found) == pytest.approx([10, 1.9, 24, 281.6])
    assert numbers([None]) is None
