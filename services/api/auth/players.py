"""Access for podcast players, which cannot send a key in a header of their own: HTTP Basic with the key as password.

Only routes that change nothing accept a password: browsers remember one and send it by themselves, with whatever
request another site makes them send.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBase as HTTPBaseModel
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param

from services.api.auth.credentials import KEY_CHALLENGE, CredentialsDep
from services.api.auth.dependencies import AuthenticatorDep
from services.api.auth.principal import Principal
from services.api.backend import BackendDep
from shared.catalog.documents import Scope


class _BasicPassword(SecurityBase):
    """HTTP Basic with any user name: only the password counts. A missing or unreadable password is no error."""

    def __init__(self) -> None:
        self.model = HTTPBaseModel(
            scheme="basic", description="Any user name; the password is a key, preferably one of scope listen."
        )
        #: The name in the OpenAPI document, which clients may refer to.
        self.scheme_name = "_Password"

    async def __call__(self, request: Request) -> str | None:
        """Read the password. Returns None if the request has no readable one."""
        scheme, encoded = get_authorization_scheme_param(request.headers.get("Authorization"))
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).partition(b":")
            # Older players send the user name in Latin-1, so it is never decoded.
            return (password if colon else user).decode()
        except ValueError:
            return None


_password = _BasicPassword()
#: The WWW-Authenticate of routes that also accept a password. Source: RFC 7617.
_KEY_OR_PASSWORD_CHALLENGE = f'{KEY_CHALLENGE}, Basic realm="Fonoteca", charset="UTF-8"'


async def _player(
    request: Request,
    authenticator: AuthenticatorDep,
    backend: BackendDep,
    credentials: CredentialsDep,
    password: Annotated[str | None, Depends(_password)],
) -> Principal:
    # When the dashboard's session has ended, a Basic challenge would make the browser ask its user for a password.
    from_dashboard = request.headers.get("Sec-Fetch-Site") == "same-origin"
    secret = credentials.secret if password is None else password
    challenge = KEY_CHALLENGE if from_dashboard else _KEY_OR_PASSWORD_CHALLENGE
    principal = await authenticator.authenticate(backend, replace(credentials, secret=secret, challenge=challenge))
    principal.require(Scope.LISTEN)
    return principal


#: The principal of a request that may also authenticate with a password; its key has at least scope listen.
PlayerDep = Annotated[Principal, Depends(_player)]
