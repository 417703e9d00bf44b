"""Places for what lasts long: so many at once, so that short questions are still answered."""

from __future__ import annotations

from collections import Counter

from services.api.http.problems import RETRY_AFTER_SECONDS, Problem


class Places:
    """A number of places, of which one key may take some."""

    def __init__(self, most: int, what: str, most_of_one: int | None = None) -> None:
        """`what`: is done there, as in "so many … at once"."""
        self._most = most
        self._what = what
        self._most_of_one = most_of_one or most
        self._taken: Counter[str] = Counter()

    def take(self, key_id: str) -> None:
        """Take a place. Raises a Problem if all are taken."""
        if self._taken.total() >= self._most or self._taken[key_id] >= self._most_of_one:
            raise Problem(
                503,
                f"As many clients {self._what} as this replica lets; try again shortly.",
                {"Retry-After": str(RETRY_AFTER_SECONDS)},
                code="no-place",
            )
        self._taken[key_id] += 1

    def give_back(self, key_id: str) -> None:
        """Leave a place."""
        self._taken[key_id] -= 1
        if self._taken[key_id] <= 0:
            del self._taken[key_id]
