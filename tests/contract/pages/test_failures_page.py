"""The reasons: declared once, explained on docs/failures.md, and named in every language of the dashboard."""

import ast
import re

import pytest

from dev.documents.failures_page import GROUPS, following
from dev.install import ROOT
from shared.contracts.reasons import CODE_PATTERN, Reason
from shared.contracts.shortages import Shortage

PAGE = (ROOT / "docs/failures.md").read_text()
FRENCH = ROOT / "services/api/web/texts/reasons.fr.js"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained(reason: Reason) -> None:
    assert re.fullmatch(CODE_PATTERN, reason)
    assert PAGE.count(f"| `{reason}` | {reason.meaning} | {reason.cure} |") == 1
    for text in (reason.meaning, reason.cure):
        assert text.endswith(".")
        assert text[0].isupper() or text[0] in "`0123456789" or text.startswith(("yt-dlp", "you-get"))
    assert not reason.label.endswith(".")


def test_labels_are_distinct() -> None:
    labels = [reason.label for reason in Reason] + [shortage.label for shortage in Shortage]
    assert len(set(labels)) == len(labels)


def test_every_reason_belongs_to_one_group_of_the_page() -> None:
    grouped = [reason for group in GROUPS for reason in following(group)]
    assert sorted(grouped) == sorted(Reason)


def test_code_names_reasons_by_the_enum() -> None:
    """A code written out could be misspelt, and a search for the member would miss it."""
    codes = {reason.value for reason in Reason if "-" in reason.value}
    folders = ("services/scraper", "services/retry", "services/sync", "shared/catalog")
    written = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in codes
    ]
    assert written == []


@pytest.mark.skipif(not FRENCH.exists(), reason="the dashboard speaks English alone")
def test_every_reason_has_a_french_name() -> None:
    named = {
        found[1] or found[2] for found in re.finditer(r'^  (?:"([^"]+)"|(\w+)):', FRENCH.read_text(), re.MULTILINE)
    }
    assert named == {*Reason, *Shortage}
