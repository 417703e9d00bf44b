"""Who may use the API: holders of a key, for what its scope allows, and no more often than is decent.

A key comes with the request, or stands behind the session of a browser that signed in with it.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from services.api.auth.wrong_keys import Strangers, source_of
from services.api.backend import Backend, BackendDep
from services.api.http.problems import Problem, too_often
from services.api.settings import ApiSettings
from shared.catalog.access.keys import Scope, key_of, valid_key
from shared.catalog.access.sessions import NewSession, begin_session, session_of
from shared.catalog.documents import Key, Session
from shared.errors import CatalogError

#: The cookie of a session, and the header that proves that a request comes from our own pages.
COOKIE, CSRF_HEADER = "fonoteca_session", "X-CSRF-Token"
#: Methods that change nothing, so that no other site gains by having a browser send them.
HARMLESS = {"GET", "HEAD", "OPTIONS"}
#: Id of the key of the settings, which can always do everything.
SETTINGS_KEY = "API_KEY"

_bearer = HTTPBearer(auto_error=False, description="A key: `fonoteca keys create` makes one, or API_KEY.")
_cookie = APIKeyCookie(
    name=COOKIE, auto_error=False, description=f"Of the dashboard: POST /v1/session. Changes need {CSRF_HEADER} too."
)


#: What is asked for where a key alone is taken.
KEY_CHALLENGE = "Bearer"


@dataclass(frozen=True)
class Principal:
    """Who asks."""

    key_id: str
    name: str
    scope: Scope
    #: What ties a session's token to the key.
    prove: Callable[[str], str]
    #: The session it came with; None if it sent the key itself.
    session: Session | None = None


@dataclass(frozen=True)
class Credentials:
    """What a request shows of who asks."""

    secret: str | None
    token: str | None
    csrf: str | None
    method: str
    #: Where it comes from: see `source_of`.
    client: str
    #: How to show more, for whoever shows nothing that is valid: a WWW-Authenticate.
    challenge: str = KEY_CHALLENGE


class Authenticator:
    """Looks at keys and sessions, and counts. The counts are this replica's own."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings_key = settings.key.get_secret_value()
        self._session_lasts = timedelta(hours=settings.session_hours)
        self.cookie_secure = settings.cookie_secure
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._of_keys = RateLimitItemPerMinute(settings.requests_per_minute)
        self._strangers = Strangers(settings.wrong_keys_per_minute)

    async def holder(self, backend: Backend, credentials: Credentials) -> Principal:
        """Who asks. Raises a Problem for an unknown, revoked or expired key or session, or one that asks too often."""
        found = await self.known(backend, credentials)
        if found is None:
            # Holders of valid keys may come from the same address, as behind an ingress: they are not kept out.
            await self._strangers.count(credentials.client)
            raise Problem(
                401,
                "Send a valid key in the header 'Authorization: Bearer <key>', or sign in. It may be revoked or "
                "expired: `fonoteca keys list` tells.",
                {"WWW-Authenticate": credentials.challenge},
            )
        await self._count(self._of_keys, found.key_id, "This key asks too often.")
        return found

    async def known(self, backend: Backend, credentials: Credentials) -> Principal | None:
        """Who it is; None: nobody who may come in."""
        if credentials.secret is None and credentials.token is not None:
            return await self._of_session(backend, credentials, credentials.token)
        return await self._of_key(backend, credentials.secret)

    async def sign_in(self, backend: Backend, key: str, client: str) -> tuple[Principal, NewSession]:
        """Begin a session. Raises a Problem as `holder` does."""
        found = await self.holder(backend, Credentials(key, None, None, "POST", client))
        if not found.scope.allows(Scope.READ):
            raise Problem(
                403, "A key of scope listen is for players of feeds, and shows no dashboard. Nobody was signed in."
            )
        return found, await begin_session(backend.catalog, found.key_id, found.prove, self._session_lasts)

    async def _of_key(self, backend: Backend, secret: str | None) -> Principal | None:
        if secret is None:
            return None
        if hmac.compare_digest(secret.encode(errors="replace"), self._settings_key.encode()):
            return self._of_settings()
        key = await key_of(backend.catalog, secret)
        return _holder_of(key) if key is not None else None

    def _of_settings(self, session: Session | None = None) -> Principal:
        return Principal(SETTINGS_KEY, SETTINGS_KEY, Scope.ADMIN, self._prove, session)

    def _prove(self, token: str) -> str:
        """With the token as the key: a person chose this secret, and nobody who reads the catalog may guess at it."""
        return hmac.new(token.encode(), self._settings_key.encode(), hashlib.sha256).hexdigest()

    async def _of_session(self, backend: Backend, credentials: Credentials, token: str) -> Principal | None:
        session = await session_of(backend.catalog, token)
        if session is None:
            return None
        proven = hmac.compare_digest((credentials.csrf or "").encode(errors="replace"), session["csrf"].encode())
        if credentials.method not in HARMLESS and not proven:
            raise Problem(
                403, f"A change from a session needs its token in {CSRF_HEADER}.", code="no-csrf", see="/v1/session"
            )
        if session["key_id"] == SETTINGS_KEY:
            same = hmac.compare_digest(session["key_proof"], self._prove(token))
            return self._of_settings(session) if same else None
        key = await valid_key(backend.catalog, session["key_id"], session["key_proof"])
        return _holder_of(key, session) if key is not None else None

    async def _count(self, limit: RateLimitItem, who: str, text: str) -> None:
        if not await self._limiter.hit(limit, who):
            stats = await self._limiter.get_window_stats(limit, who)
            raise too_often(f"{text} At most {limit}", stats.reset_time - time.time())


def _holder_of(key: Key, session: Session | None = None) -> Principal:
    return Principal(key["_id"], key["name"], Scope(key["scope"]), lambda _token: key["sha256"], session)


def _gate(request: Request) -> Authenticator:
    gate: Authenticator = request.app.state.gate
    return gate


def _client(request: Request) -> str:
    return source_of(request.client.host if request.client is not None else None)


GateDep = Annotated[Authenticator, Depends(_gate)]
ClientDep = Annotated[str, Depends(_client)]


async def _shown(
    request: Request,
    client: ClientDep,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    token: Annotated[str | None, Depends(_cookie)],
) -> Credentials:
    secret = given.credentials if given is not None else None
    return Credentials(secret, token, request.headers.get(CSRF_HEADER), request.method, client)


ShownDep = Annotated[Credentials, Depends(_shown)]


async def _holder(gate: GateDep, backend: BackendDep, credentials: ShownDep) -> Principal:
    return await gate.holder(backend, credentials)


def still_welcome(gate: GateDep, backend: BackendDep, credentials: ShownDep) -> Callable[[], Awaitable[bool]]:
    """A dependency: tells, during a long answer, whether the key it began with is still valid."""

    async def look() -> bool:
        try:
            return await gate.known(backend, credentials) is not None
        except CatalogError:
            # Whether it is, cannot be told now; it is looked at again.
            return True

    return look


HolderDep = Annotated[Principal, Depends(_holder)]


def needs(scope: Scope) -> Any:
    """A dependency: the route is for holders of keys of this scope or a wider one."""

    async def check(holder: HolderDep) -> None:
        check_scope(holder, scope)

    return Depends(check)


def check_scope(holder: Principal, scope: Scope) -> None:
    """Raise a Problem unless the holder's key allows this."""
    if not holder.scope.allows(scope):
        raise Problem(403, f"This needs a key of scope {scope}; yours is {holder.scope}. Nothing was done.")
