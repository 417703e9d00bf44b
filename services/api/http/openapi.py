"""Completes the OpenAPI document with what middleware adds to responses, which FastAPI cannot see."""

from __future__ import annotations

from http.client import responses as standard_phrases
from typing import Any

from pydantic.json_schema import models_json_schema

from services.api.http.problems import MEDIA_TYPE, phrase
from services.api.schemas.events import HappeningOut, ScoreOut
from services.api.schemas.problem import ProblemOut

Operation = dict[str, Any]
_SCHEMAS = "#/components/schemas/"
#: Statuses of requests whose body is not UTF-8 (FastAPI's own 400), has no length, or is too large (see `BodyLimit`).
_BODY_STATUSES = (400, 411, 413)
_NOT_MODIFIED = {"description": "Not modified: If-None-Match names the current ETag."}
_ETAG = {"ETag": {"description": "Identifies this answer, for If-None-Match.", "schema": {"type": "string"}}}


def complete(openapi: dict[str, Any]) -> dict[str, Any]:
    """Add to FastAPI's document the responses of middleware, the media type of problems and the schemas of events.

    Changes the document and returns it.
    """
    for operations in openapi["paths"].values():
        for method, operation in operations.items():
            _add_shared_responses(method, operation)
            for status, response in operation["responses"].items():
                _set_problem_media_type(response.get("content", {}))
                if response["description"] == standard_phrases.get(int(status)):
                    response["description"] = phrase(int(status))
            operation["responses"] = dict(sorted(operation["responses"].items()))
        if "get" in operations:
            operations["head"] = _head_of(operations["get"])
    schemas = openapi["components"]["schemas"]
    _, events = models_json_schema(
        [(HappeningOut, "serialization"), (ScoreOut, "serialization")], ref_template=_SCHEMAS + "{model}"
    )
    openapi["components"]["schemas"] = dict(sorted({**events["$defs"], **schemas}.items()))
    return openapi


def _head_of(get: Operation) -> Operation:
    """The HEAD operation of a GET: the same responses without their bodies; see `HeadRequests`."""
    responses = {
        status: {name: value for name, value in response.items() if name != "content"}
        for status, response in get["responses"].items()
    }
    return {
        **get,
        "operationId": f"{get['operationId'].removesuffix('_get')}_head",
        "summary": f"{get['summary']}: the headers alone",
        "responses": responses,
    }


def _add_shared_responses(method: str, operation: Operation) -> None:
    responses: Operation = operation["responses"]
    for status in (500, *(_BODY_STATUSES if "requestBody" in operation else ())):
        content = {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}{ProblemOut.__name__}"}}}
        responses[str(status)] = {"description": phrase(status), "content": content}
    if method == "get" and "application/json" in responses["200"].get("content", {}):
        responses["200"]["headers"] = {**responses["200"].get("headers", {}), **_ETAG}
        responses["304"] = _NOT_MODIFIED


def _set_problem_media_type(content: dict[str, Any]) -> None:
    """Correct the media type of problems: FastAPI gives them that of the route."""
    for type_, found in list(content.items()):
        if found.get("schema", {}).get("$ref", "").endswith(f"/{ProblemOut.__name__}"):
            content[MEDIA_TYPE] = content.pop(type_)
