"""Turns documents of endpoints, deliveries and notices into the schemas of HTTP responses. Pure functions."""

from __future__ import annotations

from services.api.schemas.notifications import (
    DeliveryOut,
    DeliveryOutcome,
    EndpointOut,
    EndpointState,
    LastDeliveryOut,
    NoticeOut,
    RuleOut,
)
from shared.catalog.documents import Delivery, StoredEndpoint, StoredNotice


def endpoint_out(endpoint: StoredEndpoint, last: Delivery | None) -> EndpointOut:
    """An endpoint with its newest delivery. The fields are named one by one, so that the secret stays inside."""
    rule = endpoint.get("rule")
    return EndpointOut(
        name=endpoint["_id"],
        kind=endpoint.get("kind", "webhook"),
        where=endpoint["url"],
        types=endpoint["types"],
        rule=RuleOut(**rule) if rule is not None else None,
        state=state_of(endpoint),
        paused_at=endpoint.get("paused_at"),
        paused_why=endpoint.get("paused_why"),
        failures=endpoint["failures"],
        last=_last_out(last) if last is not None else None,
    )


def _last_out(delivery: Delivery) -> LastDeliveryOut:
    return LastDeliveryOut(at=delivery["at"], outcome=outcome_of(delivery), error=delivery["error"])


def delivery_out(delivery: Delivery) -> DeliveryOut:
    """A delivery."""
    return DeliveryOut(
        event_id=delivery["_id"].removeprefix(f"{delivery['endpoint']}/"),
        event_type=delivery["event_type"],
        subject=delivery["subject"],
        outcome=outcome_of(delivery),
        attempts=delivery["attempts"],
        at=delivery["at"],
        status=delivery["status"],
        error=delivery["error"],
    )


def notice_out(notice: StoredNotice) -> NoticeOut:
    """A condition that is going on."""
    return NoticeOut(
        key=notice["_id"],
        kind=notice["kind"],
        title=notice["title"],
        text=notice["text"],
        source=notice["source"],
        at=notice["at"],
    )


def state_of(endpoint: StoredEndpoint) -> EndpointState:
    """Whether an endpoint is told of events. Disabled comes first: to resume such an endpoint would change nothing."""
    if not endpoint["enabled"]:
        return "disabled"
    if "paused_at" in endpoint:
        return "paused"
    return "failing" if endpoint["failures"] > 0 else "active"


def outcome_of(delivery: Delivery) -> DeliveryOutcome:
    """What became of a delivery."""
    if "delivered_at" in delivery:
        return "delivered"
    return "failed" if "failed_at" in delivery else "waiting"
