"""Subscriptions at hubs: one for each source, renewed in time, ended when not wanted, and no harm if a hub refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from dev.hub.hub import Conduct
from services.watch.scheduler import Scheduler
from services.watch.subscriber import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS
from shared.catalog.connection import Catalog
from shared.catalog.sources.definitions import change_source, definition_of, remove_source
from shared.catalog.sources.looks import claim_due
from shared.catalog.sources.subscriptions import count_subscriptions, forget_subscriptions, state_of
from shared.outbound.posting import Poster
from tests.integration.looks.conftest import Follow
from tests.integration.looks.pushing import LEASE_SECONDS, Pushes
from tests.integration.looks.test_pushes import look_over, subscribed

Query = dict[str, str]


async def state(pushes: Pushes, name: str) -> tuple[str, str | None]:
    """The state of a subscription, and its problem."""
    known = await pushes.subscription(name)
    return state_of(known, await pushes.catalog.now()), known.get("problem")


async def get(address: str, query: Query) -> tuple[int, str]:
    """Call back as a hub does."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(address, params={f"hub.{name}": value for name, value in query.items()})
    return answer.status_code, answer.text


async def test_of_several_replicas_one_subscribes(pushes: Pushes, follow: Follow) -> None:
    for name in ("one", "two", "three"):
        await follow(name, f"PLreplicas{name}")
        await pushes.name_hub(name)
    await follow("hubless", "PLreplicashubless")
    counts = await asyncio.gather(*(pushes.ask_hubs() for _ in range(8)))
    assert sum(counts) == len(pushes.hub.requests) == len(pushes.hub.subscribed) == 3
    assert await pushes.ask_hubs() == 0
    assert await count_subscriptions(pushes.catalog) == {"subscribed": 3}


async def test_a_lease_is_renewed_before_it_ends(pushes: Pushes, follow: Follow, scheduler: Scheduler) -> None:
    pushes.hub.conduct = Conduct(lease_seconds=2)
    topic = await subscribed(pushes, follow, scheduler, "renewed")
    known = await pushes.subscription("renewed")
    assert known["next_at"] < known["until"]
    async with asyncio.timeout(60):
        while pushes.hub.subscribed[known["callback"]].confirmed < 2:
            await pushes.ask_hubs()
            await asyncio.sleep(0.02)
    renewed = await pushes.subscription("renewed")
    assert renewed["until"] > known["until"]
    assert (renewed["callback"], renewed["secret"]) == (known["callback"], known["secret"])
    assert await pushes.hub.publish(topic) == [202]
    assert len(await claim_due(pushes.catalog, 10, 60)) == 1


async def test_a_renewal_that_fails_leaves_what_is_left_of_the_lease(
    pushes: Pushes, follow: Follow, scheduler: Scheduler
) -> None:
    topic = await subscribed(pushes, follow, scheduler, "unwell")
    pushes.hub.conduct = Conduct(answer=503)
    await pushes.make_due("unwell")
    assert await pushes.ask_hubs() == 1
    assert await state(pushes, "unwell") == ("subscribed", "it answered 503")
    assert await pushes.hub.publish(topic) == [202]
    pushes.hub.conduct = Conduct()
    await pushes.make_due("unwell")
    await pushes.ask_hubs()
    assert await state(pushes, "unwell") == ("subscribed", None)


async def test_a_denied_subscription_is_asked_for_again_much_later(
    pushes: Pushes, follow: Follow, scheduler: Scheduler
) -> None:
    await follow("denied", "PLdenied00001", every="1d")
    await look_over(pushes.catalog, scheduler)
    before = await pushes.source("denied")
    await pushes.name_hub("denied")
    pushes.hub.conduct = Conduct(denies="not\nfor you")
    assert await pushes.ask_hubs() == 1
    assert pushes.hub.verified == [("denied", 200)]
    assert await state(pushes, "denied") == ("refused", "the hub denies it: not for you")
    known = await pushes.subscription("denied")
    assert known["next_at"] > (await pushes.catalog.now()) + timedelta(seconds=LONGEST_WAIT_SECONDS - 300)
    assert (await pushes.source("denied"))["due_at"] == before["due_at"], "its schedule goes on"


@pytest.mark.parametrize(
    ("conduct", "problem"),
    [
        (Conduct(answer=500), "it answered 500"),
        (Conduct(answer=307), "it answered 307"),
        (Conduct(verifies=False), "the hub took the request and has not verified it"),
    ],
    ids=["refuses", "leads elsewhere", "never verifies"],
)
async def test_a_hub_that_does_not_subscribe_us_is_asked_again_and_does_no_harm(
    pushes: Pushes, follow: Follow, scheduler: Scheduler, conduct: Conduct, problem: str
) -> None:
    await follow("again", "PLagain000001", every="1d")
    await look_over(pushes.catalog, scheduler)
    before = await pushes.source("again")
    await pushes.name_hub("again")
    pushes.hub.conduct = conduct
    waits = []
    for _ in range(3):
        assert await pushes.ask_hubs() == 1
        assert await pushes.ask_hubs() == 0, "not at once"
        known = await pushes.subscription("again")
        waits.append((known["next_at"] - await pushes.catalog.now()).total_seconds())
        await pushes.make_due("again")
    assert await state(pushes, "again") == ("refused", problem)
    assert waits[0] <= FIRST_WAIT_SECONDS < waits[1] <= 2 * FIRST_WAIT_SECONDS < waits[2]
    assert (await pushes.source("again"))["due_at"] == before["due_at"]
    pushes.hub.conduct = Conduct()
    await pushes.ask_hubs()
    assert await state(pushes, "again") == ("subscribed", None)


async def pause(catalog: Catalog, pushes: Pushes) -> None:
    source = await pushes.source("over")
    paused = definition_of(source).model_copy(update={"enabled": False})
    assert await change_source(catalog, source, paused) is not None


async def move(catalog: Catalog, pushes: Pushes) -> None:
    source = await pushes.source("over")
    elsewhere = definition_of(source).model_copy(update={"address": "PLelsewhere001"})
    assert await change_source(catalog, source, elsewhere) is not None


async def turn_feed_off(catalog: Catalog, pushes: Pushes) -> None:
    source = await pushes.source("over")
    assert await change_source(catalog, source, definition_of(source).model_copy(update={"feed": "off"})) is not None


async def rename_topic(_: Catalog, pushes: Pushes) -> None:
    await pushes.name_hub("over", "https://www.youtube.com/feeds/elsewhere")


async def remove(catalog: Catalog, _: Pushes) -> None:
    assert await remove_source(catalog, "over")


@pytest.mark.parametrize("end", [pause, move, turn_feed_off, rename_topic, remove])
async def test_what_is_wanted_no_longer_is_ended(
    pushes: Pushes, follow: Follow, scheduler: Scheduler, end: Callable[[Catalog, Pushes], Awaitable[None]]
) -> None:
    topic = await subscribed(pushes, follow, scheduler, "over")
    known = await pushes.subscription("over")
    await end(pushes.catalog, pushes)
    # Before the service has noticed, the hub asks once more, and pushes.
    query = {"topic": topic, "challenge": "abc", "lease_seconds": "60"}
    assert await get(known["callback"], {"mode": "subscribe", **query}) == (404, "")
    assert await pushes.hub.publish(topic) == [410]
    await pushes.ask_hubs()
    assert known["callback"] not in pushes.hub.subscribed
    assert await get(known["callback"], {"mode": "subscribe", **query}) == (404, "")
    assert ("unsubscribe", known["callback"]) in pushes.hub.requests


async def test_only_what_was_asked_for_is_confirmed(pushes: Pushes, follow: Follow, scheduler: Scheduler) -> None:
    topic = await subscribed(pushes, follow, scheduler, "strict")
    known = await pushes.subscription("strict")
    callback, right = known["callback"], {"mode": "subscribe", "topic": topic, "challenge": "a<b>c"}
    assert await get(callback, {**right, "lease_seconds": "60"}) == (200, "a<b>c")
    after = await pushes.subscription("strict")
    wrong: list[Query] = [
        {**right, "topic": f"{topic}/other"},
        {**right, "mode": "unsubscribe"},
        {**right, "mode": "publish"},
        {**right, "lease_seconds": "soon"},
        {**right, "challenge": ""},
        {"mode": "denied", "topic": f"{topic}/other"},
        {},
    ]
    for query in wrong:
        assert await get(callback, query) == (404, ""), query
    assert await pushes.subscription("strict") == after
    unknown = f"{callback}x"
    assert await get(unknown, right) == (404, "")
    assert await get(unknown, {**right, "mode": "unsubscribe"}) == (200, "a<b>c"), "nobody wants pushes there"
    assert await pushes.hub.push(unknown, b"", "secret") == 410
    # A hub need not say for how long: what was asked for counts.
    assert await get(callback, right) == (200, "a<b>c")
    until = (await pushes.subscription("strict"))["until"]
    assert until > (await pushes.catalog.now()) + timedelta(seconds=LEASE_SECONDS - 300)


@pytest.mark.parametrize(
    ("method", "challenge", "status"),
    [("GET", "x" * 1000, 200), ("GET", "x" * 1001, 404), ("HEAD", "abc", 404), ("HEAD", "", 404)],
)
@pytest.mark.parametrize("mode", ["subscribe", "unsubscribe"])
async def test_what_no_hub_asks_confirms_nothing(
    pushes: Pushes, follow: Follow, scheduler: Scheduler, mode: str, method: str, challenge: str, status: int
) -> None:
    topic = await subscribed(pushes, follow, scheduler, "asked")
    known = await pushes.subscription("asked")
    address = known["callback"] if mode == "subscribe" else f"{known['callback']}-unknown"
    query = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": challenge, "hub.lease_seconds": "60"}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.request(method, address, params=query)
    assert answer.status_code == status


async def test_a_hub_on_a_private_address_is_asked_only_if_that_is_allowed(pushes: Pushes, follow: Follow) -> None:
    await follow("private", "PLprivate0001")
    await pushes.name_hub("private")
    strict = Poster(pushes.subscriber.poster.client, 10, private_hosts=False)
    assert await replace(pushes.subscriber, poster=strict).ask_hubs() == 1
    found, problem = await state(pushes, "private")
    assert (found, pushes.hub.requests) == ("refused", [])
    assert "127.0.0.1, which is not on the public internet" in str(problem)
    await pushes.make_due("private")
    await pushes.ask_hubs()
    assert await state(pushes, "private") == ("subscribed", None)


async def test_another_callback_address_is_subscribed_anew_and_none_forgets_all(
    pushes: Pushes, follow: Follow, scheduler: Scheduler
) -> None:
    await subscribed(pushes, follow, scheduler, "moved")
    first = await pushes.subscription("moved")
    base = pushes.subscriber.callback_base.replace("127.0.0.1", "localhost")
    assert await replace(pushes.subscriber, callback_base=base).ask_hubs() == 1
    await pushes.hub.settled()
    second = await pushes.subscription("moved")
    assert list(pushes.hub.subscribed) == [second["callback"]]
    assert {first["callback_id"], first["secret"]}.isdisjoint({second["callback_id"], second["secret"]})
    await forget_subscriptions(pushes.catalog)
    assert await count_subscriptions(pushes.catalog) == {}
