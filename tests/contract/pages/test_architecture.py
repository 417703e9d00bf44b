"""docs/architecture.md lists the way of a message by its functions: each of them exists, and the ways stay short."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from dev.install import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text()
#: `package.module:function` or `package.module:Class.method`.
_STEP = re.compile(r"`((?:services|shared|cli)(?:\.\w+)+):(\w+(?:\.\w+)*)`")
#: Heading of a way → the most files that a reader may have to open.
WAYS = {
    "A playlist, from its queue to the mirror": 14,
    "A followed source, from its schedule to a request": 10,
    "A recording that its source keeps no longer": 6,
    "An event, to whoever wants to know": 6,
    "A failure": 10,
    "A request of the dashboard": 10,
}


def steps_below(heading: str) -> list[tuple[str, str]]:
    _, _, rest = PAGE.partition(f"\n### {heading}\n")
    assert rest, heading
    return _STEP.findall(re.split(r"\n##", rest, maxsplit=1)[0])


@pytest.mark.parametrize("heading", WAYS)
def test_a_way_leads_through_few_files(heading: str) -> None:
    files = {module for module, _ in steps_below(heading)}
    assert 4 <= len(files) <= WAYS[heading], sorted(files)


def test_every_named_function_exists() -> None:
    found = _STEP.findall(PAGE)
    assert len(found) >= 20
    for module, path in found:
        value: object = import_module(module)
        for name in path.split("."):
            assert hasattr(value, name), f"{module}:{path}"
            value = getattr(value, name)
