"""The OpenAPI document as things are sent: what FastAPI cannot know of, since it is not done in the routes."""

from __future__ import annotations

from http.client import responses
from typing import Any

from pydantic.json_schema import models_json_schema

from services.api.http.problems import MEDIA_TYPE, phrase
from services.api.schemas.events import HappeningOut, ScoreOut
from services.api.schemas.problem import ProblemOut

Operation = dict[str, Any]
_PLACE = "#/components/schemas/"
#: Of a body without a length, or with too great a one: see `entrance`.
_OF_BODIES = (411, 413)
_NOT_MODIFIED = {"description": "Not modified: the client named this answer's ETag in If-None-Match."}
_ETAG = {"ETag": {"description": "Names this answer, for If-None-Match.", "schema": {"type": "string"}}}


def as_sent(openapi: dict[str, Any]) -> dict[str, Any]:
    """The document of FastAPI with what middleware answers, the media type of problems, and the shapes of events."""
    for operations in openapi["paths"].values():
        for method, operation in operations.items():
            _add_shared_answers(method, operation)
            for status, answer in operation["responses"].items():
                _name_problems(answer.get("content", {}))
                if answer["description"] == responses.get(int(status)):
                    answer["description"] = phrase(int(status))
            operation["responses"] = dict(sorted(operation["responses"].items()))
        if "get" in operations:
            operations["head"] = _head_of(operations["get"])
    schemas = openapi["components"]["schemas"]
    _, told = models_json_schema(
        [(HappeningOut, "serialization"), (ScoreOut, "serialization")], ref_template=_PLACE + "{model}"
    )
    openapi["components"]["schemas"] = dict(sorted({**told["$defs"], **schemas}.items()))
    return openapi


def _head_of(get: Operation) -> Operation:
    """The same question, and the same answers without their bodies: see `heads`."""
    answers = {
        status: {name: value for name, value in answer.items() if name != "content"}
        for status, answer in get["responses"].items()
    }
    return {
        **get,
        "operationId": f"{get['operationId'].removesuffix('_get')}_head",
        "summary": f"{get['summary']}: the headers alone",
        "responses": answers,
    }


def _add_shared_answers(method: str, operation: Operation) -> None:
    answers: Operation = operation["responses"]
    for status in (500, *(_OF_BODIES if "requestBody" in operation else ())):
        content = {MEDIA_TYPE: {"schema": {"$ref": f"{_PLACE}{ProblemOut.__name__}"}}}
        answers[str(status)] = {"description": phrase(status), "content": content}
    if method == "get" and "application/json" in answers["200"].get("content", {}):
        answers["200"]["headers"] = {**answers["200"].get("headers", {}), **_ETAG}
        answers["304"] = _NOT_MODIFIED


def _name_problems(content: dict[str, Any]) -> None:
    """FastAPI writes the media type of the route."""
    for type_, found in list(content.items()):
        if found.get("schema", {}).get("$ref", "").endswith(f"/{ProblemOut.__name__}"):
            content[MEDIA_TYPE] = content.pop(type_)
