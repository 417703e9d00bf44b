"""Schemas of the chart's values that the defaults do not show: names, quantities, peers of network policies.

Every object is closed, or is a map whose entries have a schema. Patterns are Go's, which have no lookahead.
"""

from __future__ import annotations

from typing import Any

from shared.topology import permissions

Schema = dict[str, Any]

_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_MORE_THAN_NOTHING = r"([0-9]*[1-9][0-9]*(\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*)"
_BYTES = "(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?"
_IPV4_BLOCK = rf"({_OCTET}\.){{3}}{_OCTET}/([12]?[0-9]|3[0-2])"
_PART_OF_IPV4 = rf"({_OCTET}\.){{3}}{_OCTET}/([1-9]|[12][0-9]|3[0-2])"
_GROUP = "[0-9A-Fa-f]{1,4}"
#: Eight groups, or fewer on both sides of one `::`.
_IPV6 = "|".join(
    (
        f"({_GROUP}:){{7}}{_GROUP}",
        *(f"({_GROUP}:){{{n}}}(:{_GROUP}){{1,{7 - n}}}" for n in range(1, 7)),
        f"({_GROUP}:){{1,7}}:",
        f":(:{_GROUP}){{1,7}}",
        "::",
    )
)
_IPV6_BLOCK = f"({_IPV6})/([1-9]?[0-9]|1[01][0-9]|12[0-8])"

#: An int32, as Kubernetes keeps replicas, seconds and ports.
LARGEST = 2_147_483_647
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": LARGEST}
ONE_OR_MORE: Schema = {**COUNT, "minimum": 1}


def closed(properties: Schema, *, required: tuple[str, ...] = ()) -> Schema:
    """Return the schema of an object with these properties and no others."""
    needed = {"required": sorted(required)} if required else {}
    return {"type": "object", "additionalProperties": False, "properties": properties, **needed}


def list_of(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def text(pattern: str, *, empty: bool = False, **more: Any) -> Schema:
    """Return the schema of a string that a pattern matches completely; with `empty`, also of an empty one."""
    return {"type": "string", "pattern": f"^({pattern})?$" if empty else f"^({pattern})$", **more}


POOL_NAME = text("[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")
#: As SCRAPER_EGRESS.
EGRESS_NAME_OR_NONE = text("[A-Za-z0-9._-]{1,64}", empty=True)
OBJECT_NAME = text(rf"{_LABEL}(\.{_LABEL})*", maxLength=253)
OBJECT_NAME_OR_NONE = text(rf"{_LABEL}(\.{_LABEL})*", empty=True, maxLength=253)
#: A file is named after it.
_NO_FOLDER: Schema = {"not": {"pattern": r"^(\.$|\.\.)"}}
SECRET_KEY = {**text("[-._a-zA-Z0-9]+", maxLength=253), **_NO_FOLDER}
SECRET_KEY_OR_NONE = {**text("[-._a-zA-Z0-9]+", empty=True, maxLength=253), **_NO_FOLDER}
#: A DNS name, not an address: the last part must not be a number.
HOST = text(rf"(\*\.)?({_LABEL}\.)*[a-z]([-a-z0-9]{{0,61}}[a-z0-9])?", maxLength=253)
_SERVER = rf"([A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?|\[({_IPV6})\])"
ENDPOINT = text(f"{_SERVER}:{_PORT}", empty=True)
#: A network policy uses the port, so it must be a valid one.
URL = text(rf"https?://{_SERVER}(:{_PORT})?(/[^\s?#]*)?", empty=True)
#: Where others find this release: https alone, and no path.
PUBLIC_ORIGIN = text(rf"https://{_SERVER}(:{_PORT})?/?", empty=True)
_TAG = r"[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}"
TAG_OR_NONE = text(_TAG, empty=True)
#: An image of a fixed version: with a digest, or with a tag other than `latest`.
_REGISTRY = rf"[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?(:{_PORT})?"
_IMAGE_NAME = "[a-z0-9]+([-._]+[a-z0-9]+)*"
IMAGE = {
    **text(rf"({_REGISTRY}/)?{_IMAGE_NAME}(/{_IMAGE_NAME})*(:{_TAG}(@sha256:[0-9a-f]{{64}})?|@sha256:[0-9a-f]{{64}})"),
    "not": {"pattern": ":latest$"},
}
REGISTRY_OR_NONE = text(f"{_REGISTRY}(/{_IMAGE_NAME})*", empty=True)
#: The target of an image follows it: fonoteca- becomes fonoteca-scraper.
IMAGE_PREFIX = text(f"({_IMAGE_NAME}/)*({_IMAGE_NAME}[-._]*)?")
STORAGE = text(_MORE_THAN_NOTHING + _BYTES)
INTERVAL = text("[1-9][0-9]*(ms|s|m|h)")
#: Parts separated by dots that do not form an address.
BUCKET = {
    **text(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", maxLength=63),
    "minLength": 3,
    "not": {"pattern": r"^[0-9]+(\.[0-9]+){3}$"},
}
#: The characters that MongoDB allows in the name of a database that is not its own.
DATABASE = {
    **text(r"""[^/\\.\s"$*<>:|?]+""", maxLength=63),
    "minLength": 1,
    "not": {"pattern": "^(?i:admin|config|local)$"},
}
CONTAINER = {**text("[a-z0-9]+(-[a-z0-9]+)*", maxLength=63), "minLength": 3}
#: ROLE=USER, comma-separated, with at least one user for every role.
_ROLE_AND_USER = f" *({'|'.join(permissions.ROLES)}) *= *[^=,\\s]+ *"
ROLES = {
    **text(f"{_ROLE_AND_USER}(,{_ROLE_AND_USER})*", empty=True),
    # A service whose role is missing ends.
    "allOf": [{"pattern": f"^$|(^|,) *{role} *="} for role in permissions.ROLES],
}
#: Settings whose rule is only in the code → the part of it that Helm can check.
SETTINGS: dict[str, Schema] = {
    "MONGO_DATABASE": DATABASE,
    "MINIO_REGION": text("[A-Za-z0-9]([-_A-Za-z0-9]*[A-Za-z0-9])?", maxLength=63),
    **dict.fromkeys(("API_LINK_URL", "API_PUBLIC_URL"), URL),
}
#: A range that is excluded from all addresses; never all of them.
IPV4_RANGE = text(_PART_OF_IPV4)
#: The API server rejects IPv4-mapped addresses as exceptions from ::/0.
IPV6_RANGE = {**text(_IPV6_BLOCK), "not": {"pattern": "::[fF]{4}:|/0$"}}

_CPU: Schema = {"type": ["string", "number"], "minimum": 0, "pattern": r"^([0-9]+(\.[0-9]{1,3})?|[0-9]+m)$"}
_MEMORY: Schema = {"type": ["string", "number"], "minimum": 0, "pattern": rf"^[0-9]+(\.[0-9]+)?{_BYTES}$"}
_AMOUNTS = closed({"cpu": _CPU, "memory": _MEMORY, "ephemeral-storage": _MEMORY})
RESOURCES = closed({"requests": _AMOUNTS, "limits": _AMOUNTS})

_LABEL_KEY = rf"({_LABEL}(\.{_LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?"
_KEYS: Schema = {"pattern": f"^{_LABEL_KEY}$"}
#: Labels other than those that every object of the chart has.
OTHERS_KEYS: Schema = {**_KEYS, "not": {"pattern": r"^(app\.kubernetes\.io|helm\.sh)/"}}
_LABEL_VALUE = text("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", empty=True)
LABELS: Schema = {"type": "object", "propertyNames": _KEYS, "additionalProperties": _LABEL_VALUE}
ANNOTATIONS: Schema = {"type": "object", "propertyNames": _KEYS, "additionalProperties": {"type": "string"}}

TOLERATION = {
    **closed(
        {
            "key": text(_LABEL_KEY, empty=True),
            "operator": {"enum": ["Exists", "Equal"]},
            "value": _LABEL_VALUE,
            "effect": {"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
            "tolerationSeconds": {"type": "integer"},
        }
    ),
    "minProperties": 1,
    # The API server rejects these too.
    "if": {"properties": {"operator": {"const": "Exists"}}, "required": ["operator"]},
    "then": {"properties": {"value": {"maxLength": 0}}},
    "else": {"properties": {"key": {"minLength": 1}}, "required": ["key"]},
    "dependencies": {"tolerationSeconds": {"properties": {"effect": {"const": "NoExecute"}}, "required": ["effect"]}},
}

_EXPRESSION = {
    **closed(
        {
            "key": text(_LABEL_KEY),
            "operator": {"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
            "values": list_of(_LABEL_VALUE),
        },
        required=("key", "operator"),
    ),
    "if": {"properties": {"operator": {"enum": ["In", "NotIn"]}}},
    "then": {"properties": {"values": {"minItems": 1}}, "required": ["values"]},
    "else": {"properties": {"values": {"maxItems": 0}}},
}
_SELECTOR = closed({"matchLabels": LABELS, "matchExpressions": list_of(_EXPRESSION)})
_CIDR = text(f"{_IPV4_BLOCK}|{_IPV6_BLOCK}")
_BLOCK = closed({"cidr": _CIDR, "except": list_of(_CIDR)}, required=("cidr",))
#: One side of a connection. Never empty: an empty peer would match everything.
PEER: Schema = {
    **closed({"podSelector": _SELECTOR, "namespaceSelector": _SELECTOR, "ipBlock": _BLOCK}),
    "minProperties": 1,
    "if": {"required": ["ipBlock"]},
    "then": {"maxProperties": 1},
}
_NUMBER: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
_PORT_OF_RULE = closed(
    {"port": _NUMBER, "endPort": _NUMBER, "protocol": {"enum": ["TCP", "UDP", "SCTP"]}}, required=("port",)
)
PORTS = list_of(_NUMBER, uniqueItems=True)
#: Both are required: a rule without one of them allows every address, or every port.
EGRESS_RULE = closed(
    {"to": list_of(PEER, minItems=1), "ports": list_of(_PORT_OF_RULE, minItems=1)}, required=("to", "ports")
)


def inlined(schema: Schema) -> Schema:
    """A schema of pydantic's without references, descriptions and defaults, and patterns that Helm's Go cannot read."""
    parts: dict[str, Schema] = schema.get("$defs", {})

    def of(node: Any) -> Any:
        if isinstance(node, list):
            return [of(each) for each in node]
        if not isinstance(node, dict):
            return node
        if patterns := node.get("patternProperties"):
            [(pattern, value)] = patterns.items()
            node = {"type": "object", "propertyNames": {"pattern": pattern}, "additionalProperties": value}
        if "$ref" in node:
            return of(parts[node["$ref"].rpartition("/")[2]])
        left_out = {"$defs", "description", "default", "title", "examples"}
        if "\\u" in str(node.get("pattern", "")):
            left_out = left_out | {"pattern"}
        return {name: of(each) for name, each in node.items() if name not in left_out or "type" not in node}

    found: Schema = of(schema)
    return found
