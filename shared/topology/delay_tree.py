"""The delay tree: a queue and an exchange for each bit of a delay in seconds. Data only; decision 0002 says why.

`messaging.delay` computes where a message enters.
"""

from __future__ import annotations

from shared.topology.model import Binding, Exchange, Queue
from shared.topology.names import DELAY_DELIVER_EXCHANGE

#: The delay tree's highest level: 2^17 - 1 s = 36.4 h is the longest delay of one pass.
DELAY_TOP_LEVEL = 16
MAX_DELAY_SECONDS: int = 2 ** (DELAY_TOP_LEVEL + 1) - 1
#: Messages that a delay level holds before it refuses more; at 1.3 kB each, a full level takes the broker about 1.3 GB.
DELAY_LEVEL_LENGTH = 1_000_000


def delay_level(level: int) -> str:
    """Return the name of a level's queue and exchange."""
    return f"delay.l{level:02}"


def _delay_key(level: int, bit: int) -> str:
    """Return the binding key for the bit of `level`. A routing key is all bits, the highest first, then the queue."""
    return "*." * (DELAY_TOP_LEVEL - level) + f"{bit}.#"


def _below(level: int) -> str:
    return delay_level(level - 1) if level > 0 else DELAY_DELIVER_EXCHANGE


DELAY_QUEUES = tuple(
    Queue(
        delay_level(level),
        (Binding(delay_level(level), _delay_key(level, 1)),),
        {
            "x-queue-type": "quorum",
            "x-message-ttl": 2**level * 1000,
            "x-dead-letter-exchange": _below(level),
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-max-length": DELAY_LEVEL_LENGTH,
        },
    )
    for level in range(DELAY_TOP_LEVEL + 1)
)

#: Targets come before their sources, so that no message enters an incomplete tree.
DELAY_EXCHANGES = (
    Exchange(DELAY_DELIVER_EXCHANGE, (Binding(delay_level(0), _delay_key(0, 0)),)),
    *(
        Exchange(delay_level(level), (Binding(delay_level(level + 1), _delay_key(level + 1, 0)),))
        for level in range(DELAY_TOP_LEVEL)
    ),
    Exchange(delay_level(DELAY_TOP_LEVEL)),
)
