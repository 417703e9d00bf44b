"""Schemas of keys and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.api.schemas.fields import STORABLE
from shared.untrusted.text import TRIMMED

ScopeName = Literal["listen", "read", "submit", "admin"]


class SessionIn(BaseModel):
    """A request to sign in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: Annotated[str, StringConstraints(min_length=1, max_length=300), STORABLE] = Field(
        description="A key: `fonoteca keys create` makes one.",
    )


class SessionOut(BaseModel):
    """A session of the dashboard."""

    #: The name of its key.
    name: str
    scope: ScopeName
    #: Send it in X-CSRF-Token with every request that changes something.
    csrf: str
    expires_at: datetime


class KeyIn(BaseModel):
    """A request to make a key."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=100), TRIMMED, STORABLE] = Field(
        description="Tells people whose key it is and what it is for.", examples=["radio team"]
    )
    scope: ScopeName
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        None, description="Days that it is valid; absent: until it is revoked."
    )


class KeyOut(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    scope: ScopeName
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    #: To the minute; null: never.
    used_at: datetime | None


class NewKeyOut(KeyOut):
    """A new key."""

    #: The secret, which only this answer contains.
    key: str


class KeysOut(BaseModel):
    """A page of keys, and the cursor of the next page."""

    items: list[KeyOut]
    next: str | None
