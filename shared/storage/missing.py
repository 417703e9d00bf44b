"""What a missing container or bucket means: to a service an error, to a command that only looks an empty one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType

from shared.errors import MirrorUnavailable, StoreUnavailable


class Missing:
    """Decides that, and remembers whether it was met."""

    def __init__(self, code: str, *, is_empty: bool) -> None:
        """`code`: the server's name of that error. `is_empty`: whether it counts as an empty container."""
        self._code, self._is_empty = code, is_empty
        #: Whether it was met and counted as an empty one.
        self.met = False

    def allowed(self, translated: AbstractContextManager[None]) -> _Allowed:
        """End a block without an error if the container is missing and that counts as an empty one.

        `translated`: translates the client's errors.
        """
        return _Allowed(self, translated)

    def forgives(self, error: StoreUnavailable | MirrorUnavailable) -> bool:
        """Return whether this error says that the container is missing, and that counts as an empty one."""
        forgiven = error.code == self._code and self._is_empty
        self.met = self.met or forgiven
        return forgiven


class _Allowed:
    def __init__(self, missing: Missing, translated: AbstractContextManager[None]) -> None:
        self._missing, self._translated = missing, translated

    def __enter__(self) -> None:
        self._translated.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        try:
            self._translated.__exit__(kind, error, traceback)
        except (StoreUnavailable, MirrorUnavailable) as found:
            if not self._missing.forgives(found):
                raise
            return True
        return False
