"""/v1/session: sign in to the dashboard with a key, and sign out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Cookie, Response

from services.api.auth.credentials import COOKIE, ClientDep
from services.api.auth.dependencies import AuthenticatorDep, PrincipalDep
from services.api.auth.principal import Principal
from services.api.backend import BackendDep
from services.api.http.problems import Problem, documented
from services.api.schemas.access import SessionIn, SessionOut
from shared.catalog.access.sessions import end_session
from shared.catalog.documents import Session

router = APIRouter(prefix="/v1/session", tags=["session"])


def session_out(principal: Principal, session: Session) -> SessionOut:
    """A session, for the browser that holds it."""
    return SessionOut(
        name=principal.name, scope=principal.scope.value, csrf=session["csrf"], expires_at=session["expires_at"]
    )


@router.post("", status_code=201, responses=documented(400, 401, 403, 422, 429))
async def sign_in(
    body: SessionIn, response: Response, authenticator: AuthenticatorDep, client: ClientDep, backend: BackendDep
) -> SessionOut:
    """Sign in with a key. The answer sets a cookie that scripts cannot read and other sites cannot send."""
    principal, begun = await authenticator.sign_in(backend, body.key, client)
    response.set_cookie(
        COOKIE,
        begun.token,
        expires=begun.document["expires_at"],
        httponly=True,
        samesite="strict",
        secure=authenticator.cookie_secure,
    )
    return session_out(principal, begun.document)


@router.get("", responses=documented(401, 404, 422, 429))
async def read(principal: PrincipalDep) -> SessionOut:
    """Say who is signed in."""
    if principal.session is None:
        raise Problem(404, "This request carries a key, not a session. Sign in to begin one.", code="no-session")
    return session_out(principal, principal.session)


@router.delete("", status_code=204, responses=documented(401, 403, 422, 429))
async def sign_out(
    _: PrincipalDep, backend: BackendDep, response: Response, token: Annotated[str | None, Cookie(alias=COOKIE)] = None
) -> None:
    """Sign out: end the session of this browser."""
    if token is not None:
        await end_session(backend.catalog, token)
    response.delete_cookie(COOKIE)
