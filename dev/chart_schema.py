"""The schema of the chart's values, by which Helm refuses wrong ones: values.yaml's shape, settings from the code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from dev.install import ROOT
from shared.settings import variable_name

CHART = ROOT / "deploy/k8s/fonoteca"
Schema = dict[str, Any]

#: Where the images put things; nobody else should.
SET_BY_IMAGES = {"METRICS_HOST", "METRICS_PORT", "API_HOST", "API_PORT", "SCRAPER_WORK_FOLDER"}
#: Values of the chart by other names: where the servers are.
SET_BY_CHART = {
    "MINIO_ENDPOINT",
    "MINIO_SECURE",
    "MINIO_BUCKET",
    "AZURE_ACCOUNT_URL",
    "AZURE_CONTAINER",
    "SCRAPER_EGRESS",
    "SCRAPER_WORK_FOLDER_MEGABYTES",
    "RABBITMQ_DECLARE",
}
_NAME: Schema = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$"}
_QUANTITY: Schema = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$"}
_ANY_OBJECT: Schema = {"type": "object"}
_OBJECTS: Schema = {"type": "array", "items": _ANY_OBJECT}
#: The last name of a value's path → its schema, where the default does not tell it.
_BY_NAME: dict[str, Schema] = {
    "resources": _ANY_OBJECT,
    "nodeSelector": {"type": "object", "additionalProperties": {"type": "string"}},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    "dnsLabels": {"type": "object", "additionalProperties": {"type": "string"}},
    "tolerations": _OBJECTS,
    "serverEgress": _OBJECTS,
    "proxyEgress": _OBJECTS,
    "apiFrom": _OBJECTS,
    "metricsFrom": _OBJECTS,
    "scalerFrom": _OBJECTS,
    "dnsEgress": _OBJECTS,
    "storage": _QUANTITY,
    "size": _QUANTITY,
    "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "scrape": {"enum": ["serviceMonitor", "annotations", "none"]},
    "interval": {"type": "string", "pattern": "^[0-9]+(ms|s|m)$"},
    "schedule": {"type": "string", "pattern": r"^(\S+ ){4}\S+$"},
    "options": {"type": "array", "items": {"enum": ["--scrub", "--repair"]}},
    "endpoint": {"type": "string", "pattern": r"^(([^/:\[\]]+|\[[0-9A-Fa-f:.]+\]):[0-9]+)?$"},
    "managementUrl": {"type": "string", "pattern": "^(https?://.+)?$"},
    "accountUrl": {"type": "string", "pattern": "^(https?://.+)?$"},
}
_BY_PATH: dict[str, Schema] = {
    "rabbitmq.inCluster.kind": {"enum": ["", "statefulset", "operator"]},
    "rabbitmq.inCluster.replicas": {"enum": [1, 3, 5, 7]},
    "scraper.autoscaling.kind": {"enum": ["", "keda", "hpa"]},
}


def values_schema(groups: Mapping[type[BaseSettings], str]) -> str:
    """values.schema.json. `groups`: of settings → who reads them."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    settings = {name: settings_schema(groups, name) for name in ("scraper", "retry", "sync", "api")}
    every = {"type": "object", "additionalProperties": False, "properties": {}}
    for one in settings.values():
        every["properties"] |= one["properties"]
    schema = _of(values, "", {**settings, "": every, "audit": every})
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
    # Helm hands these to every chart.
    schema["properties"] |= {"global": _ANY_OBJECT}
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def settings_schema(groups: Mapping[type[BaseSettings], str], service: str) -> Schema:
    """Settings that a service reads and that are neither credentials nor values of the chart by another name."""
    found: dict[str, Schema] = {}
    for group, readers in groups.items():
        if readers != "all services" and service not in readers.split(", "):
            continue
        shapes = group.model_json_schema()["properties"]
        for name, field in group.model_fields.items():
            variable = variable_name(group, name)
            if variable not in SET_BY_IMAGES | SET_BY_CHART and not _is_secret(field.annotation):
                found[variable] = _plain(shapes[name])
    return {"type": "object", "additionalProperties": False, "properties": found}


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in getattr(annotation, "__args__", ())


def _plain(shape: Schema) -> Schema:
    """What Helm should check, and the text that an editor shows; defaults stay with the code."""
    return {name: value for name, value in shape.items() if name not in ("title", "default")}


def _of(value: Any, path: str, settings: Mapping[str, Schema]) -> Schema:
    name = path.rsplit(".", 1)[-1]
    if name == "settings":
        return settings[path.removesuffix("settings").rstrip(".")]
    if path == "scraper.pools":
        return _pools(value[0], settings["scraper"])
    if (known := _BY_PATH.get(path) or _BY_NAME.get(name)) is not None:
        return known
    if isinstance(value, dict):
        inner = {key: _of(each, f"{path}.{key}".lstrip("."), settings) for key, each in value.items()}
        return {"type": "object", "additionalProperties": False, "properties": inner}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int):
        return {"type": "integer", "minimum": 0}
    if isinstance(value, list):
        return {"type": "array", "items": {"type": "string"}}
    return {"type": "string"}


def _pools(example: Mapping[str, Any], settings: Schema) -> Schema:
    egress = {"type": "object", "additionalProperties": False}
    egress["properties"] = {name: {"type": "string"} for name in example["egress"]}
    pool = {"name": _NAME, "replicas": {"type": "integer", "minimum": 0}, "egress": egress, "settings": settings}
    assert set(pool) | {"resources"} == set(example), "a pool in values.yaml has a name that the schema does not know"
    return {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {**pool, "resources": _ANY_OBJECT},
        },
    }
