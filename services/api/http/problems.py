"""Errors as RFC 9457 problem details: `application/problem+json` with a sentence that says what to do."""

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

#: The media type of every error.
MEDIA_TYPE = "application/problem+json"
#: Seconds after which a client should try again when a server behind the API is unavailable, or the API is busy.
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
    412: "changed-meanwhile",
    413: "body-too-large",
    416: "no-such-range",
    422: "invalid",
    429: "too-often",
    500: "defect",
    503: "server-away",
}


class Problem(Exception):
    """An error that is reported to the client.

    `detail` is shown by every client, the command line and the dashboard included, so it names no path and no header of
    HTTP. `code` lets each client add its own advice; `see` is a path of the API that lists what exists.
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


#: Phrases that Python 3.13 changed: a title must not depend on the Python that runs the API.
_PHRASES = {
    413: "Request Entity Too Large",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}


def phrase(status: int) -> str:
    """The phrase of a status, such as "Not Found"."""
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def response(
    status: int, detail: str, headers: dict[str, str] | None = None, code: str | None = None, see: str | None = None
) -> JSONResponse:
    """The response for one problem. `code`: None for that of the status."""
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
    text: str, seconds: float, headers: Mapping[str, str] | None = None, *, code: str = "too-often"
) -> Problem:
    """The problem (429) of a client that has reached a limit. `seconds`: until it may try again."""
    wait = max(1, math.ceil(seconds))
    return Problem(429, f"{text}; try again in {wait} s.", {"Retry-After": str(wait), **(headers or {})}, code=code)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The responses of a route for its OpenAPI operation: these problems. `openapi` adds those of every route."""
    return {status: {"model": ProblemOut} for status in statuses}


def _methods_of(request: Request) -> list[str]:
    """The methods that the request's path accepts, over all routes."""
    operations: dict[str, Any] = request.app.openapi()["paths"] if isinstance(request.app, FastAPI) else {}
    for template, methods in operations.items():
        if compile_path(template)[0].match(request.url.path):
            return sorted(method.upper() for method in methods)
    return ["GET", "HEAD"]


def _sentence(error: HTTPException, headers: dict[str, str]) -> str:
    match error.status_code:
        case 400:
            # Only FastAPI raises it, for a body that cannot be read at all; what can be read and is wrong is a 422.
            return "The body cannot be read. Send JSON in UTF-8."
        case 404:
            return "There is nothing at this address. Check its path."
        case 405:
            return f"This address accepts only {headers['Allow']}."
        case _:
            return str(error.detail)


def install(app: FastAPI | Starlette) -> None:
    """Make `app` answer every error with a problem."""
    app.add_exception_handler(Exception, _on_defect)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(Unavailable, _on_unavailable)
    app.add_exception_handler(Refused, _on_defect)


async def _on_problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return response(error.status, error.detail, error.headers, error.code, error.see)


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        # Starlette names only the methods of the first route of this path.
        headers["Allow"] = ", ".join(_methods_of(request))
    nowhere = error.status_code == 404
    return response(
        error.status_code,
        _sentence(error, headers),
        headers,
        "no-such-address" if nowhere else None,
        "/v1/openapi.json" if nowhere else None,
    )


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    sentences = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
    return response(422, "; ".join(sentences))


async def _on_unavailable(_: Request, error: Exception) -> JSONResponse:
    log.error("request.server_away", error=str(error))
    return response(
        503,
        "A server behind the API does not answer. Nothing was lost; try again shortly.",
        {"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


async def _on_defect(_: Request, error: Exception) -> JSONResponse:
    place = place_of(error)
    metrics.DEFECTS.labels("request", file_of(place)).inc()
    log.error("request.failed", place=place, exc_info=error)
    return response(500, "The API failed to process this request; its log says why. Nothing was lost.")
