"""The base of all messages: frozen models with a versioned type and a deterministic id."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from shared.addresses.video_ids import MAX_ID
from shared.untrusted.bounds import MAX_ADDRESS, within_calendar

#: Namespace of the deterministic message ids; never change it: ids would no longer match those already sent.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:fonoteca:messages")

#: Written so that the patterns of JSON Schema, Python and pydantic agree. Where there is a pattern, pydantic itself
#: refuses half a character (a lone surrogate).
_CONTROLS = r"\u0000-\u001f\u007f-\u009f"
_ID_PATTERN = rf"^[a-z0-9_.+-]+:[^\s/{_CONTROLS}]{{1,{MAX_ID}}}$"

VideoId = Annotated[str, StringConstraints(pattern=_ID_PATTERN)]
"""`<extractor>:<id at the source>`, e.g. `youtube:dQw4w9WgXcQ`; `video_ids.video_id` makes it."""

PlaylistId = Annotated[str, StringConstraints(pattern=_ID_PATTERN)]
"""`youtube:<list id>` if the address contains it, otherwise `url:<hash of the address>`."""

WebUrl = Annotated[
    str, StringConstraints(pattern=rf"^https?://[^\s/{_CONTROLS}]+[^\s{_CONTROLS}]*$", max_length=MAX_ADDRESS)
]
"""An http or https address."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in lower-case hexadecimal."""

Time = Annotated[AwareDatetime, AfterValidator(within_calendar)]
"""A moment with its zone, within the bounds of `bounds`; in UTC."""


class Message(BaseModel):
    """A message's data. Frozen. Unknown fields are ignored, so a newer sender of the version is understood."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Type and major version, with which the routing key begins: `audio.stored.v1`.
    type: ClassVar[str]

    def identity(self) -> tuple[Any, ...]:
        """The values that identify the message: its id is computed from these alone."""
        raise NotImplementedError

    def routing_key(self) -> str:
        """The key by which its exchange routes it."""
        return self.type

    def message_id(self) -> str:
        """The deterministic id: one fact sent twice has one id."""
        parts = "\x00".join(p.isoformat() if isinstance(p, datetime) else str(p) for p in self.identity())
        return str(uuid.uuid5(_NAMESPACE, f"{self.type}\x00{parts}"))
