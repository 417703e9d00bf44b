"""Authenticates requests, and limits how often each key asks."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import timedelta

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from services.api.auth.credentials import CSRF_HEADER, SAFE_METHODS, Credentials
from services.api.auth.principal import Principal
from services.api.auth.wrong_keys import WrongKeys
from services.api.backend import Backend
from services.api.http.problems import Problem, too_often
from services.api.settings import ApiSettings
from shared.catalog.access.keys import key_of, valid_key
from shared.catalog.access.sessions import NewSession, begin_session, session_of
from shared.catalog.documents import Key, Scope, Session

#: Id and name of the key in the settings. It has every right and cannot be revoked.
SETTINGS_KEY = "API_KEY"


class Authenticator:
    """Finds the principal of a request. Requests are counted for this replica alone."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings_key = settings.key.get_secret_value()
        self._session_lasts = timedelta(hours=settings.session_hours)
        self.cookie_secure = settings.cookie_secure
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit_per_key = RateLimitItemPerMinute(settings.requests_per_minute)
        self._wrong_keys = WrongKeys(settings.wrong_keys_per_minute)

    async def authenticate(self, backend: Backend, credentials: Credentials) -> Principal:
        """Find the principal and count its request.

        Raises a Problem: 401 for an unknown, revoked or expired key or session; 403 for a change without the CSRF token
        of its session; 429 if the key asks too often.
        """
        principal = await self.identify(backend, credentials)
        if principal is None:
            # Only a key can be guessed: people choose them. A browser that nobody has signed in with yet, or whose
            # session has ended, sends no key; a podcast player sends none before it is asked for one.
            if credentials.secret:
                # Clients with a valid key may share the address, as behind an ingress: it is not blocked.
                await self._wrong_keys.count(credentials.client)
            raise Problem(
                401,
                "Send a valid key in the header 'Authorization: Bearer <key>', or sign in. The key may be revoked or "
                "expired: `fonoteca keys list` shows that.",
                {"WWW-Authenticate": credentials.challenge},
            )
        await self._count(self._limit_per_key, principal.key_id, "This key asks too often.")
        return principal

    async def identify(self, backend: Backend, credentials: Credentials) -> Principal | None:
        """Find the principal without counting the request. Returns None if the credentials are not valid.

        Raises a Problem (403) for a change without the CSRF token of its session.
        """
        if credentials.secret is None and credentials.token is not None:
            return await self._of_session(backend, credentials, credentials.token)
        return await self._of_key(backend, credentials.secret)

    async def sign_in(self, backend: Backend, key: str, client: str) -> tuple[Principal, NewSession]:
        """Begin a session of the dashboard. Raises a Problem as `authenticate` does, and for a key of scope listen."""
        principal = await self.authenticate(backend, Credentials(key, None, None, "POST", client))
        if not principal.scope.allows(Scope.READ):
            raise Problem(
                403,
                "A key of scope listen is for podcast players and does not open the dashboard. You are not signed in.",
            )
        return principal, await begin_session(backend.catalog, principal.key_id, principal.prove, self._session_lasts)

    async def _of_key(self, backend: Backend, secret: str | None) -> Principal | None:
        if secret is None:
            return None
        if hmac.compare_digest(secret.encode(errors="replace"), self._settings_key.encode()):
            return self._of_settings()
        key = await key_of(backend.catalog, secret)
        return _principal_of(key) if key is not None else None

    def _of_settings(self, session: Session | None = None) -> Principal:
        return Principal(SETTINGS_KEY, SETTINGS_KEY, Scope.ADMIN, self._prove, session)

    def _prove(self, token: str) -> str:
        """Use the token as the HMAC key: a person chose this secret, and readers of the catalog could guess it."""
        return hmac.new(token.encode(), self._settings_key.encode(), hashlib.sha256).hexdigest()

    async def _of_session(self, backend: Backend, credentials: Credentials, token: str) -> Principal | None:
        session = await session_of(backend.catalog, token)
        if session is None:
            return None
        proven = hmac.compare_digest((credentials.csrf or "").encode(errors="replace"), session["csrf"].encode())
        if credentials.method not in SAFE_METHODS and not proven:
            raise Problem(
                403,
                f"A change from a session needs the session's token in {CSRF_HEADER}.",
                code="no-csrf",
                see="/v1/session",
            )
        if session["key_id"] == SETTINGS_KEY:
            same = hmac.compare_digest(session["key_proof"], self._prove(token))
            return self._of_settings(session) if same else None
        key = await valid_key(backend.catalog, session["key_id"], session["key_proof"])
        return _principal_of(key, session) if key is not None else None

    async def _count(self, limit: RateLimitItem, who: str, text: str) -> None:
        if not await self._limiter.hit(limit, who):
            stats = await self._limiter.get_window_stats(limit, who)
            raise too_often(f"{text} The limit is {limit}", stats.reset_time - time.time())


def _principal_of(key: Key, session: Session | None = None) -> Principal:
    return Principal(key["_id"], key["name"], Scope(key["scope"]), lambda _token: key["sha256"], session)
