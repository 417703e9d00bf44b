"""The messages as an AsyncAPI 3.0 document: who sends each one where, who consumes it from which queue, and its schema.

Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0 and its AMQP bindings 0.3.0.
"""

from __future__ import annotations

import inspect
import json
from importlib.metadata import version
from typing import Any

from pydantic.json_schema import models_json_schema

from dev.install import ROOT
from shared.contracts import MESSAGES, Message
from shared.contracts.envelope import CONTENT_TYPE
from shared.topology import ROUTES, WORK_QUEUES, Queue, queues_of
from shared.topology.permissions import ROLES

Json = dict[str, Any]

#: One complete message of each type, which tests compare with those that the code creates.
GOLDEN = ROOT / "tests/contract/golden"
AMQP_BINDING = "0.3.0"


def asyncapi() -> Json:
    """The document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fonoteca",
            "version": version("fonoteca"),
            "description": "Fonoteca's messages over RabbitMQ (AMQP 0-9-1). Outsiders publish `playlist.submitted.v1`, "
            "for which the bare data is enough, and may listen to every event with a queue of their own. Messages that "
            "are put off or set aside travel through further exchanges and arrive unchanged.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"rabbitmq": {"host": "localhost:5672", "pathname": "/fonoteca", "protocol": "amqp"}},
        "channels": {
            **{_name(type_): _sent(type_) for type_ in MESSAGES},
            **{_name(queue.name): _taken(queue) for queue in WORK_QUEUES},
        },
        "operations": _operations(),
        "components": {
            "messages": {_name(type_): _message(type_, model) for type_, model in MESSAGES.items()},
            "schemas": _schemas(),
        },
    }


def _name(dotted: str) -> str:
    """Return a key of the document, which must not contain dots."""
    return dotted.replace(".", "-")


def _messages(types: list[str]) -> Json:
    return {_name(type_): {"$ref": f"#/components/messages/{_name(type_)}"} for type_ in types}


def _types_in(queue: Queue) -> list[str]:
    """Return the types of messages to which the queue is bound."""
    return [type_ for type_ in MESSAGES if queue in queues_of(type_)]


def _sent(type_: str) -> Json:
    """Return the channel to which messages of a type are sent: an exchange and a routing key."""
    exchange = {"name": ROUTES[type_].exchange, "type": "topic", "durable": True, "autoDelete": False}
    amqp = {"is": "routingKey", "exchange": exchange, "bindingVersion": AMQP_BINDING}
    return {"address": type_, "messages": _messages([type_]), "bindings": {"amqp": amqp}}


def _taken(queue: Queue) -> Json:
    """Return the channel from which messages are consumed: a queue."""
    about = {"name": queue.name, "durable": True, "exclusive": False, "autoDelete": False}
    amqp = {"is": "queue", "queue": about, "bindingVersion": AMQP_BINDING}
    return {"address": queue.name, "messages": _messages(_types_in(queue)), "bindings": {"amqp": amqp}}


def _operations() -> Json:
    found: Json = {}
    for type_, route in ROUTES.items():
        for sender in route.senders:
            found[f"{sender}-sends-{_name(type_)}"] = _operation("send", sender, type_, [type_])
    for queue in WORK_QUEUES:
        [receiver] = [role for role, each in ROLES.items() if queue.name in each.takes_from]
        found[f"{receiver}-takes-{_name(queue.name)}"] = _operation("receive", receiver, queue.name, _types_in(queue))
    return found


def _operation(action: str, role: str, channel: str, types: list[str]) -> Json:
    place = f"#/channels/{_name(channel)}"
    return {
        "action": action,
        "channel": {"$ref": place},
        "messages": [{"$ref": f"{place}/messages/{_name(type_)}"} for type_ in types],
        "tags": [{"name": role}],
    }


def _message(type_: str, model: type[Message]) -> Json:
    return {
        "name": type_,
        "summary": inspect.cleandoc(model.__doc__ or ""),
        "contentType": CONTENT_TYPE,
        "payload": {
            "type": "object",
            "description": "CloudEvents 1.0, structured JSON.",
            "required": ["specversion", "id", "source", "type", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {"type": "string", "format": "uuid", "description": "The same for the same fact, however often."},
                "source": {"type": "string", "examples": [f"/fonoteca/{sender}" for sender in ROUTES[type_].senders]},
                "type": {"const": type_},
                "time": {"type": "string", "format": "date-time"},
                "datacontenttype": {"const": "application/json"},
                "data": {"$ref": f"#/components/schemas/{model.__name__}"},
            },
        },
        "examples": [{"name": "golden", "payload": json.loads((GOLDEN / f"{type_}.json").read_text())}],
    }


def _schemas() -> Json:
    models = [(model, "serialization") for model in MESSAGES.values()]
    _, shapes = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    schemas: Json = shapes["$defs"]
    return schemas
