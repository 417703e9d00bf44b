"""Who may use the API: holders of a key, for what its scope allows, and no more often than is decent."""

from __future__ import annotations

import hmac
import math
import time
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from services.api.backend import Backend, BackendDep
from services.api.problems import Problem
from services.api.settings import ApiSettings
from shared.catalog.keys import Scope, key_of

_bearer = HTTPBearer(auto_error=False, description="A key: `fonoteca keys create` makes one, or API_KEY.")
#: Id of the key of the settings, which can always do everything.
SETTINGS_KEY = "API_KEY"


@dataclass(frozen=True)
class Holder:
    """Who asks."""

    key_id: str
    scope: Scope


class Gate:
    """Looks at keys, and counts. The counts are this replica's own."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings_key = settings.key.get_secret_value().encode()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._of_keys = RateLimitItemPerMinute(settings.requests_per_minute)
        self._of_strangers = RateLimitItemPerMinute(settings.wrong_keys_per_minute)

    async def holder(self, backend: Backend, secret: str | None, client: str) -> Holder:
        """Whose key it is. Raises a Problem for an unknown, revoked or expired one, or one that asks too often."""
        if secret is not None and hmac.compare_digest(secret.encode(), self._settings_key):
            found = Holder(SETTINGS_KEY, Scope.ADMIN)
        elif secret is not None and (key := await key_of(backend.catalog, secret)) is not None:
            found = Holder(key["_id"], Scope(key["scope"]))
        else:
            # Holders of valid keys may come from the same address, as behind an ingress: they are not kept out.
            await self._count(self._of_strangers, client, "Too many wrong keys came from your address.")
            raise Problem(
                401,
                "Send a valid key in the header 'Authorization: Bearer <key>'. It may be revoked or expired: "
                "`fonoteca keys list` tells.",
                {"WWW-Authenticate": "Bearer"},
            )
        await self._count(self._of_keys, found.key_id, "This key asks too often.")
        return found

    async def _count(self, limit: RateLimitItem, who: str, text: str) -> None:
        if not await self._limiter.hit(limit, who):
            stats = await self._limiter.get_window_stats(limit, who)
            wait = max(1, math.ceil(stats.reset_time - time.time()))
            raise Problem(429, f"{text} At most {limit}; again in {wait} s.", {"Retry-After": str(wait)})


async def _holder(
    request: Request, backend: BackendDep, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Holder:
    gate: Gate = request.app.state.gate
    client = request.client.host if request.client is not None else "unknown"
    return await gate.holder(backend, given.credentials if given is not None else None, client)


HolderDep = Annotated[Holder, Depends(_holder)]


def needs(scope: Scope) -> Any:
    """A dependency: the route is for holders of keys of this scope or a wider one."""

    async def check(holder: HolderDep) -> None:
        if not holder.scope.allows(scope):
            raise Problem(403, f"This needs a key of scope {scope}; yours is {holder.scope}. Nothing was done.")

    return Depends(check)
