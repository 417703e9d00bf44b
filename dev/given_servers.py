"""Which servers the environment names, apart from those of a stack whose env file the shell has read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

#: The variable in a stack's env file that tells which addresses are of servers that this stack started: a digest of
#: each, since services get it too, and an address may hold the administrator's password.
OF_A_STACK = "FONOTECA_STACK_SERVERS"


def given_servers(variables: Iterable[str], environment: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The variables that name a server to use, and those that name one which a stack has started for itself.

    The latter come with `. <STATE>/env`. That stack may have ended, or be another one than is to be started.
    """
    of_a_stack = environment.get(OF_A_STACK, "").split()
    set_ = [variable for variable in variables if environment.get(variable)]
    return (
        [variable for variable in set_ if _digest(environment[variable]) not in of_a_stack],
        [variable for variable in set_ if _digest(environment[variable]) in of_a_stack],
    )


def as_exports(variables: Iterable[str], exports: Mapping[str, str]) -> dict[str, str]:
    """What the env file says about the servers that were started, those that `variables` name."""
    return {OF_A_STACK: " ".join(_digest(exports[variable]) for variable in variables if variable in exports)}


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:16]
