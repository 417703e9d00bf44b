"""The arithmetic of the delay tree: which exchange a message enters, and under which key. Pure functions.

The tree is described in `topology` and in docs/decisions/0002-delay-tree.md.
"""

from __future__ import annotations

import math

from shared.topology import DELAY_TOP_LEVEL, MAX_DELAY_SECONDS, delay_level

#: Delays are rounded up to this many significant bits, so a message passes at most as many queues.
SIGNIFICANT_BITS = 4


def whole_delay(seconds: float) -> int:
    """Return the delay that is used, in whole seconds: at least 1, rounded up to 4 significant bits, at most 36.4 h.

    A longer wait takes several passes: a consumer delays a message that is not yet due once more.
    """
    if not seconds < MAX_DELAY_SECONDS:  # True for NaN, too.
        return MAX_DELAY_SECONDS
    whole = max(1, math.ceil(seconds))
    step = int(1 << max(0, whole.bit_length() - SIGNIFICANT_BITS))
    rounded = math.ceil(whole / step) * step
    return min(MAX_DELAY_SECONDS, rounded)


def entry_point(seconds: int, queue: str) -> tuple[str, str]:
    """Return the exchange of the highest set bit and the routing key for a delay of `seconds` towards `queue`."""
    if not 1 <= seconds <= MAX_DELAY_SECONDS:
        raise ValueError(f"a delay of {seconds} s is outside 1 … {MAX_DELAY_SECONDS}")
    bits = format(seconds, f"0{DELAY_TOP_LEVEL + 1}b")
    return delay_level(seconds.bit_length() - 1), ".".join(bits) + f".{queue}"
