"""Every decision has the same form, and the index lists it with its title and status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dev.install import ROOT

FOLDER = ROOT / "docs/decisions"
RECORDS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
HEADINGS = ["Context", "Decision", "Rejected alternatives", "Consequences"]
_STATUS = re.compile(
    r"^\*\*Status:\*\* (accepted|superseded by \[(\d+)\]\((\d{4})-[\w-]+\.md\)), \d{4}-\d{2}-\d{2}$", re.MULTILINE
)


def _index() -> dict[str, tuple[str, str, str]]:
    """File → number, title and status, as the index has them."""
    rows = re.findall(
        r"^\| \[(\d+)\]\(([\w.-]+)\) \| (.+) \| (.+) \|$", (FOLDER / "README.md").read_text(), re.MULTILINE
    )
    return {file: (number, title, status) for number, file, title, status in rows}


def test_the_numbers_are_consecutive() -> None:
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_has_the_form_of_the_template(record: Path) -> None:
    text = record.read_text()
    assert re.fullmatch(r"# \d+\. .+", text.splitlines()[0])
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert len(_STATUS.findall(text)) == 1
    for heading in HEADINGS:
        section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
        assert section.strip(), heading


def test_the_index_lists_every_record_with_its_title_and_status() -> None:
    wanted = {}
    for path in RECORDS:
        text = path.read_text()
        number, title = re.findall(r"^# (\d+)\. (.+)$", text, re.MULTILINE)[0]
        [(status, successor, _)] = _STATUS.findall(text)
        wanted[path.name] = (number, title, f"superseded by {successor}" if successor else status)
    assert _index() == wanted


def test_the_template_has_the_headings() -> None:
    [template] = re.findall(r"```markdown\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    assert re.findall(r"^## (.+)$", template, re.MULTILINE) == HEADINGS
