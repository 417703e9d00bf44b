"""Who may listen: holders of a key, of a session, or of a password, as players of podcasts have one.

A password is taken here alone, where nothing can be changed: browsers send one that they remember by themselves, with
whatever another site has them ask.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBasic
from fastapi.security.utils import get_authorization_scheme_param

from services.api.auth.authenticator import KEY_CHALLENGE, GateDep, Principal, ShownDep, check_scope
from services.api.backend import BackendDep
from shared.catalog.documents import Scope


class _Password(HTTPBasic):
    """HTTP Basic, as players of podcasts have it. Only the password counts."""

    async def __call__(self, request: Request) -> str | None:  # type: ignore[override]
        """The password; None if there is none that can be read."""
        scheme, encoded = get_authorization_scheme_param(request.headers.get("Authorization"))
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).partition(b":")
            # The user name may be in Latin-1, as older players send it: nobody reads it.
            return (password if colon else user).decode()
        except ValueError:
            return None


_password = _Password(auto_error=False, description="Any user name; the password is a key, best one of scope listen.")
#: What is asked for where a password is taken too. Source: RFC 7617.
_KEY_OR_PASSWORD = f'{KEY_CHALLENGE}, Basic realm="Fonoteca", charset="UTF-8"'


async def _listener(
    request: Request,
    gate: GateDep,
    backend: BackendDep,
    credentials: ShownDep,
    password: Annotated[str | None, Depends(_password)],
) -> Principal:
    # A browser would ask its user for a password in the middle of our own page, whose session is what has ended.
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    secret = credentials.secret if password is None else password
    credentials = replace(credentials, secret=secret, challenge=KEY_CHALLENGE if ours else _KEY_OR_PASSWORD)
    holder = await gate.holder(backend, credentials)
    check_scope(holder, Scope.LISTEN)
    return holder


#: Whoever may listen: by a key, a session, or a password, which nothing that changes something takes.
ListenerDep = Annotated[Principal, Depends(_listener)]
