"""The wire form: a CloudEvents 1.0 structured JSON envelope around a message's data.

Source: CloudEvents 1.0, JSON event format. Its AMQP binding is for AMQP 1.0, so AMQP 0-9-1 uses the structured mode.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError, create_model

from shared.contracts.audio import AudioMirrored, AudioStored
from shared.contracts.base import Message
from shared.contracts.crawl import ProbeAnswered, ProbeRequested
from shared.contracts.measurement import DownloadMeasured
from shared.contracts.notification import NotificationDue
from shared.contracts.playlist import PlaylistFailed, PlaylistSubmitted
from shared.contracts.source import SourceChecked, SourceCheckRequested
from shared.contracts.video import VideoAbandoned, VideoFailed, VideoRequested
from shared.errors import Unprocessable

CONTENT_TYPE = "application/cloudevents+json"
#: Type → message, for all messages.
MESSAGES: dict[str, type[Message]] = {
    message.type: message
    for message in (
        PlaylistSubmitted,
        PlaylistFailed,
        VideoRequested,
        VideoFailed,
        VideoAbandoned,
        AudioStored,
        AudioMirrored,
        SourceCheckRequested,
        SourceChecked,
        NotificationDue,
        DownloadMeasured,
        ProbeRequested,
        ProbeAnswered,
    )
}
#: Bytes. The largest legitimate message is under 8 KiB; one beyond this limit is an accident or an attack.
MAX_BODY = 256 * 1024
_TIME = TypeAdapter(AwareDatetime)
#: Encodes one text as JSON.
_QUOTED = json.JSONEncoder(ensure_ascii=False).encode


class Received(NamedTuple):
    """A received message: its data, its id (None without an envelope) and its time (None if not stated)."""

    message: Message
    id: str | None
    sent_at: datetime | None


def wrap(message: Message, source: str, now: datetime, id_: str | None = None) -> bytes:
    """Encode `message` in its envelope, as published by the service `source` at `now`. `id_`: its id, if known."""
    id_, time = _QUOTED(id_ or message.message_id()), now.astimezone(UTC).isoformat()
    between = _between_id_and_time(source, message.type)
    return f"{_BEFORE_ID}{id_}{between}{time}{_AFTER_TIME}{message.model_dump_json()}}}".encode()


#: What all envelopes have in common, and those of one service and type: encoded once, not with each message.
_BEFORE_ID, _AFTER_TIME = '{"specversion": "1.0", "id": ', '", "datacontenttype": "application/json", "data": '


@cache
def _between_id_and_time(source: str, type_: str) -> str:
    return f', "source": {_QUOTED(f"/fonoteca/{source}")}, "type": {_QUOTED(type_)}, "time": "'


def unwrap(body: bytes, expected: tuple[type[Message], ...]) -> Received:
    """Parse a message of one of the `expected` types.

    A body without an envelope is the data of the first expected type, so `{"url": "…"}` is a playlist submission.
    Raises Unprocessable, whose text names the problem and the valid form.
    """
    if len(body) <= MAX_BODY:
        # If something differs from our own messages, step by step it can be told what.
        with suppress(ValidationError):
            envelope = _as_we_write_it(expected).validate_json(body)
            return Received(envelope.data, envelope.id, envelope.time)
    try:
        return _read(body, expected)
    except RecursionError as error:
        # The parser accepts deeper nesting than validation and display can handle.
        raise Unprocessable("the body is nested too deeply") from error


@cache
def _as_we_write_it(expected: tuple[type[Message], ...]) -> TypeAdapter[Any]:
    """Return the validator of whole envelopes: it parses and checks a message of ours in one pass, in half the time."""
    envelopes = [
        create_model(
            f"{message.__name__}Envelope",
            type=(Literal[message.type], ...),  # type: ignore[arg-type]
            specversion=(str, ...),
            id=(str, ...),
            time=(AwareDatetime, ...),
            data=(message, ...),
        )
        for message in expected
    ]
    if len(envelopes) == 1:
        return TypeAdapter(envelopes[0])
    one_of: Any = Union[tuple(envelopes)]  # noqa: UP007  # | cannot join a computed number of types
    return TypeAdapter(Annotated[one_of, Field(discriminator="type")])


def _read(body: bytes, expected: tuple[type[Message], ...]) -> Received:
    envelope = _json_object(body)
    if "specversion" not in envelope:
        return Received(_validate(expected[0], envelope), None, None)
    type_ = envelope.get("type")
    model = next((m for m in expected if m.type == type_), None)
    if model is None:
        raise Unprocessable(f"unknown message type {str(type_)[:80]!r}; this queue takes {_names(expected)}")
    sent_at: datetime | None
    try:
        sent_at = _TIME.validate_python(envelope.get("time"))
    except ValidationError:
        sent_at = None
    return Received(_validate(model, envelope.get("data")), str(envelope.get("id")), sent_at)


def _json_object(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        raise Unprocessable(f"the body has {len(body)} bytes; at most {MAX_BODY} are allowed")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unprocessable(f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Unprocessable(f"the body is a JSON {type(value).__name__}, not an object")
    return value


def _validate(model: type[Message], data: Any) -> Message:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, p['loc'])) or 'data'}: {p['msg'].removeprefix('Value error, ')}"
            for p in error.errors(include_url=False)
        )
        raise Unprocessable(f"not a valid {model.type}: {problems}") from error


def _names(models: tuple[type[Message], ...]) -> str:
    return ", ".join(m.type for m in models)
