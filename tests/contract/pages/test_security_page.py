"""docs/security.md names what was tried, and what it names is there."""

import re

from dev.install import ROOT

PAGE = (ROOT / "docs/security.md").read_text()
SUITE = {path.stem for path in (ROOT / "tests/hostile").rglob("test_*.py")}


def test_every_file_of_the_hostile_suite_stands_for_a_promise() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named == SUITE


def test_what_else_it_names_is_there() -> None:
    for path in re.findall(r"`((?:tests|services|shared)/[\w/.]+)`", PAGE):
        assert (ROOT / path).exists(), path
    for setting in re.findall(r"`((?:SOURCES|SCRAPER)_[A-Z_]+)`", PAGE):
        assert f"`{setting}`" in (ROOT / "docs/settings.md").read_text(), setting
    for target in re.findall(r"`make (\w+)`", PAGE):
        assert f"\n{target}:" in (ROOT / "Makefile").read_text(), target
