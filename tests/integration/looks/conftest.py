"""A followed source, looked at as a scraper does, on the local site and a real catalog."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from services.scraper.builders import new_admission
from services.scraper.engines.values import SourceRules
from services.scraper.looks.looks import LookRules, Looks
from services.scraper.sources.judge import EgressRules, Judge
from services.scraper.sources.limits import Sources
from services.watch.scheduler import Scheduler
from services.watch.settings import WatchSettings
from shared.catalog.connection import Catalog
from shared.catalog.sources.definitions import add_source, get_source
from shared.catalog.sources.looks import claim_due, look_now, record_look
from shared.contracts import SourceChecked
from shared.contracts.source import Depth
from shared.following.definition import SourceDefinition
from shared.messaging.publisher import Publisher
from tests.integration.looks.pushing import Pushes, pushes_of
from tests.scraper_parts import any_source

Follow = Callable[..., Awaitable[SourceDefinition]]
Look = Callable[..., Awaitable[SourceChecked]]


@pytest.fixture
def scheduler(catalog: Catalog, publisher: Publisher) -> Scheduler:
    """What decides when a source is looked at again."""
    return Scheduler(catalog, publisher, WatchSettings(), random.Random(1))


@pytest.fixture
def follow(catalog: Catalog) -> Follow:
    """Follows a source: follow("name", address, first=3, …)."""

    async def call(name: str, address: str, **more: Any) -> SourceDefinition:
        definition = SourceDefinition.model_validate({"name": name, "address": address, **more})
        await add_source(catalog, definition)
        return definition

    return call


@pytest.fixture
def looks(catalog: Catalog, publisher: Publisher) -> Looks:
    """What looks, in a scraper."""
    limits = Sources(0, 0)
    judge = Judge(limits, new_admission(any_source()), cast("Any", None), EgressRules(60, 3600))
    rules = SourceRules(request_interval=0, extractors=("youtube.*",))
    return Looks(catalog, publisher, judge, rules, LookRules(60, ("mp3-320",)), limits)


@pytest.fixture
def look(catalog: Catalog, looks: Looks, scheduler: Scheduler) -> Look:
    """Looks at a source now, and records it: look("name"); look("name", Depth.FULL, longest=100)."""

    async def call(name: str, depth: Depth = Depth.ANY, longest: int = 0) -> SourceChecked:
        assert await look_now(catalog, name)
        [source] = [each for each in await claim_due(catalog, 100, 60) if each["_id"] == name]
        rules = replace(looks.look_rules, longest=longest)
        answer = await replace(looks, look_rules=rules).look(source, depth)
        assert await record_look(catalog, answer, scheduler.next_due) is not None
        after = await get_source(catalog, name)
        assert after is not None
        assert "lease_until" not in after
        return answer

    return call


@pytest.fixture
async def pushes(catalog: Catalog) -> AsyncIterator[Pushes]:
    """A hub, and what subscribes there."""
    async with pushes_of(catalog) as made:
        yield made
