"""The typing forms of documents: those of `typing_extensions`, since pydantic reads those of `typing` from 3.12 on."""

from __future__ import annotations

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # the reason is the module's

__all__ = ["NotRequired", "TypedDict"]
