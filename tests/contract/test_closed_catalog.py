"""The catalog is closed: modules outside it ask named questions and make named changes, never raw database calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONNECTION = ROOT / "shared" / "catalog" / "connection.py"


def collections() -> set[str]:
    """The attributes of `Catalog` that are collections: those that its constructor makes as such."""
    tree = ast.parse(CONNECTION.read_text())
    (catalog,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Catalog")
    return {
        target.attr
        for node in ast.walk(catalog)
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Collection[")
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }


#: Methods of `Catalog` that hand out a collection or change a document, for the catalog's own modules.
INTERNAL = {"collection", "collection_as_it_is", "change_video"}


def raw_uses(source: str, forbidden: set[str]) -> Iterator[str]:
    """Yield the expressions in which a catalog, by whatever variable, gives one of the forbidden attributes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in forbidden:
            holder = node.value.attr if isinstance(node.value, ast.Attribute) else ast.unparse(node.value)
            if holder.strip("_") == "catalog":
                yield f"{node.lineno}: {ast.unparse(node)}"


def outside() -> list[Path]:
    rooms = (ROOT / "services", ROOT / "shared", ROOT / "cli")
    found = [path for room in rooms for path in room.rglob("*.py")]
    return sorted(path for path in found if CONNECTION.parent not in path.parents)


def test_the_collections_are_found() -> None:
    assert {"videos", "playlists", "logs", "parked", "breakers", "ledgers", "keys"} <= collections()


@pytest.mark.parametrize(
    "code",
    ["catalog.videos.find({})", "self._catalog.logs", "backend.catalog.parked.count()", "catalog.change_video(a, b)"],
)
def test_a_raw_call_would_be_found(code: str) -> None:
    assert list(raw_uses(code, collections() | INTERNAL))


def test_nobody_outside_touches_a_collection() -> None:
    forbidden = collections() | INTERNAL
    found = [f"{path.relative_to(ROOT)}:{use}" for path in outside() for use in raw_uses(path.read_text(), forbidden)]
    assert found == []
