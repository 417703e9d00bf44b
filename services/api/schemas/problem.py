"""The shape of every error."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ProblemOut(BaseModel):
    """An error (RFC 9457). Its detail is for people of every client; its code is for programs, and stays."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="What happened, in a word that stays, e.g. no-such-video.")
    see: str | None = Field(None, description="A path of the API that lists what there is.")
