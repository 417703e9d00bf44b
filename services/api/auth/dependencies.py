"""FastAPI dependencies for routes that need a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from services.api.auth.authenticator import Authenticator
from services.api.auth.credentials import CredentialsDep
from services.api.auth.principal import Principal
from services.api.backend import BackendDep
from shared.catalog.documents import Scope
from shared.errors import CatalogError


def _authenticator(request: Request) -> Authenticator:
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator


AuthenticatorDep = Annotated[Authenticator, Depends(_authenticator)]


async def _principal(authenticator: AuthenticatorDep, backend: BackendDep, credentials: CredentialsDep) -> Principal:
    return await authenticator.authenticate(backend, credentials)


PrincipalDep = Annotated[Principal, Depends(_principal)]


def needs(scope: Scope) -> Any:
    """Make the dependency of a route that needs a key of `scope` or a wider one."""

    async def check(principal: PrincipalDep) -> None:
        principal.require(scope)

    return Depends(check)


def _key_check(
    authenticator: AuthenticatorDep, backend: BackendDep, credentials: CredentialsDep
) -> Callable[[], Awaitable[bool]]:
    async def is_still_valid() -> bool:
        try:
            return await authenticator.identify(backend, credentials) is not None
        except CatalogError:
            # Nobody can say now; the next check asks again.
            return True

    return is_still_valid


#: Checks, during a long answer, whether the credentials it began with are still valid.
KeyCheckDep = Annotated[Callable[[], Awaitable[bool]], Depends(_key_check)]
