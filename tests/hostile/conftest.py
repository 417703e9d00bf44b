"""What the tests of hostile inputs share.

`make test` tries the short form; HOSTILE=full (`make hostile`) also tries what takes long.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.hostile.table import PROPERTY

#: Whether everything is tried.
FULL = os.environ.get("HOSTILE") == "full"


@pytest.fixture
def inputs(request: pytest.FixtureRequest) -> Callable[[int], None]:
    """Call it with the number of inputs, in a test that tries many at once."""

    def tried(number: int) -> None:
        request.node.user_properties.append((PROPERTY, number))

    return tried
