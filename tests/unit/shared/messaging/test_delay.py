"""The delay tree, walked through its own bindings: every delay must arrive, in time, at its queue."""

import itertools
import random

import pytest

from shared.messaging.delay import SIGNIFICANT_BITS, entry_point, whole_delay
from shared.topology import (
    DELAY_DELIVER_EXCHANGE,
    DELAY_QUEUES,
    EXCHANGES,
    MAX_DELAY_SECONDS,
    VIDEOS_QUEUE,
    WORK_QUEUES,
    Binding,
)


def matches(pattern: list[str], key: list[str]) -> bool:
    """AMQP's topic match: `*` is one word, `#` any number of words."""
    if not pattern:
        return not key
    if pattern[0] == "#":
        return any(matches(pattern[1:], key[skip:]) for skip in range(len(key) + 1))
    return bool(key) and pattern[0] in ("*", key[0]) and matches(pattern[1:], key[1:])


def takes(binding: Binding, exchange: str, words: list[str]) -> bool:
    return binding.source == exchange and matches(binding.key.split("."), words)


def walk(exchange: str, key: str) -> tuple[int, list[str], int]:
    """Follow a message through the tree: (seconds it waits, queues it reaches, delay queues it passes)."""
    waited, hops = 0, 0
    while exchange != DELAY_DELIVER_EXCHANGE:
        words = key.split(".")
        queues = [
            q for q in DELAY_QUEUES for b in q.bindings if b.source == exchange and matches(b.key.split("."), words)
        ]
        nexts = [e for e in EXCHANGES for b in e.bindings if b.source == exchange and matches(b.key.split("."), words)]
        assert len(queues) + len(nexts) == 1, (
            f"{key} takes {len(queues)} queues and {len(nexts)} exchanges at {exchange}"
        )
        if queues:
            waited += int(queues[0].arguments["x-message-ttl"]) // 1000
            hops += 1
            exchange = str(queues[0].arguments["x-dead-letter-exchange"])
        else:
            exchange = nexts[0].name
    words = key.split(".")
    reached = [q.name for q in WORK_QUEUES if any(takes(b, DELAY_DELIVER_EXCHANGE, words) for b in q.bindings)]
    return waited, reached, hops


@pytest.mark.parametrize("queue", [q.name for q in WORK_QUEUES])
def test_a_message_waits_exactly_its_delay_and_reaches_its_queue_alone(queue: str) -> None:
    rng = random.Random(7)
    chosen = [1, 2, 3, 59, 60, 61, 3600, MAX_DELAY_SECONDS]
    for seconds in itertools.chain(chosen, (rng.randint(1, MAX_DELAY_SECONDS) for _ in range(50))):
        waited, reached, _ = walk(*entry_point(seconds, queue))
        assert (waited, reached) == (seconds, [queue])


def test_whole_delays_are_never_early_little_late_and_take_few_hops() -> None:
    rng = random.Random(11)
    for seconds in [0, 0.2, 1, 1.01, 15, 16.5, 17, 100_000.5] + [rng.uniform(0, MAX_DELAY_SECONDS) for _ in range(300)]:
        whole = whole_delay(seconds)
        assert seconds <= whole <= max(1, seconds * (1 + 2 / 2**SIGNIFICANT_BITS) + 1)
        if whole < MAX_DELAY_SECONDS:
            assert walk(*entry_point(whole, VIDEOS_QUEUE))[2] <= SIGNIFICANT_BITS


def test_longer_waits_are_cut_to_one_pass() -> None:
    assert whole_delay(10**9) == MAX_DELAY_SECONDS
    with pytest.raises(ValueError, match="outside"):
        entry_point(MAX_DELAY_SECONDS + 1, VIDEOS_QUEUE)
