"""What all messages share: frozen models with a versioned type and a deterministic id."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

#: Namespace of the deterministic message ids; never change it: ids would no longer match those already sent.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:fonoteca:messages")

VideoId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.+-]+:[^\s/]{1,200}$")]
"""`<extractor>:<id at the source>`, e.g. `youtube:dQw4w9WgXcQ`."""

PlaylistId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.+-]+:[^\s/]{1,200}$")]
"""`youtube:<list id>` where the address tells it, else `url:<hash of the address>`."""

WebUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+\S*$", max_length=2048)]
"""An http or https address."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in lower-case hexadecimal."""

Time = AwareDatetime
"""A moment with its zone; written in UTC."""


class Message(BaseModel):
    """A message's data. Frozen. Unknown fields are ignored, so a newer sender of the version is understood."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: Type and major version, with which the routing key begins: `audio.stored.v1`.
    type: ClassVar[str]

    def identity(self) -> tuple[Any, ...]:
        """What makes this message the same as another: its id is made of this alone."""
        raise NotImplementedError

    def routing_key(self) -> str:
        """What its exchange routes it by."""
        return self.type

    def message_id(self) -> str:
        """The deterministic id. Sending one fact twice gives one id."""
        parts = "\x00".join(p.isoformat() if isinstance(p, datetime) else str(p) for p in self.identity())
        return str(uuid.uuid5(_NAMESPACE, f"{self.type}\x00{parts}"))
