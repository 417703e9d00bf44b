"""Message → function. No handler acks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from services.notify.channels.answer import Answer
from services.notify.channels.hooks import Hooks
from services.notify.channels.people import People
from services.notify.channels.sending import Sending, signed_headers
from services.notify.notices.new_recordings import new_recording
from services.notify.places import Places
from services.notify.policy import Policy
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredEndpoint
from shared.catalog.notifications.deliveries import delivery_id, get_delivery, record_attempt
from shared.catalog.notifications.endpoints import (
    endpoints_for,
    get_endpoint,
    note_failure,
    note_success,
    pause,
)
from shared.contracts import (
    AudioMirrored,
    AudioStored,
    Message,
    NoticeRaised,
    NotificationDue,
    SourceChecked,
    VideoAbandoned,
    wrap,
)
from shared.contracts.envelope import MAX_BODY
from shared.logs import logger
from shared.messaging.consuming.received import current_body
from shared.messaging.consuming.settlement import Handler
from shared.messaging.publisher import Publisher
from shared.topology import DELIVERIES_QUEUE

log = logger(__name__)

#: HTTP status of a receiver that is gone for good (Standard Webhooks, "Operational considerations").
GONE = 410
#: Bytes of the largest event that is sent, as a string in the message that asks for its delivery.
MAX_EVENT = MAX_BODY - 10_000
_TIME = TypeAdapter(AwareDatetime)


@dataclass(frozen=True)
class Notifier:
    """Tells endpoints of events."""

    catalog: Catalog
    publisher: Publisher
    sending: Sending
    people: People
    hooks: Hooks
    policy: Policy
    places: Places
    pause_after: int

    async def event(self, message: Message) -> None:
        """Request a delivery to each endpoint that wants to know: a dead one then holds up no other."""
        if isinstance(message, AudioStored):
            await self.publisher.publish_many(await new_recording(self.catalog, message))
        # If the process dies after some of these, all are requested again; what was delivered is not sent again.
        if endpoints := await endpoints_for(self.catalog, message.type):
            body, published_at = _envelope(message)
            # As it stands in the message that asks for a delivery.
            size = len(json.dumps(body, ensure_ascii=False).encode())
            if size > MAX_EVENT:
                # A hostile source can make it so large. Parking it would call a person for each.
                log.warning("event.too_large", type=message.type, subject=_subject(message), bytes=size)
                metrics.DELIVERIES.labels("skipped").inc(len(endpoints))
                return
            await self.publisher.publish_many(
                NotificationDue(
                    endpoint=endpoint["_id"],
                    event_id=message.message_id(),
                    event_type=message.type,
                    subject=_subject(message),
                    body=body,
                    published_at=published_at,
                )
                for endpoint in endpoints
            )

    async def due(self, message: NotificationDue) -> None:
        """Make one attempt, record it, and request the next one if it failed.

        If the process dies after the attempt was recorded, the message comes again: the attempt is then not repeated,
        only what follows from it. If it dies before, the receiver gets the event twice, under the same id.
        """
        async with self.places.taken(message.endpoint, delivery_id(message)):
            await self._due(message)

    async def _due(self, message: NotificationDue) -> None:
        endpoint = await get_endpoint(self.catalog, message.endpoint)
        before = await get_delivery(self.catalog, message)
        if before is not None and ("delivered_at" in before or "failed_at" in before):
            return
        if (why := _not_delivered(endpoint, message)) is not None:
            metrics.DELIVERIES.labels("skipped").inc()
            await record_attempt(self.catalog, message, status=None, error=why, ended="failed_at")
            return
        assert endpoint is not None
        if before is not None and before["attempts"] >= message.attempt:
            # Recorded before: only the request for the next attempt may be missing.
            if before["attempts"] == message.attempt:
                await self._again(message, self.policy.next_delay(message.attempt, None))
            return
        await self._follow(message, endpoint, await self._deliver(endpoint, message))

    async def _deliver(self, endpoint: StoredEndpoint, message: NotificationDue) -> Answer:
        match endpoint.get("kind", "webhook"):
            case "people":
                return await self.people.tell(endpoint["secret"], message)
            case "hook":
                return await self.hooks.call(endpoint["_id"], message)
        now = datetime.now(UTC)
        headers = signed_headers(message.event_id, message.body, endpoint["secret"], now)
        return await self.sending.post(endpoint["url"], headers, message.body, now)

    async def _follow(self, message: NotificationDue, endpoint: StoredEndpoint, answer: Answer) -> None:
        status, error = answer.status, answer.error
        if error is None:
            if await record_attempt(self.catalog, message, status=status, error=None, ended="delivered_at"):
                metrics.DELIVERIES.labels("delivered").inc()
                lag = (datetime.now(UTC) - message.published_at).total_seconds()
                metrics.DELIVERY_LAG_SECONDS.observe(max(0, lag))
            await note_success(self.catalog, message.endpoint)
            return
        delay = self.policy.next_delay(message.attempt, answer.retry_after) if status != GONE else None
        log.info("delivery.failed", endpoint=message.endpoint, attempt=message.attempt, error=error, again_in=delay)
        ended = "failed_at" if delay is None else None
        first = await record_attempt(self.catalog, message, status=status, error=error, ended=ended)
        metrics.DELIVERIES.labels("retried" if delay is not None else "failed").inc()
        if delay is not None:
            await self._again(message, delay)
        elif first:
            # If the process dies before this, one failure is not counted; the next ones are.
            await self._failed_for_good(endpoint, answer)

    async def _again(self, message: NotificationDue, delay: float | None) -> None:
        if delay is not None:
            later = message.model_copy(update={"attempt": message.attempt + 1})
            await self.publisher.publish_later(later, DELIVERIES_QUEUE, delay)

    async def _failed_for_good(self, endpoint: StoredEndpoint, answer: Answer) -> None:
        failures = await note_failure(self.catalog, endpoint)
        if answer.status == GONE:
            why = "it answered 410 Gone"
        elif failures >= self.pause_after:
            why = f"{failures} deliveries in a row failed, the last because {answer.error}"
        else:
            return
        if await pause(self.catalog, endpoint, why):
            log.warning("endpoint.paused", endpoint=endpoint["_id"], why=why)


def _not_delivered(endpoint: StoredEndpoint | None, message: NotificationDue) -> str | None:
    """Return why a delivery ends without an attempt; None if it does not."""
    if endpoint is None:
        return "the endpoint was removed"
    if not endpoint["enabled"]:
        return "the endpoint is disabled"
    if "paused_at" in endpoint:
        return "the endpoint is paused"
    if endpoint.get("kind") == "people" and message.event_type != NoticeRaised.type:
        return "the endpoint was a webhook before, and is people now"
    return None


def _envelope(message: Message) -> tuple[str, datetime]:
    """The event as it came, in its envelope, and when it was published; a new envelope if it came without one."""
    now = datetime.now(UTC)
    try:
        envelope = json.loads(current_body() or b"{}")
        published_at = _TIME.validate_python(envelope["time"])
        if envelope["id"] == message.message_id():
            return json.dumps(envelope, ensure_ascii=False), published_at
    except (ValueError, KeyError, ValidationError):
        pass
    return wrap(message, "notify", now).decode(), now


def _subject(message: Message) -> str:
    if isinstance(message, SourceChecked):
        return message.source
    assert isinstance(message, AudioStored | AudioMirrored | VideoAbandoned)
    return message.video_id


def event_handlers(notifier: Notifier) -> Mapping[type[Message], Handler]:
    """Return the handlers of events by message."""
    return dict.fromkeys((AudioStored, AudioMirrored, VideoAbandoned, SourceChecked), notifier.event)


def delivery_handlers(notifier: Notifier) -> Mapping[type[Message], Handler]:
    """Return the handlers of due deliveries by message."""
    return {NotificationDue: notifier.due}
