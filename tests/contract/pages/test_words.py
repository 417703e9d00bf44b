"""The words of the glossary are those of the code, and words that nobody else in the field uses stay out of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.install import ROOT

GLOSSARY = (ROOT / "docs/glossary.md").read_text()
TERMS = re.findall(r"^\| ([a-z][a-z ]+) \|", GLOSSARY, re.MULTILINE)
#: Identifier → what the field calls it.
BANNED_NAMES = {
    "die": "rng",
    "Intake": "Admission",
    "Gate": "Authenticator",
    "Holder": "Principal",
    "Bell": "Notifier",
    "SharedLook": "CachedQuery",
    "Wishes": "SubmissionOptions",
    "NotWhole": "MediaInvalid",
    "SideFile": "Sidecar",
    "Told": "Excerpts",
    "Swept": "ReconciliationReport",
    "take_turn": "acquire_lock",
    "take_up": "requeue(reason=…)",
    "give_up": "abandon",
    "bury": "delete",
    "refetch": "requeue(reason=…)",
    "entrance": "middleware, or entry point",
    "deserted_too_often": "is_crash_loop",
}
#: Phrases that a native technical writer does not write.
BANNED_PROSE = re.compile(
    r"\b(?:anew|mend(?:s|ed|ing)?|not to be had|can(?:not)? be had|gone on with|befalls?|nought)\b", re.IGNORECASE
)
FOLDERS = ("services", "shared", "cli")
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", ".env.example", "docs/*.md", "docs/runbooks/*.md")


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text())


def names_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Name():
                yield node.id
            case ast.arg():
                yield node.arg
            case ast.Attribute():
                yield node.attr


@pytest.fixture(scope="module")
def every_word() -> set[str]:
    """The words of all identifiers and of modules' docstrings, in lower case and without the plural."""
    found: set[str] = set()
    for path, tree in modules():
        for name in {*names_in(tree), *path.with_suffix("").parts}:
            spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            found.update(word.removesuffix("s") for word in spaced.split("_"))
        found.update(re.findall(r"[a-z]+", (ast.get_docstring(tree) or "").lower()))
    return found


@pytest.mark.parametrize("term", TERMS)
def test_each_term_is_a_word_of_the_code(term: str, every_word: set[str]) -> None:
    assert {word.removesuffix("s") for word in term.split()} <= every_word


def test_there_are_terms() -> None:
    assert len(TERMS) > 40


def test_no_name_is_private() -> None:
    used = {f"{path}: {name}" for path, tree in modules() for name in names_in(tree) if name in BANNED_NAMES}
    assert used == set(), {name.rpartition(" ")[2]: BANNED_NAMES[name.rpartition(" ")[2]] for name in used}


def test_no_text_reads_as_a_translation() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    files += [path for pattern in PAGES for path in ROOT.glob(pattern)]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted(files)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if BANNED_PROSE.search(line)
    ]
    assert found == []
