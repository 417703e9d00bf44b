"""Every relative link, heading and path that a page names exists in the working tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dev.install import ROOT

PATTERNS = ("*.md", "docs/**/*.md", "deploy/**/*.md", "services/*/README.md")
PAGES = sorted(page for pattern in PATTERNS for page in ROOT.glob(pattern))
#: A code span such as `services/retry/policy.py`, `docs/runbooks/` or `tests/unit/test_*.py`.
_PATH = re.compile(r"`((?:services|shared|cli|dev|tests|bench|deploy|docs|requirements|sbom|\.ci)/[\w./*-]*)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"```.*?```", re.DOTALL)
#: A module or folder of a service, as its README names it: at its root, or below a folder that the README names too.
_MODULE = re.compile(r"`((?:\w+/)*\w+\.py|(?:\w+/)+)`")


def test_the_pages_are_found() -> None:
    names = {str(page.relative_to(ROOT)) for page in PAGES}
    assert {"README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/operating.md", "docs/runbooks/README.md"} <= names
    assert {"services/scraper/README.md", "deploy/k8s/README.md", "docs/decisions/README.md"} <= names
    assert sum(len(_links(page)) for page in PAGES) > 150
    assert sum(len(_paths(page)) for page in PAGES) > 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert [link for link in _links(page) if not _leads_somewhere(page, link)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_named_path_exists(page: Path) -> None:
    assert [path for path in _paths(page) if not any(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("card", sorted(ROOT.glob("services/*/README.md")), ids=lambda card: card.parent.name)
def test_every_module_that_a_service_names_is_its_own(card: Path) -> None:
    named = _MODULE.findall(card.read_text())
    assert named
    assert [path for path in named if not any(card.parent.rglob(path.rstrip("/")))] == []


@pytest.mark.parametrize(
    ("link", "right"),
    [
        ("docs/operating.md", True),
        ("docs/operating.md#users-of-the-broker", True),
        ("docs/operating.md#no-such-heading", False),
        ("docs/no-such-page.md", False),
        ("#troubleshooting", True),
    ],
)
def test_a_wrong_link_is_found(link: str, *, right: bool) -> None:
    assert _leads_somewhere(ROOT / "README.md", link) is right


def _links(page: Path) -> list[str]:
    return [link for link in _LINK.findall(_prose(page)) if not re.match(r"[a-z]+:", link)]


def _paths(page: Path) -> list[str]:
    return _PATH.findall(_prose(page))


@cache
def _prose(page: Path) -> str:
    """The text of a page without its code blocks."""
    return _FENCE.sub("", page.read_text())


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in set(_anchors(target)))


def _anchors(page: Path) -> Iterator[str]:
    """The anchors that GitHub makes of a page's headings."""
    for heading in re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        yield re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
