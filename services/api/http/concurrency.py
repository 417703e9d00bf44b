"""Limits how many long-running answers there are at once, so that short requests are still served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from services.api.http.problems import RETRY_AFTER_SECONDS, Problem


class ConcurrencyLimit:
    """A number of slots, of which one key may hold a part."""

    def __init__(self, slots: int, activity: str, slots_per_key: int | None = None) -> None:
        """`activity`: what the holders of slots do, as in "clients listen to events"."""
        self._slots = slots
        self._activity = activity
        self._slots_per_key = slots_per_key or slots
        self._held: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """How many slots are held, by all keys together."""
        return self._held.total()

    def held_by(self, key_id: str) -> int:
        """How many slots one key holds."""
        return self._held[key_id]

    @contextmanager
    def hold(self, key_id: str) -> Iterator[None]:
        """Hold a slot within the context. Raises a Problem (503) if there is none, or none for this key."""
        if self._held.total() >= self._slots or self._held[key_id] >= self._slots_per_key:
            raise Problem(
                503,
                f"No more clients can {self._activity} at this replica now; try again shortly.",
                {"Retry-After": str(RETRY_AFTER_SECONDS)},
                code="no-place",
            )
        self._held[key_id] += 1
        try:
            yield
        finally:
            self._held[key_id] -= 1
            if self._held[key_id] <= 0:
                del self._held[key_id]
