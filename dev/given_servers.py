"""Which servers the environment names, other than those of a stack whose env file the shell has read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

#: The variable in a stack's env file that marks addresses of servers which this stack started. It has a digest of each,
#: because services receive it too, and an address may contain the administrator's password.
OF_A_STACK = "FONOTECA_STACK_SERVERS"


def given_servers(variables: Iterable[str], environment: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the variables that name a server to use, and those that name a server which a stack started for itself.

    The latter come from `. <STATE>/env`. That stack may have ended, or may not be the one that starts now.
    """
    of_a_stack = environment.get(OF_A_STACK, "").split()
    set_ = [variable for variable in variables if environment.get(variable)]
    return (
        [variable for variable in set_ if _digest(environment[variable]) not in of_a_stack],
        [variable for variable in set_ if _digest(environment[variable]) in of_a_stack],
    )


def as_exports(variables: Iterable[str], exports: Mapping[str, str]) -> dict[str, str]:
    """Return the variable of the env file about the started servers, which `variables` name."""
    return {OF_A_STACK: " ".join(_digest(exports[variable]) for variable in variables if variable in exports)}


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:16]
