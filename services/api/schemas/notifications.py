"""Schemas of endpoints, deliveries and notices."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from shared.catalog.documents.notification import EndpointKind

#: disabled: its entry in the file says so; paused: after failures, until it is resumed; failing: the last delivery
#: failed for good, and the next ones are still made; active: none of these.
EndpointState = Literal["active", "disabled", "paused", "failing"]
#: waiting: the next attempt is due later.
DeliveryOutcome = Literal["delivered", "failed", "waiting"]


class RuleOut(BaseModel):
    """What people are told, and when."""

    #: Kinds of notices.
    tell: list[str]
    digest: str = Field(description="When new recordings are told: at-once, never, or a cron line with its time zone.")
    summary: str = Field(description="When the archive is summed up: never, or a cron line with its time zone.")
    labels: dict[str, str] = Field(description="Only of followed sources with all these labels.")


class LastDeliveryOut(BaseModel):
    """What became of the newest delivery."""

    #: Of its last attempt.
    at: datetime
    outcome: DeliveryOutcome
    #: Why the last attempt failed; null: it did not.
    error: str | None


class EndpointOut(BaseModel):
    """An endpoint without its secret."""

    name: str
    kind: EndpointKind
    #: The address of a webhook; the scheme of the address of people; module and name of a hook.
    where: str
    #: Types of events that it is told of.
    types: list[str]
    #: Of people; null for the other kinds.
    rule: RuleOut | None
    state: EndpointState
    paused_at: datetime | None
    paused_why: str | None
    #: Deliveries in a row that failed for good.
    failures: int
    #: Null: there was none within a month.
    last: LastDeliveryOut | None


class EndpointPage(BaseModel):
    """A page of endpoints by name, and the cursor of the next page."""

    items: list[EndpointOut]
    next: str | None


class DeliveryOut(BaseModel):
    """One event for one endpoint."""

    #: The webhook-id that its receiver gets.
    event_id: str
    event_type: str
    #: The video or followed source that the event is about, or the key of a notice.
    subject: str
    outcome: DeliveryOutcome
    #: Attempts made so far.
    attempts: int
    #: When the last attempt ended.
    at: datetime
    #: HTTP status of the last attempt; null: there was no answer, or the endpoint is no webhook.
    status: int | None
    #: Why the last attempt failed; null: it did not.
    error: str | None


class DeliveryPage(BaseModel):
    """A page of deliveries, the newest first, and the cursor of the next page."""

    items: list[DeliveryOut]
    next: str | None


class SentTestOut(BaseModel):
    """The test that was requested. Its delivery has the same `event_id`."""

    endpoint: str
    event_id: str


class NoticeOut(BaseModel):
    """A condition that is going on."""

    #: Names the condition, e.g. source-failing/radio-zou.
    key: str
    kind: str
    title: str
    text: str
    #: The followed source that it is about; null: none.
    source: str | None
    #: Since when.
    at: datetime


class NoticesOut(BaseModel):
    """The conditions that are going on, the newest first; at most 500."""

    items: list[NoticeOut]
