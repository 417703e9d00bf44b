"""Imports without Python's collector of cycles: it would walk all modules again and again, a fifth of the start-up."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: New objects after which the collector looks for cycles among them. By Python's default, 700, it ran several times for
#: each copy of a small object, and took a fifth of the CPU; from 5,000 on there is nothing left to gain.
NEW_OBJECTS = 10_000


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import inside the block. What it made is never walked again: it lives as long as the process.

    From then on the collector runs after `NEW_OBJECTS`.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
        gc.enable()
