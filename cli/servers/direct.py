"""What the commands share that ask the servers directly, past the API."""

from __future__ import annotations

from collections.abc import Callable

from shared.errors import Misconfigured

#: Seconds to wait for a server.
WAIT_SECONDS = 10


def all_right(*looks: Callable[[], object]) -> None:
    """Call each, and raise one Misconfigured with the sentences of all that found something wrong."""
    wrong: list[str] = []
    for look in looks:
        try:
            look()
        except Misconfigured as error:
            wrong += str(error).splitlines()
    if wrong:
        raise Misconfigured("\n".join(dict.fromkeys(wrong)))
