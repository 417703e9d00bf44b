"""The scraper's composition root: what is made of what, in which order it starts and stops."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

from services.scraper.attempt.pipeline import Fetcher
from services.scraper.attempt.video_room import disk_full
from services.scraper.engines.values import SourceRules
from services.scraper.engines.work import only_source
from services.scraper.handlers import Scraper
from services.scraper.listing.expander import Expander
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.network import cookies
from services.scraper.settings import ScraperSettings, listed
from services.scraper.sources.admission import Intake
from services.scraper.sources.breaker import Breaker
from services.scraper.sources.governor import Governor
from services.scraper.sources.judge import Judge
from services.scraper.sources.limits import Account, Sources
from services.scraper.sources.permit_server import PermitServer
from services.scraper.sources.shared_breakers import SharedBreakers
from services.scraper.sources.shares import Rules, Shares
from services.scraper.sources.source_breaker import SourceBreaker
from services.scraper.sources.witness import Witness
from services.scraper.workers.pool import Workers
from services.scraper.workers.versions import check_installed, described, problems, released, survey
from services.scraper.workspace import cgroup, memory_plan
from services.scraper.workspace.memory_plan import LISTINGS
from services.scraper.workspace.work_folder import WorkFolder
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.connection import connect as connect_catalog
from shared.catalog.reports.progress import others_wait
from shared.catalog.videos.suspicions import note_suspicions
from shared.contracts import Message, PlaylistSubmitted, VideoRequested
from shared.logs import logger
from shared.messaging.connection import Broker
from shared.messaging.connection import connect as connect_broker
from shared.messaging.consumer import Consumer, ConsumerOptions
from shared.messaging.declare import ensure_topology
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders
from shared.messaging.settlement import Handler
from shared.profiles import ORIGINAL, parse_profiles
from shared.runtime.defect_book import DefectBook
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, ObjectStoreSettings, SourceSettings, load
from shared.storage.objects import ObjectStore
from shared.topology import PLAYLISTS_QUEUE, URGENT_QUEUE, VIDEOS_QUEUE

log = logger(__name__)

#: Videos held beyond the slots: those being uploaded.
UPLOADING = 2
#: Seconds. Probing costs one request, so that a store that is back is noticed soon.
MAX_STORAGE_PAUSE = 300


def new_intake(settings: ScraperSettings) -> Intake:
    """The breakers of this scraper."""
    rest = settings.egress_rest_seconds
    pause = settings.storage_rest_seconds

    def new_breaker(source: str) -> SourceBreaker:
        return SourceBreaker("egress", (rest, 2 * rest), max(rest, settings.egress_rest_max_seconds), source=source)

    storage = Breaker("storage", (pause, pause), max(pause, MAX_STORAGE_PAUSE))
    return Intake(new_breaker, storage, only_source(listed(settings.extractors)))


def new_governor(
    catalog: Catalog,
    owner: str,
    intake: Intake,
    judge: Judge,
    store: ObjectStore,
    work_folder: WorkFolder,
    settings: ScraperSettings,
) -> Governor:
    """What moves the breakers on and holds the consumers to them."""

    async def storage_probe() -> str | None:
        return disk_full().detail if work_folder.too_full() else await store.problem()

    shared = SharedBreakers(catalog, settings.egress, owner)
    return Governor(intake, shared, storage_probe, judge.serves, partial(note_suspicions, catalog))


def new_shares(catalog: Catalog, permits: PermitServer, settings: ScraperSettings) -> Shares:
    """What each submitter who is limited may have of this scraper."""
    rules = Rules(
        settings.key_share_percent,
        settings.download_slots,
        settings.requests_per_hour,
        (("youtube", settings.download_interval_seconds), ("", settings.other_interval_seconds)),
        listings=LISTINGS - 1,
    )
    shares = Shares(rules, partial(others_wait, catalog), Account(catalog, settings.egress))
    permits.take_share = shares.take_request
    return shares


async def new_judge(
    catalog: Catalog,
    workers: Workers,
    work_folder: WorkFolder,
    sources: Sources,
    intake: Intake,
    rules: SourceRules,
    settings: ScraperSettings,
) -> tuple[Judge, PermitServer]:
    """Who judges what went wrong, and who lets the workers ask, which needs the judge's ear."""

    def refused(work_id: str, source: str, retry_after: float | None) -> None:
        judge.refused_on_the_wire(work_id, source, retry_after)

    permits = PermitServer(work_folder.path, sources, intake.check, refused)
    witness = Witness(
        catalog,
        workers,
        work_folder,
        sources,
        lambda work: replace(rules, permits=permits.address(work)),
        settings.witness_interval_seconds,
    )
    judge = Judge(
        sources,
        intake,
        witness,
        rate_limit_rest_seconds=settings.rate_limit_rest_seconds,
        retry_after_max_seconds=settings.retry_after_max_seconds,
        country=settings.country,
    )
    await permits.open()
    return judge, permits


def new_consumers(
    broker: Broker,
    publisher: Publisher,
    scraper: Scraper,
    settings: ScraperSettings,
    broker_settings: BrokerSettings,
    held: int,
) -> dict[str, Consumer]:
    """What this scraper takes messages with, by name. `held`: videos of the normal queue it has at hand."""
    # Both queues of videos wait for the same slots, in the order in which they came: so the urgent one has its share
    # at once, however long the other is.
    prefetch = {PLAYLISTS_QUEUE: LISTINGS, VIDEOS_QUEUE: held, URGENT_QUEUE: settings.download_slots}
    handlers: dict[str, dict[type[Message], Handler]] = {
        PLAYLISTS_QUEUE: {PlaylistSubmitted: scraper.playlist_submitted},
        VIDEOS_QUEUE: {VideoRequested: scraper.video_requested},
        URGENT_QUEUE: {VideoRequested: scraper.video_requested},
    }
    options = ConsumerOptions(
        broker_settings.declare, Senders.of(broker_settings, "scraper"), DefectBook(scraper.catalog, publisher)
    )
    return {
        queue.partition(".")[2]: Consumer(
            broker, publisher, queue, handlers[queue], prefetch=prefetch[queue], options=options
        )
        for queue in handlers
    }


async def check_tools(runtime: Runtime, ffmpeg: str, walls: str) -> None:
    """Show the versions of yt-dlp and what it needs; not ready while something is missing or does not fit.

    `walls`: those that FFmpeg runs behind, for people.
    """
    tools = await asyncio.to_thread(survey, ffmpeg)
    metrics.BUILD.info(
        {
            "service": runtime.service,
            "version": version("fonoteca"),
            **{tool.name.replace("-", "_"): tool.version for tool in tools},
        }
    )
    if (problem := problems(tools)) is not None:
        log.error("tools.not_fit", problem=problem)

    async def tools_problem() -> str | None:
        return problem

    async def tools_note() -> str:
        return f"{described(tools, datetime.now(UTC))}; {walls}"

    runtime.check("tools", tools_problem)
    runtime.note("versions", tools_note)
    metrics.TOOL_RELEASED.labels("yt-dlp").set(released(version("yt-dlp")).timestamp())


def new_rules(settings: ScraperSettings, *, private_hosts: bool) -> SourceRules:
    """How sources are asked, and what is taken of them."""
    return SourceRules(
        settings.request_interval_seconds,
        listed(settings.extractors),
        private_hosts=private_hosts,
        language=settings.language,
        longest_seconds=settings.longest_video_seconds,
        largest_bytes=settings.largest_megabytes * 10**6,
        bytes_per_second=settings.kilobytes_per_second * 1000 // settings.download_slots,
        worker_bytes=_worker_megabytes(settings) * 10**6,
        beside=listed(settings.beside),
        cover=settings.cover,
        subtitle_interval=settings.subtitle_interval_seconds,
        engines=listed(settings.engines),
        converter_url=settings.converter_url,
        proxy=settings.proxy.get_secret_value() if settings.proxy is not None else None,
        cookies_file=settings.cookies_file,
        po_token_provider=settings.po_token_provider,
        channel_tabs=listed(settings.channel_tabs),
    )


def _worker_megabytes(settings: ScraperSettings) -> int:
    """What one worker may have of the container's memory; 0: no limit. Says in the log if all may need too much."""
    limit, slots = cgroup.memory_bytes(), (settings.download_slots, settings.encode_slots)
    each = settings.worker_megabytes
    if each is None:
        each = memory_plan.worker_megabytes(limit, *slots)
    if (problem := memory_plan.problem(limit, each, *slots)) is not None:
        log.warning("memory.limit_is_tight", problem=problem)
    return each


def videos_held(settings: ScraperSettings, profiles: Sequence[str]) -> int:
    """How many videos are at hand at once: those in work, and those being uploaded."""
    # Without an encoding there is no second stage for which more messages would have to be at hand.
    encoding = any(name != ORIGINAL for name in profiles)
    return settings.download_slots + UPLOADING + (settings.encode_slots if encoding else 0)


async def main(runtime: Runtime) -> None:
    """Build the service, run it until it is asked to stop, take it apart."""
    broker_settings, settings = load(BrokerSettings), load(ScraperSettings)
    mongo_settings, store_settings = load(MongoSettings), load(ObjectStoreSettings)
    sources = load(SourceSettings)
    rules = new_rules(settings, private_hosts=sources.private_hosts)
    check_installed(rules)
    profiles = tuple(profile.name for profile in parse_profiles(settings.profiles))
    held = videos_held(settings, profiles)
    program = find_ffmpeg()
    ffmpeg = Ffmpeg(program)
    await check_tools(runtime, program, await ffmpeg.try_walls())
    wait = runtime.settings.startup_wait_seconds
    async with AsyncExitStack() as stack:
        if rules.cookies_file is not None:
            stack.enter_context(cookies.acquire(rules.cookies_file))
        work_folder = WorkFolder(
            settings.work_folder, settings.free_megabytes * 10**6, settings.work_folder_megabytes * 10**6
        )
        stack.push_async_callback(work_folder.close)
        metrics.WORK_FOLDER_FREE_BYTES.set_function(work_folder.free_bytes)
        catalog = await connect_catalog(mongo_settings, runtime.service, wait, wait)
        stack.push_async_callback(catalog.close)
        store = ObjectStore(store_settings)
        await store.ensure_bucket(wait, wait)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait, wait))
        await ensure_topology(broker, broker_settings, wait)
        publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
        workers = Workers(settings.download_slots, settings.tasks_per_worker, rules.largest_bytes, rules.worker_bytes)
        stack.push_async_callback(workers.close)
        owner = f"{socket.gethostname()}:{os.getpid()}"
        intake = new_intake(settings)
        standings = Sources(
            settings.download_interval_seconds,
            settings.other_interval_seconds,
            settings.requests_per_hour,
            Account(catalog, settings.egress),
        )
        judge, permits = await new_judge(catalog, workers, work_folder, standings, intake, rules, settings)
        stack.push_async_callback(permits.close)
        shares = new_shares(catalog, permits, settings)
        governor = new_governor(catalog, owner, intake, judge, store, work_folder, settings)
        await governor.restore()
        scraper = Scraper(
            catalog=catalog,
            publisher=publisher,
            expander=Expander(
                catalog,
                publisher,
                rules,
                standings,
                settings.listing_seconds,
                settings.longest_playlist,
                profiles,
                permits.address,
            ),
            judge=judge,
            fetcher=Fetcher(
                workers=workers,
                ffmpeg=ffmpeg,
                encoder=Encoder(ffmpeg, tags=settings.tags, longest_seconds=rules.longest_seconds),
                store=store,
                work_folder=work_folder,
                sources=standings,
                intake=intake,
                judge=judge,
                permits=permits,
                rules=rules,
                download_slots=settings.download_slots,
                encode_slots=settings.encode_slots,
                video_seconds=settings.video_seconds,
                shares=shares,
            ),
            intake=intake,
            work_folder=work_folder,
            owner=owner,
            private_hosts=sources.private_hosts,
            lease_seconds=settings.lease_seconds,
            profiles=profiles,
            relist_seconds=sources.relist_seconds,
            shares=shares,
        )
        consumers = new_consumers(broker, publisher, scraper, settings, broker_settings, held)
        runtime.check("catalog", catalog.problem)
        # The governor rests while it is away, and what is in work goes on.
        runtime.optional_check("store", store.problem)
        for name, consumer in consumers.items():
            runtime.check(name, consumer.problem)
        runtime.note("intake", intake.note)
        runtime.note("budget", standings.note)
        for consumer in consumers.values():
            await consumer.start()
        watching = runtime.watch(*(consumer.lost for consumer in consumers.values()))
        stack.callback(runtime.background(watching, "watchdog").cancel)
        stack.callback(runtime.background(governor.govern(list(consumers.values())), "intake").cancel)
        runtime.ready()
        await runtime.stopped()
        drain = runtime.settings.drain_seconds
        await asyncio.gather(*(consumer.stop(drain) for consumer in consumers.values()))
