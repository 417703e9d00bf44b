"""Imports without what takes a third of the start-up and is of no use during it.

Python's collector of cycles would walk all modules again and again. pydantic would read the metadata of every installed
package, to look for plugins of its own.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

#: New objects after which the collector looks for cycles among them. By Python's default, 700, it ran several times for
#: each copy of a small object, and took a fifth of the CPU; from 5,000 on there is nothing left to gain.
NEW_OBJECTS = 10_000
#: Whoever has such a plugin, e.g. to trace validations, sets this variable to the empty text.
PYDANTIC_PLUGINS = ("PYDANTIC_DISABLE_PLUGINS", "__all__")


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import inside the block. What it made is never walked again: it lives as long as the process.

    From then on the collector runs after `NEW_OBJECTS`, and this process and its children use no plugins of pydantic
    unless the environment says so.
    """
    gc.disable()
    os.environ.setdefault(*PYDANTIC_PLUGINS)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
        gc.enable()
