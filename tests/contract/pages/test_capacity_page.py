"""docs/capacity.md shows what the simulation says, and the simulation knows its bottlenecks."""

from bench.capacity import PLANS, Plan, simulate, table
from dev.install import ROOT


def test_the_page_has_the_simulations_table() -> None:
    assert table(PLANS) in (ROOT / "docs/capacity.md").read_text()


def test_what_is_scarce_is_the_bottleneck() -> None:
    assert simulate(Plan(5_000, egresses=1, cores=64)).bottleneck == "egress"
    assert simulate(Plan(5_000, egresses=8, cores=1)).bottleneck == "cores"
    assert simulate(Plan(5_000, minutes=600, egresses=1, slots=1, cores=64)).bottleneck == "download slots"


def test_twice_the_egresses_fetch_twice_as_much() -> None:
    one, two = (simulate(Plan(5_000, egresses=n, cores=64)).videos_per_day for n in (1, 2))
    assert 1.9 < two / one < 2.1
