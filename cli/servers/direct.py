"""Shared by the commands that connect to the servers directly, without the API."""

from __future__ import annotations

from collections.abc import Callable

from shared.errors import Misconfigured

#: Seconds to wait for a server.
WAIT_SECONDS = 10


def check_all(*checks: Callable[[], object]) -> None:
    """Run all checks of settings. Raises one Misconfigured with the sentences of all that fail."""
    wrong: list[str] = []
    for check in checks:
        try:
            check()
        except Misconfigured as error:
            wrong += str(error).splitlines()
    if wrong:
        raise Misconfigured("\n".join(dict.fromkeys(wrong)))
