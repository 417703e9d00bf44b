"""The AsyncAPI document is one by AsyncAPI's own schema, and its examples are messages that the code takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema_rs import Draft7, Draft7Validator, Registry, ValidationError

from dev.install import ASYNCAPI_SCHEMA, ROOT
from shared.contracts import MESSAGES
from shared.topology import ROUTES
from shared.topology.permissions import ROLES

DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs/asyncapi.json").read_text())


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for inner in value.values() for each in references(inner)]
    return [each for inner in value for each in references(inner)] if isinstance(value, list) else []


def at(reference: str) -> Any:
    found: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_the_document_follows_asyncapi() -> None:
    validator = Draft7Validator(json.loads(ASYNCAPI_SCHEMA.read_text()))
    assert [error.message for error in validator.iter_errors(DOCUMENT)] == []
    with pytest.raises(ValidationError):
        validator.validate({**DOCUMENT, "channel": {}})


def test_every_reference_leads_somewhere() -> None:
    found = references(DOCUMENT)
    assert len(found) > len(MESSAGES)
    for reference in found:
        assert at(reference), reference


@pytest.mark.parametrize("type_", sorted(MESSAGES))
def test_the_example_is_of_the_schema(type_: str) -> None:
    name = type_.replace(".", "-")
    message = at(f"#/components/messages/{name}")
    registry = Registry([("urn:fonoteca", DOCUMENT)], draft=Draft7)
    validator = Draft7Validator({"$ref": f"urn:fonoteca#/components/messages/{name}/payload"}, registry=registry)
    [example] = message["examples"]
    validator.validate(example["payload"])
    with pytest.raises(ValidationError):
        validator.validate({**example["payload"], "data": {}})


def test_senders_are_roles_and_every_message_has_one() -> None:
    for type_, route in ROUTES.items():
        assert route.senders, type_
        assert set(route.senders) <= set(ROLES), type_
