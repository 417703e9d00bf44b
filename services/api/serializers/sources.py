"""Turns documents of followed sources into the schemas of HTTP responses. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.api.schemas.sources import ExpiredOut, LookOut, PushOut, RetentionOut, SourceOut, SourceState
from services.api.serializers.documents import failure_out
from shared.catalog.documents import LookResult, Source, Subscription
from shared.catalog.sources.definitions import definition_of
from shared.catalog.sources.subscriptions import state_of as subscription_state
from shared.contracts.source import Rung
from shared.following.retention import FLOOR, Recording
from shared.following.rhythm import explained

#: Ids of each kind that a look shows, since a page holds many looks; the catalog's lists have them all.
MAX_IDS = 20


def source_out(source: Source, now: datetime, subscription: Subscription | None) -> SourceOut:
    """A followed source, as it is now. `subscription`: at the hub of its feed."""
    last = source.get("last")
    return SourceOut(
        name=source["_id"],
        definition=source["definition"],
        version=source["version"],
        state=state_of(source, now),
        playlist_id=source["playlist_id"],
        url=source["url"],
        title=source.get("title"),
        channel=source.get("channel"),
        due_at=source["due_at"],
        schedule=schedule_of(source, now),
        looked_at=source.get("looked_at"),
        last=look_out(last, None) if last is not None else None,
        failures=source["failures"],
        silent="silent_at" in source and source["silent_at"] <= now,
        same_as=source.get("same_as"),
        push=push_out(subscription, now),
    )


def look_out(look: LookResult, number: int | None) -> LookOut:
    """What a look found. `number`: None for the last one, which its source repeats."""
    failure = look.get("failure")
    return LookOut(
        look=number,
        rung=Rung(look["rung"]),
        at=look["at"],
        requests=look["requests"],
        new=look["new"],
        known=look["known"],
        filtered=look["filtered"],
        gone=look["gone"],
        new_ids=look["new_ids"][:MAX_IDS],
        gone_ids=look["gone_ids"][:MAX_IDS],
        failure=failure_out(failure) if failure is not None else None,
        hint=look.get("hint"),
    )


def retention_out(source: Source, stored: int, expired: int, items: Sequence[Recording]) -> RetentionOut:
    """What a source keeps. `items`: the oldest of those that expire."""
    return RetentionOut(
        version=source["version"],
        keep=definition_of(source).keep,
        always=FLOOR,
        stored=stored,
        expired=expired,
        items=[
            ExpiredOut(video_id=each.video_id, upload_date=each.upload_date, stored_at=each.stored_at) for each in items
        ],
        changed_at=source["updated_at"],
    )


def push_out(subscription: Subscription | None, now: datetime) -> PushOut:
    """What a subscription has come to; its callback and secret stay inside."""
    if subscription is None:
        return PushOut(state="off", until=None, problem=None)
    state = subscription_state(subscription, now)
    until = subscription.get("until") if state == "subscribed" else None
    return PushOut(state=state, until=until, problem=subscription.get("problem"))


def state_of(source: Source, now: datetime) -> SourceState:
    """What a source waits for."""
    if not source["enabled"]:
        return "paused"
    if "same_as" in source:
        return "same"
    if "lease_until" in source and source["lease_until"] > now:
        return "asked"
    return "due" if source["due_at"] <= now else "waiting"


def schedule_of(source: Source, now: datetime) -> str:
    """When a source is looked at, in words."""
    definition = definition_of(source)
    words = explained(source["published"], now) if definition.schedule.auto else f"every {definition.every}"
    if definition.schedule.cron is not None:
        words = f"{definition.every} ({definition.schedule.zone})"
    failures = source["failures"]
    return words if not failures else f"{words}; longer after {failures} failed {'look' if failures == 1 else 'looks'}"
