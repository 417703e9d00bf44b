"""Subscriptions at the hubs of feeds. Any replica may ask a hub, and a hub's call reaches any: what counts is here.

Whoever asks a hub claims its subscription by a compare-and-set on the number of tries. A confirmation sets that number
to zero, so the outcome of a request that the hub confirmed meanwhile changes nothing.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from shared.catalog.connection import Catalog
from shared.catalog.documents import Source, Subscription
from shared.errors import AlreadyThere

#: subscribed: the hub tells of changes; asked: it has not confirmed yet; refused: it does not, and `problem` says why.
SubscriptionState = Literal["subscribed", "asked", "refused"]
#: Bytes of randomness of a callback and a secret: 43 letters, of the 200 that WebSub allows a secret.
_RANDOM_BYTES = 32
_UNANSWERED = "the hub took the request and has not verified it"


def state_of(subscription: Subscription, now: datetime) -> SubscriptionState:
    """Return what a subscription has come to."""
    if "until" in subscription and subscription["until"] > now:
        return "subscribed"
    return "refused" if "problem" in subscription else "asked"


def wanted_hub(source: Source) -> tuple[str, str] | None:
    """Return the hub and the topic of a source that is looked at; None if its feed is not known to have a hub."""
    known = source.get("feed_hub") or {}
    hub, topic = known.get("hub"), known.get("topic")
    return (hub, topic) if source["enabled"] and "same_as" not in source and hub and topic else None


async def align_subscriptions(catalog: Catalog, callback_base: str) -> list[Subscription]:
    """Note a subscription for each source that has a hub now. Returns those that are wanted no longer; each once.

    `callback_base`: the beginning of the addresses at which hubs call, without a slash at its end.
    """
    needed = {"feed_hub": 1, "enabled": 1, "same_as": 1}
    with_hub = catalog.sources.find({"feed_hub.hub": {"$type": "string"}}, needed)
    found = {source["_id"]: wanted_hub(source) async for source in with_hub}
    wanted = {name: hub for name, hub in found.items() if hub is not None}
    ended = []
    async for known in catalog.subscriptions.find():
        same_base = known["callback"] == f"{callback_base}/{known['callback_id']}"
        if same_base and wanted.get(known["_id"]) == (known["hub"], known["topic"]):
            del wanted[known["_id"]]
        elif await _remove(catalog, known):
            ended.append(known)
    now = await catalog.now()
    for name, (hub, topic) in wanted.items():
        await _add(catalog, name, hub, topic, callback_base, now)
    return ended


async def _remove(catalog: Catalog, known: Subscription) -> bool:
    same = {"_id": known["_id"], "callback_id": known["callback_id"]}
    return (await catalog.subscriptions.delete_one(same)).deleted_count == 1


async def _add(catalog: Catalog, name: str, hub: str, topic: str, callback_base: str, now: datetime) -> None:
    callback_id = secrets.token_urlsafe(_RANDOM_BYTES)
    subscription: Subscription = {
        "_id": name,
        "callback_id": callback_id,
        "callback": f"{callback_base}/{callback_id}",
        "hub": hub,
        "topic": topic,
        "secret": secrets.token_urlsafe(_RANDOM_BYTES),
        "created_at": now,
        "next_at": now,
        "tries": 0,
    }
    try:
        await catalog.subscriptions.insert_one(subscription)
    except AlreadyThere:
        # Another replica was first.
        return


async def forget_subscriptions(catalog: Catalog) -> None:
    """Forget all subscriptions: pushes are off. Their leases end by themselves."""
    await catalog.subscriptions.delete_many({})


async def claim_requests(catalog: Catalog, limit: int, wait_seconds: float) -> list[Subscription]:
    """Claim up to `limit` subscriptions whose hub is to be asked now. Returns them as claimed.

    `wait_seconds`: after which a request whose process died is made again.
    """
    now = await catalog.now()
    due = await catalog.subscriptions.find({"next_at": {"$lte": now}}).sort("next_at", 1).limit(limit).to_list()
    claimed = []
    for known in due:
        again = known.copy()
        again["tries"], again["next_at"] = known["tries"] + 1, now + timedelta(seconds=wait_seconds)
        change: dict[str, object] = {"tries": again["tries"], "next_at": again["next_at"]}
        if known["tries"] and "problem" not in known:
            change["problem"] = _UNANSWERED
        seen = {name: known[name] for name in ("_id", "callback_id", "tries", "next_at")}
        if (await catalog.subscriptions.update_one(seen, {"$set": change})).matched_count == 1:
            claimed.append(again)
    return claimed


async def note_request(catalog: Catalog, asked: Subscription, problem: str | None, again_seconds: float) -> None:
    """Note how a hub answered a request, and when to ask again unless it confirms before."""
    seen = {name: asked[name] for name in ("_id", "callback_id", "tries")}
    change: dict[str, object] = {"next_at": await catalog.now() + timedelta(seconds=again_seconds)}
    over = {}
    if problem is None and asked["tries"] > 1:
        # It did not confirm the request before this one, whatever it answered to that.
        problem = _UNANSWERED
    if problem is not None:
        change["problem"] = problem
    else:
        over["problem"] = ""
    await catalog.subscriptions.update_one(seen, {"$set": change, "$unset": over})


async def subscription_at(catalog: Catalog, callback_id: str) -> Subscription | None:
    """Return the subscription about which a hub calls; None if there is none."""
    return await catalog.subscriptions.find_one({"callback_id": callback_id})


async def subscriptions_of(catalog: Catalog, sources: Sequence[str]) -> dict[str, Subscription]:
    """Return the subscriptions of sources by the sources' names; a source without one is missing."""
    return {each["_id"]: each async for each in catalog.subscriptions.with_ids(sources)}


async def confirm_subscription(catalog: Catalog, known: Subscription, lease_seconds: float) -> bool:
    """Note that a hub has confirmed. It is asked again when half of the lease is over, which leaves time for failures.

    Returns False if the subscription has ended meanwhile.
    """
    now = await catalog.now()
    until, renew = now + timedelta(seconds=lease_seconds), now + timedelta(seconds=lease_seconds / 2)
    change = {"until": until, "next_at": renew, "tries": 0}
    same = {"_id": known["_id"], "callback_id": known["callback_id"]}
    result = await catalog.subscriptions.update_one(same, {"$set": change, "$unset": {"problem": ""}})
    return result.matched_count == 1


async def deny_subscription(catalog: Catalog, known: Subscription, why: str, again_seconds: float) -> None:
    """Note that a hub has denied or ended a subscription, and when to ask again."""
    change = {"problem": why, "next_at": await catalog.now() + timedelta(seconds=again_seconds)}
    same = {"_id": known["_id"], "callback_id": known["callback_id"]}
    # One try more: the outcome of a request that is under way is not noted after this.
    await catalog.subscriptions.update_one(same, {"$set": change, "$inc": {"tries": 1}, "$unset": {"until": ""}})


async def count_subscriptions(catalog: Catalog) -> Counter[SubscriptionState]:
    """Count the subscriptions by state."""
    now = await catalog.now()
    return Counter([state_of(known, now) async for known in catalog.subscriptions.find()])
