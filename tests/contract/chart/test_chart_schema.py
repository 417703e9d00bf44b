"""The schema of the chart's values leaves nothing open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.chart import CHART, objects

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
#: Objects whose keys are anybody's, as ends of their paths. Their entries have a shape, but for Helm's own.
MAPS = ("nodeSelector", "labels", "dnsLabels", "annotations", "matchLabels")
HELMS_OWN = "global"


def shapeless(schema: Any, path: str = "") -> Iterator[str]:
    """Paths of values that may be anything."""
    if not {"type", "enum", "anyOf", "const"} & set(schema):
        yield path
    for name, each in schema.get("properties", {}).items():
        yield from shapeless(each, f"{path}.{name}".lstrip("."))
    if schema.get("type") == "array":
        yield from shapeless(schema.get("items", {}), f"{path}[]")


def test_every_object_is_closed_or_a_map_whose_entries_have_a_shape() -> None:
    found = dict(objects(SCHEMA))
    assert {"networkPolicy.serverEgress[].to[].podSelector", "scraper.pools[].egress", "api.resources"} <= set(found)
    for path, schema in found.items():
        if path == HELMS_OWN:
            continue
        if path.endswith(MAPS):
            assert schema["additionalProperties"]["type"] == "string", path
        else:
            assert schema.get("additionalProperties") is False, f"{path} takes any name"


def test_every_value_has_a_shape() -> None:
    assert list(shapeless(SCHEMA)) == []


def test_no_credential_is_a_setting() -> None:
    settings = [name for path, schema in objects(SCHEMA) if path.endswith("settings") for name in schema["properties"]]
    assert "LOG_LEVEL" in settings
    assert not {"AZURE_ACCOUNT_KEY", "AZURE_SAS_TOKEN", "API_KEY", "MINIO_SECRET_KEY", "RABBITMQ_URL"} & set(settings)
