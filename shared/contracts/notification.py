"""The message about a delivery that is due: one event for one endpoint."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from shared.contracts.base import Message, Time
from shared.contracts.source import SOURCE_NAME_PATTERN

#: Characters of the subject of a delivery, and of the title and text of a notice.
MAX_SUBJECT, MAX_TITLE, MAX_TEXT = 500, 200, 20_000
#: What a notice is about.
NoticeKind = Literal[
    "new-recordings",
    "source-failing",
    "source-silent",
    "egress-blocked",
    "person-needed",
    "audit-violation",
    "summary",
    "test",
]
EndpointName = Annotated[str, StringConstraints(pattern=SOURCE_NAME_PATTERN)]
#: Attempts that a message can count; the policy of the notify service allows far fewer.
MAX_ATTEMPTS = 1000
_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class NoticeRaised(Message):
    """A sentence for people. It travels inside deliveries only, and is no message of the broker's by itself."""

    type: ClassVar[str] = "notice.raised.v1"

    #: Names the notice, with its time if it can come again: one that is raised twice has the same id.
    key: Annotated[str, StringConstraints(min_length=1, max_length=MAX_SUBJECT)]
    kind: NoticeKind
    title: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TITLE)]
    #: Lines of plain text.
    text: Annotated[str, StringConstraints(max_length=MAX_TEXT)]
    #: The followed source that it is about; None: none.
    source: str | None = None
    #: Whether it says that something is over.
    over: bool = False
    raised_at: Time

    def identity(self) -> tuple[Any, ...]:
        return (self.key, self.over)

    @property
    def subject(self) -> str:
        """What it is about: its key without its time."""
        return self.key.removesuffix(f"/{self.raised_at.isoformat()}")


class NotificationDue(Message):
    """Asks the notify service to send one event to one endpoint. A later attempt is a message of its own."""

    type: ClassVar[str] = "notification.due.v1"

    endpoint: EndpointName
    #: The deterministic id of the event: receivers get it as `webhook-id`, the same at every attempt.
    event_id: Annotated[str, StringConstraints(pattern=_UUID)]
    event_type: Annotated[str, StringConstraints(pattern=r"^[a-z_]+[.][a-z_]+[.]v[0-9]+$", max_length=100)]
    #: What the event is about: a video or a followed source.
    subject: Annotated[str, StringConstraints(pattern=r"^[^\u0000-\u001f]+$", max_length=MAX_SUBJECT)]
    #: The event in its envelope, as JSON: the body to send.
    body: Annotated[str, StringConstraints(pattern=r"^[{]")]
    #: Number of the attempt, from 1.
    attempt: int = Field(1, ge=1, le=MAX_ATTEMPTS)
    #: When the event was published.
    published_at: Time

    def identity(self) -> tuple[Any, ...]:
        return (self.endpoint, self.event_id, self.attempt)
