"""The credentials that a request carries: a key, or the cookie of a session with its CSRF token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from services.api.auth.wrong_keys import client_network

#: The cookie of a session, and the header that proves that a request comes from the dashboard's own pages.
COOKIE, CSRF_HEADER = "fonoteca_session", "X-CSRF-Token"
#: Methods that change nothing, so another site gains nothing by making a browser send them.
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
#: The WWW-Authenticate of routes that accept a key and nothing else.
KEY_CHALLENGE = "Bearer"

_bearer = HTTPBearer(auto_error=False, description="A key: `fonoteca keys create` makes one, or API_KEY.")
_cookie = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    description=f"The dashboard's session, from POST /v1/session. Changes also need {CSRF_HEADER}.",
)


@dataclass(frozen=True)
class Credentials:
    """What a request carries to identify its sender; nothing here has been checked."""

    #: The key.
    secret: str | None
    #: The token in the session's cookie.
    token: str | None
    csrf: str | None
    method: str
    #: The network that the request comes from: see `client_network`.
    client: str
    #: The WWW-Authenticate of the answer if nothing here is valid.
    challenge: str = KEY_CHALLENGE


def _client(request: Request) -> str:
    return client_network(request.client.host if request.client is not None else None)


ClientDep = Annotated[str, Depends(_client)]


async def _credentials(
    request: Request,
    client: ClientDep,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    token: Annotated[str | None, Depends(_cookie)],
) -> Credentials:
    secret = given.credentials if given is not None else None
    return Credentials(secret, token, request.headers.get(CSRF_HEADER), request.method, client)


CredentialsDep = Annotated[Credentials, Depends(_credentials)]
