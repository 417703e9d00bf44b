"""Errors as RFC 9457 problem details: always `application/problem+json`, always with a sentence that helps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from services.api.schemas.problem import ProblemOut
from shared import metrics
from shared.contracts.defect import file_of, place_of
from shared.errors import Refused, Unavailable
from shared.logs import logger

log = logger(__name__)

#: Seconds after which a client should ask again when a server of ours was away.
RETRY_AFTER_SECONDS = 10


#: Status → the code of a problem that has no code of its own.
CODES: Mapping[int, str] = {
    400: "bad-request",
    401: "key-refused",
    403: "scope-too-small",
    404: "not-found",
    405: "no-such-method",
    409: "conflict",
    411: "no-length",
    413: "body-too-large",
    416: "no-such-range",
    422: "invalid",
    429: "too-often",
    500: "defect",
    503: "server-away",
}


class Problem(Exception):
    """An error to be told to the client.

    `detail` fits every client: the command line and the dashboard show it too, so it names no path and no header of
    HTTP. `code` lets each client add its own cure; `see` is a path of the API that lists what there is.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        headers: dict[str, str] | None = None,
        *,
        code: str | None = None,
        see: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers
        self.code = code
        self.see = see


#: What Python 3.13 calls otherwise: an answer says the same whatever runs the API.
_PHRASES = {
    413: "Request Entity Too Large",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}


def phrase(status: int) -> str:
    """The words that belong to a status, such as Not Found."""
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def response(
    status: int, detail: str, headers: dict[str, str] | None = None, code: str | None = None, see: str | None = None
) -> JSONResponse:
    """The answer for one problem."""
    body = ProblemOut(
        type="about:blank",
        title=phrase(status),
        status=status,
        detail=detail,
        code=code or CODES.get(status, "other"),
        see=see,
    )
    return JSONResponse(body.model_dump(exclude_none=True), status, headers, media_type=MEDIA_TYPE)


def too_often(
    text: str, room_in: float, headers: Mapping[str, str] | None = None, *, code: str = "too-often"
) -> Problem:
    """The problem of whoever has reached a limit. `room_in`: seconds until there is room again."""
    wait = max(1, math.ceil(room_in))
    return Problem(429, f"{text}; again in {wait} s.", {"Retry-After": str(wait), **(headers or {})}, code=code)


#: How an error is sent.
MEDIA_TYPE = "application/problem+json"


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problems that a route may answer with, for its OpenAPI; `openapi` adds those of every route."""
    return {status: {"model": ProblemOut} for status in statuses}


def _methods_of(request: Request) -> list[str]:
    """The methods that this address takes, of whatever route."""
    operations: dict[str, Any] = request.app.openapi()["paths"] if isinstance(request.app, FastAPI) else {}
    for template, methods in operations.items():
        if compile_path(template)[0].match(request.url.path):
            return sorted(method.upper() for method in methods)
    return ["GET", "HEAD"]


def _sentence(error: HTTPException, headers: dict[str, str]) -> str:
    match error.status_code:
        case 404:
            return "There is nothing at this address."
        case 405:
            return f"This address takes {headers['Allow']} only."
        case _:
            return str(error.detail)


def install(app: FastAPI | Starlette) -> None:
    """Answer every error of `app` in this form."""

    async def problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return response(error.status, error.detail, error.headers, error.code, error.see)

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            # Of all routes of this path, not of the first one alone.
            headers["Allow"] = ", ".join(_methods_of(request))
        nowhere = error.status_code == 404
        return response(
            error.status_code,
            _sentence(error, headers),
            headers,
            "no-such-address" if nowhere else None,
            "/v1/openapi.json" if nowhere else None,
        )

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        sentences = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        return response(422, "; ".join(sentences))

    async def away(_: Request, error: Exception) -> JSONResponse:
        log.error("request.server_away", error=str(error))
        return response(
            503,
            "A server behind the API does not answer. Nothing was lost; try again shortly.",
            {"Retry-After": str(RETRY_AFTER_SECONDS)},
        )

    async def defect(_: Request, error: Exception) -> JSONResponse:
        place = place_of(error)
        metrics.DEFECTS.labels("request", file_of(place)).inc()
        log.error("request.failed", place=place, exc_info=error)
        return response(500, "The API failed at this; its log tells why. Nothing was lost.")

    app.add_exception_handler(Exception, defect)
    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Unavailable, away)
    app.add_exception_handler(Refused, defect)
