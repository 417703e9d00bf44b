"""The shape of every error."""

from __future__ import annotations

from pydantic import BaseModel


class ProblemOut(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
