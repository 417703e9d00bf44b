"""The scraper's composition root: connects the parts, and starts and stops them in order."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

from services.scraper.builders import (
    Machine,
    Servers,
    new_access,
    new_governor,
    new_rules,
    new_scraper,
    videos_held,
)
from services.scraper.engines.values import SourceRules
from services.scraper.handlers import HANDLERS, Scraper
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.network import cookies
from services.scraper.settings import ScraperSettings
from services.scraper.settings.workspace import WorkspaceSettings
from services.scraper.sources.access import SourceAccess
from services.scraper.sources.shares.queue_behind import QueueBehind
from services.scraper.workers.pool import Workers
from services.scraper.workers.site_survey import surveyed_sites
from services.scraper.workers.versions import check_installed, described, problems, released, survey
from services.scraper.workspace.memory_plan import LISTINGS, LOOKS
from services.scraper.workspace.work_folder import WorkFolder
from shared import metrics
from shared.catalog.connection import connect as connect_catalog
from shared.contracts import Message, PlaylistSubmitted, ProbeRequested, SourceCheckRequested, VideoRequested
from shared.logs import logger
from shared.messaging.connection import connect as connect_broker
from shared.messaging.consuming.consumer import Consumer, ConsumerOptions
from shared.messaging.declare import ensure_topology
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders
from shared.runtime.defect_book import DefectBook
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, ObjectStoreSettings, SourceSettings, load
from shared.storage.s3.objects import ObjectStore
from shared.topology import CHECKS_QUEUE, PLAYLISTS_QUEUE, PROBES_QUEUE, URGENT_QUEUE, VIDEOS_QUEUE

log = logger(__name__)

#: Queue → type of its messages.
MESSAGES: dict[str, type[Message]] = {
    PLAYLISTS_QUEUE: PlaylistSubmitted,
    VIDEOS_QUEUE: VideoRequested,
    URGENT_QUEUE: VideoRequested,
    CHECKS_QUEUE: SourceCheckRequested,
    PROBES_QUEUE: ProbeRequested,
}


async def main(runtime: Runtime) -> None:
    """Build the service, run it until a stop is requested, and close it."""
    settings, sources = ScraperSettings(), load(SourceSettings)
    rules = new_rules(settings, private_hosts=sources.private_hosts)
    check_installed(rules)
    ffmpeg = await checked_ffmpeg(runtime)
    async with AsyncExitStack() as stack:
        if rules.cookies_file is not None:
            stack.enter_context(cookies.acquire(rules.cookies_file))
        work_folder = open_work_folder(settings.workspace)
        stack.push_async_callback(work_folder.close)
        servers = await connect(runtime, stack)
        machine = Machine(work_folder, new_workers(rules, settings), ffmpeg)
        stack.push_async_callback(machine.workers.close)
        rules = replace(rules, sites=await surveyed_sites(settings.limits.sites, rules))
        show_sites(runtime, rules)
        access = await new_access(servers.catalog, machine, rules, settings)
        stack.push_async_callback(access.permits.close)
        ready = partial(depth, servers.broker, VIDEOS_QUEUE)
        access.shares.queue_behind = QueueBehind(ready, videos_held(settings))
        governor = new_governor(servers, access, work_folder, settings)
        await governor.restore()
        scraper = new_scraper(servers, machine, access, rules, settings, sources)
        consumers = new_consumers(servers, scraper, settings)
        show_readiness(runtime, servers, access, consumers)
        for consumer in consumers.values():
            await consumer.start()
        watching = runtime.watch(*(consumer.lost for consumer in consumers.values()))
        stack.callback(runtime.background(watching, "watchdog").cancel)
        stack.callback(runtime.background(governor.govern(list(consumers.values())), "intake").cancel)
        runtime.ready()
        await runtime.stopped()
        drain = runtime.settings.drain_seconds
        await asyncio.gather(*(consumer.stop(drain) for consumer in consumers.values()))


async def connect(runtime: Runtime, stack: AsyncExitStack) -> Servers:
    """Connect to the backing servers, and wait for those that do not run yet. `stack` closes the connections."""
    broker_settings, wait = load(BrokerSettings), runtime.settings.startup_wait_seconds
    catalog = await connect_catalog(load(MongoSettings), runtime.service, wait, wait)
    stack.push_async_callback(catalog.close)
    store = ObjectStore(load(ObjectStoreSettings))
    await store.ensure_bucket(wait, wait)
    broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait, wait))
    await ensure_topology(broker, broker_settings, wait)
    publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
    return Servers(catalog, store, broker, publisher)


def open_work_folder(settings: WorkspaceSettings) -> WorkFolder:
    """Create the work folder of this process, and the metric of its free space. Raises Misconfigured if unusable."""
    limits = settings.free_megabytes * 10**6, settings.work_folder_megabytes * 10**6
    work_folder = WorkFolder(settings.work_folder, *limits)
    metrics.WORK_FOLDER_FREE_BYTES.set_function(work_folder.free_bytes)
    return work_folder


def new_workers(rules: SourceRules, settings: ScraperSettings) -> Workers:
    """The worker processes that download."""
    tasks = settings.workspace.tasks_per_worker
    return Workers(settings.pace.download_slots, tasks, rules.largest_bytes, rules.worker_bytes)


def new_consumers(servers: Servers, scraper: Scraper, settings: ScraperSettings) -> dict[str, Consumer]:
    """The consumers of this scraper's queues, by name."""
    broker_settings = load(BrokerSettings)
    # Messages of both queues of videos wait for the same slots in the order of their arrival, so urgent videos get a
    # share at once, however long the other queue is.
    prefetch = {
        PLAYLISTS_QUEUE: LISTINGS,
        VIDEOS_QUEUE: videos_held(settings),
        URGENT_QUEUE: settings.pace.download_slots,
        CHECKS_QUEUE: LOOKS,
        # One at a time, so that measurements do not slow one another down.
        PROBES_QUEUE: 1,
    }
    options = ConsumerOptions(
        broker_settings.declare, Senders.of(broker_settings, "scraper"), DefectBook(servers.catalog, servers.publisher)
    )
    return {
        queue.partition(".")[2]: Consumer(
            servers.broker,
            servers.publisher,
            queue,
            {message: partial(HANDLERS[message], scraper)},
            prefetch=prefetch[queue],
            options=options,
        )
        for queue, message in MESSAGES.items()
    }


async def checked_ffmpeg(runtime: Runtime) -> Ffmpeg:
    """Return FFmpeg. Shows the versions of all tools in /readyz, which fails while one is missing or unfit."""
    program = find_ffmpeg()
    ffmpeg = Ffmpeg(program)
    walls = await ffmpeg.try_walls()
    tools = await asyncio.to_thread(survey, program)
    named = {tool.name.replace("-", "_"): tool.version for tool in tools}
    metrics.BUILD.info({"service": runtime.service, "version": version("fonoteca"), **named})
    metrics.TOOL_RELEASED.labels("yt-dlp").set(released(version("yt-dlp")).timestamp())
    if (problem := problems(tools)) is not None:
        log.error("tools.not_fit", problem=problem)

    async def tools_problem() -> str | None:
        return problem

    async def tools_note() -> str:
        return f"{described(tools, datetime.now(UTC))}; {walls}"

    runtime.check("tools", tools_problem)
    runtime.note("versions", tools_note)
    return ffmpeg


def show_sites(runtime: Runtime, rules: SourceRules) -> None:
    """Add the installed sites to /readyz."""
    told = "; ".join(f"{site.name} takes {', '.join(site.hosts)}" for site in rules.sites) or "none"

    async def describe() -> str:
        return told

    runtime.note("sites", describe)


def show_readiness(runtime: Runtime, servers: Servers, access: SourceAccess, consumers: dict[str, Consumer]) -> None:
    """Add the servers, the consumers, the breakers and the budget to /readyz."""
    runtime.check("catalog", servers.catalog.problem)
    # While the store is unavailable, the governor stops new work, and current work continues.
    runtime.optional_check("store", servers.store.problem)
    for name, consumer in consumers.items():
        runtime.check(name, consumer.problem)
    runtime.note("intake", access.admission.describe)
    runtime.note("budget", access.limits.describe)
