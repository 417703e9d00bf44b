"""The principal of a request: the holder of a valid key, with the rights of that key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.api.http.problems import Problem
from shared.catalog.documents import Scope, Session


@dataclass(frozen=True)
class Principal:
    """The key behind a request."""

    key_id: str
    name: str
    scope: Scope
    #: Derives, from a session's token, the proof that ties the session to this key.
    prove: Callable[[str], str]
    #: The session that authenticated the request; None if it carried the key itself.
    session: Session | None = None

    def require(self, scope: Scope) -> None:
        """Check that the key allows `scope`. Raises a Problem (403) if it does not."""
        if not self.scope.allows(scope):
            raise Problem(403, f"This needs a key of scope {scope}; yours is {self.scope}. Nothing was done.")
