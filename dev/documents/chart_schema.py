"""The schema with which Helm rejects wrong values of the chart: values.yaml gives the shape, the code the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic_settings import BaseSettings

from dev.documents import chart_shapes as shapes
from dev.documents.chart_shapes import Schema
from dev.install import ROOT
from shared.following.definition import SourceDefinition
from shared.notifications.definition import EndpointDefinition
from shared.settings import variable_name
from shared.topology.services import SERVICES

CHART = ROOT / "deploy/k8s/fonoteca"

#: Settings that the images make; no value may change them.
SET_BY_IMAGES = {
    "METRICS_HOST",
    "METRICS_PORT",
    "API_HOST",
    "API_PORT",
    "SCRAPER_WORK_FOLDER",
    "WATCH_CALLBACK_HOST",
    "WATCH_CALLBACK_PORT",
}
#: Settings that the chart makes from values of other names.
SET_BY_CHART = {
    "MINIO_ENDPOINT",
    "MINIO_SECURE",
    "MINIO_BUCKET",
    "AZURE_ACCOUNT_URL",
    "AZURE_CONTAINER",
    "MIRROR_S3_ENDPOINT",
    "MIRROR_S3_SECURE",
    "MIRROR_S3_BUCKET",
    "SCRAPER_EGRESS",
    "SCRAPER_WORK_FOLDER_MEGABYTES",
    "RABBITMQ_DECLARE",
    "RABBITMQ_USERS",
    "SCRAPER_COOKIES_FILE",
    "WATCH_CALLBACK_URL",
    "WATCH_SOURCES_FILE",
    "NOTIFY_ENDPOINTS_FILE",
}
#: The last name of a value's path → its schema, where the default does not show it.
_BY_NAME: dict[str, Schema] = {
    "resources": shapes.RESOURCES,
    "nodeSelector": shapes.LABELS,
    "labels": shapes.LABELS,
    "annotations": shapes.ANNOTATIONS,
    "dnsLabels": {**shapes.LABELS, "minProperties": 1},
    "tolerations": shapes.list_of(shapes.TOLERATION),
    "serverEgress": shapes.list_of(shapes.EGRESS_RULE),
    "proxyEgress": shapes.list_of(shapes.EGRESS_RULE),
    "dnsEgress": shapes.list_of(shapes.EGRESS_RULE),
    "apiFrom": shapes.list_of(shapes.PEER),
    "metricsFrom": shapes.list_of(shapes.PEER),
    "scalerFrom": shapes.list_of(shapes.PEER),
    # At least one: an empty list would open every private address.
    "ipv4": shapes.list_of(shapes.IPV4_RANGE, minItems=1, uniqueItems=True),
    "ipv6": shapes.list_of(shapes.IPV6_RANGE, minItems=1, uniqueItems=True),
    "storage": shapes.STORAGE,
    "size": shapes.STORAGE,
    "storageClass": shapes.OBJECT_NAME_OR_NONE,
    "existingSecret": shapes.OBJECT_NAME,
    "configMap": shapes.OBJECT_NAME_OR_NONE,
    "pullSecrets": shapes.list_of(shapes.OBJECT_NAME, uniqueItems=True),
    "className": shapes.OBJECT_NAME_OR_NONE,
    "key": shapes.SECRET_KEY,
    "submitterKey": shapes.SECRET_KEY_OR_NONE,
    "registry": shapes.REGISTRY_OR_NONE,
    "prefix": shapes.IMAGE_PREFIX,
    "tag": shapes.TAG_OR_NONE,
    "imageTag": shapes.TAG_OR_NONE,
    "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "scrape": {"enum": ["serviceMonitor", "annotations", "none"]},
    "interval": shapes.INTERVAL,
    "options": shapes.list_of({"enum": ["--scrub", "--repair"]}, uniqueItems=True),
    "endpoint": shapes.ENDPOINT,
    "roles": shapes.ROLES,
    "host": shapes.HOST,
    "bucket": shapes.BUCKET,
    "container": shapes.CONTAINER,
    "managementUrl": shapes.URL,
    "accountUrl": shapes.URL,
    "callbackUrl": shapes.PUBLIC_ORIGIN,
    "activeDeadlineSeconds": shapes.ONE_OR_MORE,
    "maxReplicas": shapes.ONE_OR_MORE,
    "messagesPerReplica": shapes.ONE_OR_MORE,
}
_BY_PATH: dict[str, Schema] = {
    "rabbitmq.users.existingSecret": shapes.OBJECT_NAME_OR_NONE,
    "rabbitmq.inCluster.kind": {"enum": ["", "statefulset", "operator"]},
    "rabbitmq.inCluster.replicas": {"enum": [1, 3, 5, 7]},
    **{f"{server}.inCluster.image": shapes.IMAGE for server in ("rabbitmq", "mongodb", "objectStore")},
    "networkPolicy.publicServerPorts": shapes.closed(
        {"rabbitmq": shapes.PORTS, "mongodb": shapes.PORTS}, required=("rabbitmq", "mongodb")
    ),
    "monitoring.labels": {**shapes.LABELS, "propertyNames": shapes.OTHERS_KEYS},
    "watch.sources": shapes.list_of(shapes.inlined(SourceDefinition.model_json_schema())),
    "notify.endpoints": shapes.list_of(shapes.inlined(EndpointDefinition.model_json_schema())),
    "notify.secretsFrom": shapes.OBJECT_NAME_OR_NONE,
    "scraper.autoscaling.kind": {"enum": ["", "keda", "hpa"]},
}


def values_schema(groups: Mapping[type[BaseSettings], str]) -> str:
    """Return values.schema.json. `groups`: group of settings → the services that read it."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    settings = {name: settings_schema(groups, name) for name in SERVICES}
    every = shapes.closed({})
    for one in settings.values():
        every["properties"] |= one["properties"]
    schema = _of(values, "", {**settings, "": every, "audit": every})
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
    # The value becomes this setting.
    schema["properties"]["scraper"]["properties"]["autoscaling"]["properties"]["drainSeconds"] = settings["scraper"][
        "properties"
    ]["DRAIN_SECONDS"]
    # Helm passes these to every chart.
    schema["properties"] |= {"global": {"type": "object"}}
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def settings_schema(groups: Mapping[type[BaseSettings], str], service: str) -> Schema:
    """Return the settings of a service that are neither credentials nor values of the chart under another name."""
    found: dict[str, Schema] = {}
    for group, readers in groups.items():
        if readers != "all services" and service not in readers.split(", "):
            continue
        field_shapes = group.model_json_schema()["properties"]
        for name in group.model_fields:
            variable = variable_name(group, name)
            if variable not in SET_BY_IMAGES | SET_BY_CHART and not _is_secret(field_shapes[name]):
                found[variable] = _plain(field_shapes[name]) | shapes.SETTINGS.get(variable, {})
    return shapes.closed(found)


def _is_secret(shape: Schema) -> bool:
    return any(each.get("writeOnly", False) for each in (shape, *shape.get("anyOf", ())))


def _plain(shape: Schema) -> Schema:
    """Return what Helm checks, and the text that an editor shows. Defaults stay in the code."""
    return {name: value for name, value in shape.items() if name not in ("title", "default")}


def _of(value: Any, path: str, settings: Mapping[str, Schema]) -> Schema:
    name = path.rsplit(".", 1)[-1]
    if name == "settings":
        return settings[path.removesuffix("settings").rstrip(".")]
    if path == "scraper.pools":
        return _pools(value[0], settings["scraper"])
    if (known := _BY_PATH.get(path) or _BY_NAME.get(name)) is not None:
        return known
    if name.endswith("Secret"):
        return shapes.OBJECT_NAME_OR_NONE
    if name.endswith("Key"):
        return shapes.SECRET_KEY
    if isinstance(value, dict):
        inner = {key: _of(each, f"{path}.{key}".lstrip("."), settings) for key, each in value.items()}
        # All are required: what is null, or missing after --reuse-values, is reported before a template fails on it.
        return shapes.closed(inner, required=tuple(inner))
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int):
        return shapes.COUNT
    if isinstance(value, list):
        return shapes.list_of({"type": "string"})
    return {"type": "string"}


def _pools(example: Mapping[str, Any], settings: Schema) -> Schema:
    """Return the schema of the pools; only the name is required."""
    pool = {name: _of(value, name, {"": settings}) for name, value in example.items()}
    pool["name"] = shapes.POOL_NAME
    pool["egress"].pop("required")
    pool["egress"]["properties"]["name"] = shapes.EGRESS_NAME_OR_NONE
    return shapes.list_of(shapes.closed(pool, required=("name",)), minItems=1)
