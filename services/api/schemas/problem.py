"""The schema of every error."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ProblemOut(BaseModel):
    """An error (RFC 9457). Its detail is for people; its code is for programs and never changes."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="What happened, as a stable word, e.g. no-such-video.")
    see: str | None = Field(None, description="A path of the API that lists what exists.")
