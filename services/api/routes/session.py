"""/v1/session: signing in to the dashboard with a key, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Cookie, Response

from services.api.auth.authenticator import COOKIE, ClientDep, GateDep, HolderDep, Principal
from services.api.backend import BackendDep
from services.api.http.problems import Problem, documented
from services.api.schemas.access import SessionIn, SessionOut
from shared.catalog.access.sessions import end_session
from shared.catalog.documents import Session

router = APIRouter(prefix="/v1/session", tags=["session"])


def session_out(holder: Principal, session: Session) -> SessionOut:
    """A session, as its own browser sees it."""
    return SessionOut(
        name=holder.name, scope=holder.scope.value, csrf=session["csrf"], expires_at=session["expires_at"]
    )


@router.post("", status_code=201, responses=documented(400, 401, 403, 422, 429))
async def sign_in(
    body: SessionIn, response: Response, gate: GateDep, client: ClientDep, backend: BackendDep
) -> SessionOut:
    """Sign in with a key. The answer sets a cookie that scripts cannot read and other sites cannot send."""
    holder, begun = await gate.sign_in(backend, body.key, client)
    response.set_cookie(
        COOKIE,
        begun.token,
        expires=begun.document["expires_at"],
        httponly=True,
        samesite="strict",
        secure=gate.cookie_secure,
    )
    return session_out(holder, begun.document)


@router.get("", responses=documented(401, 404, 422, 429))
async def read(holder: HolderDep) -> SessionOut:
    """Who is signed in here."""
    if holder.session is None:
        raise Problem(404, "This request came with a key, not with a session.", code="no-session")
    return session_out(holder, holder.session)


@router.delete("", status_code=204, responses=documented(401, 403, 422, 429))
async def sign_out(
    _: HolderDep, backend: BackendDep, response: Response, token: Annotated[str | None, Cookie(alias=COOKIE)] = None
) -> None:
    """Sign out."""
    if token is not None:
        await end_session(backend.catalog, token)
    response.delete_cookie(COOKIE)
