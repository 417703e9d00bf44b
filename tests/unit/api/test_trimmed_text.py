"""A text that is trimmed is measured as it was sent: what the published schema refuses is refused."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel, ValidationError

from services.api.schemas.access import KeyIn
from services.api.schemas.playlists import PlaylistIn
from shared.contracts.playlist import PlaylistSubmitted
from shared.untrusted.bounds import MAX_ADDRESS

ADDRESS = "https://www.youtube.com/playlist?list=PLaaaaaaaaaaaaaaaa"
KINDS: list[tuple[type[BaseModel], str, int, str]] = [
    (KeyIn, "name", 100, "*"),
    (PlaylistIn, "url", MAX_ADDRESS, ADDRESS),
    (PlaylistSubmitted, "url", MAX_ADDRESS, ADDRESS),
]


def body(kind: type[BaseModel], field: str, text: str) -> dict[str, Any]:
    return {field: text} | ({"scope": "read"} if kind is KeyIn else {})


@pytest.mark.parametrize(("kind", "field", "most", "start"), KINDS)
@pytest.mark.parametrize("padding", [" ", "\u2003", "\n"])
@pytest.mark.parametrize("before", [True, False])
def test_white_space_counts(
    kind: type[BaseModel], field: str, most: int, start: str, padding: str, before: bool
) -> None:
    fits = start.ljust(most, "a")
    sent = body(kind, field, padding + fits if before else fits + padding)
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(kind.model_json_schema(), sent)
    with pytest.raises(ValidationError, match=f"at most {most} characters"):
        kind.model_validate(sent)


@pytest.mark.parametrize(("kind", "field", "most", "start"), KINDS)
def test_white_space_within_the_bound_is_taken_off(kind: type[BaseModel], field: str, most: int, start: str) -> None:
    sent = body(kind, field, f" {start}\n")
    jsonschema_rs.validate(kind.model_json_schema(), sent)
    assert getattr(kind.model_validate(sent), field) == start


@pytest.mark.parametrize(("kind", "field", "most", "start"), KINDS)
def test_nothing_but_white_space_is_refused(kind: type[BaseModel], field: str, most: int, start: str) -> None:
    with pytest.raises(ValidationError, match="only white space"):
        kind.model_validate(body(kind, field, " \t "))
