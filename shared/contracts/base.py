"""The base of all messages: frozen models with a versioned type and a deterministic id."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from shared.addresses.video_ids import MAX_ID
from shared.untrusted.bounds import MAX_ADDRESS, within_calendar

#: Namespace of the deterministic message ids. Never change it: ids must match those already sent.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:fonoteca:messages")
_OF_NAMESPACE = hashlib.sha1(_NAMESPACE.bytes, usedforsecurity=False)

#: Written so that JSON Schema, Python and pydantic agree on it. Where there is a pattern, pydantic itself rejects lone
#: surrogates.
_CONTROLS = r"\u0000-\u001f\u007f-\u009f"
_ID_PATTERN = rf"^[a-z0-9_.+-]+:[^\s/{_CONTROLS}]{{1,{MAX_ID}}}$"

VideoId = Annotated[str, StringConstraints(pattern=_ID_PATTERN)]
"""`<extractor>:<id at the source>`, e.g. `youtube:dQw4w9WgXcQ`; made by `video_ids.video_id`."""

PlaylistId = Annotated[str, StringConstraints(pattern=_ID_PATTERN)]
"""`youtube:<list id>` if the address contains it, otherwise `url:<hash of the address>`."""

WebUrl = Annotated[
    str, StringConstraints(pattern=rf"^https?://[^\s/{_CONTROLS}]+[^\s{_CONTROLS}]*$", max_length=MAX_ADDRESS)
]
"""An http or https address."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in lower-case hexadecimal."""

Time = Annotated[AwareDatetime, AfterValidator(within_calendar)]
"""A time in UTC, within the limits of `untrusted.bounds`."""


class Message(BaseModel):
    """A message's data. Frozen. Unknown fields are ignored, so that newer senders of a version are understood."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Type and major version, the beginning of the routing key: `audio.stored.v1`.
    type: ClassVar[str]

    def identity(self) -> tuple[Any, ...]:
        """The values that identify the message: its id is computed from these alone."""
        raise NotImplementedError

    def routing_key(self) -> str:
        """The key by which its exchange routes it."""
        return self.type

    def message_id(self) -> str:
        """The deterministic id: one fact sent twice has one id."""
        parts = "\x00".join([p.isoformat() if isinstance(p, datetime) else str(p) for p in self.identity()])
        # What `uuid.uuid5` does, but OpenSSL looks its SHA-1 up once, not with each message.
        of_namespace = _OF_NAMESPACE.copy()
        of_namespace.update(f"{self.type}\x00{parts}".encode())
        return str(uuid.UUID(bytes=of_namespace.digest()[:16], version=5))
