"""A push is a look that comes early: it finds what is new, costs at most one request a minute, and loses nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog
from prometheus_client import REGISTRY

from dev.hub.hub import Conduct
from dev.site.client import set_hub
from dev.stack import Stack
from services.api.serializers.sources import source_out
from services.scraper.looks.looks import Looks
from services.watch import callback, subscriber
from services.watch.callback import MAX_BODY
from services.watch.handlers import source_checked
from services.watch.scheduler import Scheduler
from shared.catalog.archive.collections import archived_collections
from shared.catalog.connection import Catalog
from shared.catalog.sources.looks import PUSH_PAUSE_SECONDS, claim_due, look_now, looks_of, record_look
from shared.contracts import SourceChecked
from shared.contracts.source import Depth, Rung
from tests.integration.looks.conftest import Follow, Look
from tests.integration.looks.pushing import Pushes
from tests.integration.looks.test_looks import entries, taken

AddPlaylist = Callable[..., str]


def answered(source: dict[str, Any]) -> SourceChecked:
    fields = {"source": source["_id"], "look": source["look"], "rung": "feed", "requests": 1}
    return SourceChecked.model_validate({**fields, "checked_at": source["asked_at"]})


async def look_over(catalog: Catalog, scheduler: Scheduler) -> None:
    """Every look that is due is made, and finds nothing."""
    for source in await claim_due(catalog, 100, 60):
        await record_look(catalog, answered(dict(source)), scheduler.next_due)


async def subscribed(pushes: Pushes, follow: Follow, scheduler: Scheduler, name: str) -> str:
    """A source that waits for tomorrow, and has a confirmed subscription. Returns its topic."""
    await follow(name, f"PLpushes{name}", every="1d")
    await look_over(pushes.catalog, scheduler)
    topic = await pushes.name_hub(name)
    assert await pushes.ask_hubs() == 1
    assert pushes.hub.verified[-1] == ("subscribe", 200)
    return topic


def pushed(outcome: str) -> float:
    """How many pushes had an outcome so far."""
    return REGISTRY.get_sample_value("fonoteca_watch_pushes_total", {"outcome": outcome}) or 0


@pytest.mark.usefixtures("through_the_site")
@pytest.mark.parametrize("in_header", [False, True], ids=["in the feed", "in its header"])
async def test_a_push_finds_what_is_new_before_its_time(
    servers: Stack,
    catalog: Catalog,
    add_playlist: AddPlaylist,
    follow: Follow,
    look: Look,
    looks: Looks,
    scheduler: Scheduler,
    pushes: Pushes,
    in_header: bool,
) -> None:
    list_id, stem = ("PLpushed00002", "pushb") if in_header else ("PLpushed00001", "pusha")
    set_hub(servers.exports, list_id, pushes.hub_url, in_header=in_header)
    url = add_playlist(list_id, entries(stem, range(20)))
    await follow("pushed", url, first=1, every="1d")
    await look("pushed")
    assert (await look("pushed")).rung is Rung.FEED
    assert await pushes.ask_hubs() == 1
    [(address, at_hub)] = pushes.hub.subscribed.items()
    assert (at_hub.topic, at_hub.lease_seconds) == (
        f"https://www.youtube.com/feeds/videos.xml?playlist_id={list_id}",
        3600,
    )
    assert pushes.hub.requests == [("subscribe", address)]

    add_playlist(list_id, entries(stem, range(21)))
    assert await claim_due(catalog, 10, 60) == [], "by its schedule it is looked at tomorrow"
    assert await pushes.hub.publish(at_hub.topic) == [202]
    [source] = await claim_due(catalog, 10, 60)
    answer = await looks.look(source, Depth.ANY)
    assert (answer.failure, answer.rung, answer.new, answer.requests) == (None, Rung.FEED, 1, 1)
    assert f"{stem} 20" in await taken(catalog, f"youtube:{list_id}")
    await source_checked(scheduler, answer)
    assert [found.get("hint") for found in await looks_of(catalog, "pushed", 2)] == ["push", None]
    assert await claim_due(catalog, 10, 60) == [], "its schedule goes on"


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_every_method_of_signatures_is_understood(
    pushes: Pushes, follow: Follow, scheduler: Scheduler, method: str
) -> None:
    topic = await subscribed(pushes, follow, scheduler, "signed")
    pushes.hub.method = method
    assert await pushes.hub.publish(topic) == [202]
    assert len(await claim_due(pushes.catalog, 10, 60)) == 1


async def test_a_push_with_a_wrong_signature_is_ignored(pushes: Pushes, follow: Follow, scheduler: Scheduler) -> None:
    topic = await subscribed(pushes, follow, scheduler, "forged")
    before, wrong = await pushes.source("forged"), pushed("wrong_signature")
    pushes.hub.conduct = Conduct(wrong_signature=True)
    assert await pushes.hub.publish(topic) == [202], "whoever tries signatures learns nothing"
    address = (await pushes.subscription("forged"))["callback"]
    async with httpx.AsyncClient(trust_env=False) as client:
        for headers in ({}, {"X-Hub-Signature": "sha256=zz"}, {"X-Hub-Signature": "sha256=" + "0" * 64}):
            assert (await client.post(address, content=b"<feed/>", headers=headers)).status_code == 202
        too_long = await client.post(address, content=b"x" * (MAX_BODY + 1))
    assert too_long.status_code == 413
    assert await pushes.source("forged") == before
    assert pushed("wrong_signature") == wrong + 4


async def test_a_flood_of_pushes_costs_one_look_a_minute(
    pushes: Pushes, catalog: Catalog, follow: Follow, scheduler: Scheduler
) -> None:
    topic = await subscribed(pushes, follow, scheduler, "flood")
    statuses = await asyncio.gather(*(pushes.hub.publish(topic) for _ in range(30)))
    assert statuses == [[202]] * 30
    await look_over(catalog, scheduler)
    last = (await pushes.source("flood"))["look"]
    for _ in range(5):
        assert await pushes.hub.publish(topic) == [202]
        await look_over(catalog, scheduler)
    source = await pushes.source("flood")
    assert source["look"] == last, "the next one waits"
    assert source["due_at"] <= (await catalog.now()) + timedelta(seconds=PUSH_PAUSE_SECONDS)
    # When that time comes, it is made.
    await turn_back(catalog, "flood", timedelta(seconds=PUSH_PAUSE_SECONDS))
    await look_over(catalog, scheduler)
    source = await pushes.source("flood")
    assert (source["look"], source["last"].get("hint")) == (last + 1, "push")
    assert source["due_at"] > (await catalog.now()) + timedelta(hours=20)


async def turn_back(catalog: Catalog, name: str, by: timedelta) -> None:
    """Move everything that is known of a source back in time."""
    source = await catalog.sources.find_one({"_id": name})
    assert source is not None
    moved = {field: value - by for field, value in source.items() if isinstance(value, datetime)}
    await catalog.sources.update_one({"_id": name}, {"$set": moved})


async def test_a_push_during_a_look_is_followed_by_another(
    pushes: Pushes, catalog: Catalog, follow: Follow, scheduler: Scheduler
) -> None:
    topic = await subscribed(pushes, follow, scheduler, "during")
    assert await look_now(catalog, "during")
    [under_way] = await claim_due(catalog, 10, 60)
    await turn_back(catalog, "during", timedelta(seconds=1))
    assert await pushes.hub.publish(topic) == [202]
    assert await claim_due(catalog, 10, 60) == [], "one look at a time"
    under_way["asked_at"] -= timedelta(seconds=1)
    assert await record_look(catalog, answered(dict(under_way)), scheduler.next_due) is not None
    [again] = await claim_due(catalog, 10, 60)
    assert (again["look"], again["asked_hint"]) == (under_way["look"] + 1, "push")
    # A second push during this look must wait, and is not forgotten when the look ends.
    assert await pushes.hub.publish(topic) == [202]
    after = await record_look(catalog, answered(dict(again)), scheduler.next_due)
    assert after is not None
    assert after["due_at"] == after["pushed_at"] > after["last"]["asked_at"]
    assert after["due_at"] <= (await catalog.now()) + timedelta(seconds=PUSH_PAUSE_SECONDS)


async def test_a_clock_that_went_back_delays_no_push(
    pushes: Pushes, catalog: Catalog, follow: Follow, scheduler: Scheduler
) -> None:
    topic = await subscribed(pushes, follow, scheduler, "clock")
    ahead = (await catalog.now()) + timedelta(days=3650)
    await catalog.sources.update_one({"_id": "clock"}, {"$set": {"pushed_at": ahead, "wanted_at": ahead}})
    assert await pushes.hub.publish(topic) == [202]
    await look_over(catalog, scheduler)
    source = await pushes.source("clock")
    assert (source["look"], source["last"].get("hint")) == (2, "push")


async def test_nothing_of_a_subscription_is_shown_or_logged(
    pushes: Pushes, follow: Follow, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = structlog.testing.CapturingLogger()
    for module in (callback, subscriber):
        monkeypatch.setattr(module, "log", log)
    topic = await subscribed(pushes, follow, scheduler, "secret")
    pushes.hub.conduct = Conduct(wrong_signature=True)
    await pushes.hub.publish(topic)
    pushes.hub.conduct = Conduct(denies="no")
    await pushes.make_due("secret")
    await pushes.ask_hubs()
    events = {call.args[0] for call in log.calls}
    assert events == {
        *("subscription.requested", "subscription.confirmed", "push.wrong_signature", "subscription.denied")
    }
    known, source = await pushes.subscription("secret"), await pushes.source("secret")
    shown = source_out(source, await pushes.catalog.now(), known).model_dump_json()
    assert "the hub denies it: no" in shown
    assert "subscriptions" not in await archived_collections(pushes.catalog)
    for text in (json.dumps(source, default=str), str(log.calls), shown):
        assert known["secret"] not in text
        assert known["callback_id"] not in text
    assert known["secret"] != known["callback_id"]
    assert len(known["secret"].encode()) < 200


@pytest.mark.parametrize(("failures", "soon"), [(0, True), (2, True), (3, False)])
async def test_a_push_does_not_shorten_the_waits_of_a_failing_source(
    pushes: Pushes, catalog: Catalog, follow: Follow, scheduler: Scheduler, failures: int, soon: bool
) -> None:
    topic = await subscribed(pushes, follow, scheduler, "fails")
    later = (await catalog.now()) + timedelta(hours=8)
    await catalog.sources.update_one({"_id": "fails"}, {"$set": {"failures": failures, "due_at": later}})
    assert await pushes.hub.publish(topic) == [202]
    assert ((await pushes.source("fails"))["due_at"] < later) == soon


async def test_pushes_make_no_full_look_endless(
    pushes: Pushes, catalog: Catalog, follow: Follow, scheduler: Scheduler
) -> None:
    topic = await subscribed(pushes, follow, scheduler, "full")
    assert await look_now(catalog, "full", full=True)
    depths = []
    for _ in range(3):
        [under_way] = await claim_due(catalog, 10, 60)
        depths.append(scheduler.request_for(under_way).depth)
        await turn_back(catalog, "full", timedelta(seconds=PUSH_PAUSE_SECONDS + 1))
        assert await pushes.hub.publish(topic) == [202]
        under_way["asked_at"] -= timedelta(seconds=PUSH_PAUSE_SECONDS + 1)
        answer = answered(dict(under_way)).model_copy(update={"rung": Rung.FULL})
        assert await record_look(catalog, answer, scheduler.next_due) is not None
    assert depths == [Depth.FULL, Depth.ANY, Depth.ANY]
