"""How much of everything: FAULTS=full takes the full numbers (`make faults`), else each fault is tried with few."""

from __future__ import annotations

import os
import random

FULL = os.environ.get("FAULTS") == "full"
#: When to kill what: the same in every run.
DIE = random.Random(20260501)
#: Seconds to wait for what must come; tens of thousands of videos take their time.
PATIENCE_SECONDS = 1_200 if FULL else 120


def many(full: int, small: int) -> int:
    """The number for this run."""
    return full if FULL else small
