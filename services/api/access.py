"""Who may use the API: holders of the key, compared in constant time."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.api.problems import Problem

_bearer = HTTPBearer(auto_error=False, description="The API key (API_KEY).")


async def require_key(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    """Raise a Problem unless the request carries the key."""
    key: str = request.app.state.key
    if given is None or not hmac.compare_digest(given.credentials.encode(), key.encode()):
        raise Problem(
            401,
            "Send the API key in the header 'Authorization: Bearer <key>'.",
            {"WWW-Authenticate": "Bearer"},
        )
