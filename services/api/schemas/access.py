"""Shapes of keys and of sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.api.http.parameters import STORABLE
from shared.untrusted.text import TRIMMED

ScopeName = Literal["listen", "read", "submit", "admin"]


class SessionIn(BaseModel):
    """Somebody signs in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: Annotated[str, StringConstraints(min_length=1, max_length=300), STORABLE] = Field(
        description="A key: `fonoteca keys create` makes one.",
    )


class SessionOut(BaseModel):
    """A session of the dashboard."""

    #: Of the key.
    name: str
    scope: ScopeName
    #: To be sent in X-CSRF-Token with everything that changes something.
    csrf: str
    expires_at: datetime


class KeyIn(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=100), TRIMMED, STORABLE] = Field(
        description="For people: whose it is, what for.", examples=["radio team"]
    )
    scope: ScopeName
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        None, description="For how many days it is valid; absent: until it is revoked."
    )


class KeyOut(BaseModel):
    """A key, as far as it may be told."""

    id: str
    name: str
    scope: ScopeName
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    #: To the minute; null: never.
    used_at: datetime | None


class NewKeyOut(KeyOut):
    """A key that was just made."""

    #: The key itself; it is told in this answer alone.
    key: str


class KeysOut(BaseModel):
    """Some keys, and the cursor of the next page."""

    items: list[KeyOut]
    next: str | None
