"""Builds the scraper's parts from its settings. `app` puts them together with the servers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from services.scraper.attempt.attempts import Attempts
from services.scraper.attempt.download_stage import DownloadStage
from services.scraper.attempt.encode_stage import EncodeStage
from services.scraper.attempt.pipeline import Fetcher
from services.scraper.attempt.requests import Requests
from services.scraper.attempt.slots import Slots
from services.scraper.attempt.upload import UploadStage
from services.scraper.attempt.video_space import VideoSpace, disk_full
from services.scraper.engines.values import SourceRules
from services.scraper.engines.work import only_source
from services.scraper.handlers import Scraper
from services.scraper.lease import LeaseTerms
from services.scraper.listing.acceptance import Acceptance
from services.scraper.listing.expander import Expander, ListingRules
from services.scraper.listing.listings import Listings
from services.scraper.listing.submissions import Submissions
from services.scraper.looks.looks import LookRules, Looks
from services.scraper.measuring.message_parts import Egress
from services.scraper.measuring.player import Thresholds
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg
from services.scraper.probing.probes import ProbeRules, Probes
from services.scraper.settings import ScraperSettings
from services.scraper.settings.lists import listed
from services.scraper.settings.measuring import MeasuringSettings
from services.scraper.sources.access import SourceAccess
from services.scraper.sources.admission import Admission
from services.scraper.sources.breaker import CircuitBreaker
from services.scraper.sources.governor import Governor
from services.scraper.sources.judge import EgressRules, Judge
from services.scraper.sources.limits import Account, Sources
from services.scraper.sources.permit_server import PermitServer
from services.scraper.sources.shared_breakers import SharedBreakers
from services.scraper.sources.shares.share_rules import ShareRules
from services.scraper.sources.shares.shares import Shares
from services.scraper.sources.source_breaker import SourceBreaker
from services.scraper.sources.witness import Witness
from services.scraper.workers.pool import Workers
from services.scraper.workspace import cgroup, memory_plan
from services.scraper.workspace.memory_plan import LISTINGS
from services.scraper.workspace.work_folder import WorkFolder
from shared.addresses.resolvers import address_of
from shared.catalog.connection import Catalog
from shared.catalog.reports.progress import others_wait
from shared.catalog.videos.suspicions import note_suspicions
from shared.logs import logger
from shared.messaging.connection import Broker
from shared.messaging.publisher import Publisher
from shared.profiles import ORIGINAL
from shared.runtime.identity import name_of_this_process
from shared.settings import SourceSettings
from shared.storage.s3.objects import ObjectStore

log = logger(__name__)

#: Seconds: the longest pause between two probes of the storage. A probe costs only one request.
MAX_STORAGE_PAUSE = 300

#: Videos in work beyond the slots: those being uploaded.
UPLOADING = 2


@dataclass(frozen=True)
class Servers:
    """The backing servers, connected."""

    catalog: Catalog
    store: ObjectStore
    broker: Broker
    publisher: Publisher


@dataclass(frozen=True)
class Machine:
    """The parts that use this machine: its disk, its processes, its FFmpeg."""

    work_folder: WorkFolder
    workers: Workers
    ffmpeg: Ffmpeg


def new_rules(settings: ScraperSettings, *, private_hosts: bool) -> SourceRules:
    """Build the rules for requests to sources, and for what is downloaded."""
    pace, egress, limits, media = settings.pace, settings.egress, settings.limits, settings.media
    return SourceRules(
        pace.request_interval_seconds,
        listed(limits.extractors),
        private_hosts=private_hosts,
        language=media.language,
        longest_seconds=limits.longest_video_seconds,
        largest_bytes=limits.largest_megabytes * 10**6,
        bytes_per_second=pace.kilobytes_per_second * 1000 // pace.download_slots,
        worker_bytes=_worker_megabytes(settings) * 10**6,
        beside=listed(media.beside),
        cover=media.cover,
        subtitle_interval=pace.subtitle_interval_seconds,
        engines=listed(media.engines),
        converter_url=media.converter_url,
        proxy=egress.proxy.get_secret_value() if egress.proxy is not None else None,
        cookies_file=egress.cookies_file,
        po_token_provider=egress.po_token_provider,
        channel_tabs=listed(limits.channel_tabs),
        player=_player(settings.measuring) if settings.measuring.measure else None,
        resolvers=tuple(f"dns://{_with_port(resolver)}" for resolver in settings.measuring.own_resolvers),
    )


def _with_port(resolver: str) -> str:
    host, port = address_of(resolver)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _player(measuring: MeasuringSettings) -> Thresholds:
    return Thresholds(measuring.play_start_seconds, measuring.play_stall_seconds, measuring.play_resume_seconds)


def _worker_megabytes(settings: ScraperSettings) -> int:
    """The memory limit of one worker in megabytes; 0: none. Logs a warning if all processes may need too much."""
    limit, slots = cgroup.memory_bytes(), (settings.pace.download_slots, settings.pace.encode_slots)
    each = settings.workspace.worker_megabytes
    if each is None:
        each = memory_plan.worker_megabytes(limit, *slots)
    if (problem := memory_plan.problem(limit, each, *slots)) is not None:
        log.warning("memory.limit_is_tight", problem=problem)
    return each


def new_admission(settings: ScraperSettings, *, has_sites: bool = False) -> Admission:
    """The breakers of this scraper. `has_sites`: whether packages of sites are used."""
    egress, pause = settings.egress, settings.workspace.storage_rest_seconds
    rests = (egress.egress_rest_seconds, 2 * egress.egress_rest_seconds)
    longest_rest = max(egress.egress_rest_seconds, egress.egress_rest_max_seconds)

    def new_breaker(source: str) -> SourceBreaker:
        return SourceBreaker("egress", rests, longest_rest, source=source)

    storage = CircuitBreaker("storage", (pause, pause), max(pause, MAX_STORAGE_PAUSE))
    only = None if has_sites else only_source(listed(settings.limits.extractors))
    return Admission(new_breaker, storage, only)


async def new_access(catalog: Catalog, machine: Machine, rules: SourceRules, settings: ScraperSettings) -> SourceAccess:
    """Build the parts that control requests to sources. The permit server answers from now on; close it."""
    pace, egress = settings.pace, settings.egress
    admission = new_admission(settings, has_sites=bool(rules.sites))
    account = Account(catalog, egress.egress)
    limits = Sources(pace.download_interval_seconds, pace.other_interval_seconds, pace.requests_per_hour, account)

    def refused(work_id: str, source: str, retry_after: float | None) -> None:
        judge.refused_on_the_wire(work_id, source, retry_after)

    permits = PermitServer(machine.work_folder.path, limits, admission.check, refused)
    witness = Witness(
        catalog,
        machine.workers,
        machine.work_folder,
        limits,
        lambda work: replace(rules, permits=permits.address(work)),
        egress.witness_interval_seconds,
    )
    judging = EgressRules(egress.rate_limit_rest_seconds, egress.retry_after_max_seconds, egress.country)
    judge = Judge(limits, admission, witness, judging)
    shares = new_shares(catalog, account, settings)
    permits.take_share = shares.take_request
    await permits.open()
    return SourceAccess(limits, admission, judge, permits, shares)


def videos_held(settings: ScraperSettings) -> int:
    """The number of videos of the normal queue held at once: those in slots, and those being uploaded."""
    # If nothing is encoded, there is no second stage that needs further messages.
    encodes = any(name != ORIGINAL for name in settings.media.profile_names)
    return settings.pace.download_slots + UPLOADING + (settings.pace.encode_slots if encodes else 0)


def new_shares(catalog: Catalog, account: Account, settings: ScraperSettings) -> Shares:
    """Build the shares of limited submitters."""
    pace = settings.pace
    rules = ShareRules(
        pace.key_share_percent,
        pace.download_slots,
        pace.requests_per_hour,
        (("youtube", pace.download_interval_seconds), ("", pace.other_interval_seconds)),
        listings=LISTINGS - 1,
        crawl_percent=settings.measuring.probe_share_percent,
        videos=videos_held(settings),
    )
    return Shares(rules, partial(others_wait, catalog), account)


def new_governor(
    servers: Servers, access: SourceAccess, work_folder: WorkFolder, settings: ScraperSettings
) -> Governor:
    """Build the governor, which changes the states of the breakers and controls the consumers."""

    async def storage_probe() -> str | None:
        return disk_full().detail if work_folder.too_full() else await servers.store.problem()

    shared = SharedBreakers(servers.catalog, settings.egress.egress, name_of_this_process())
    contradicted = partial(note_suspicions, servers.catalog)
    return Governor(access.admission, shared, storage_probe, access.judge.serves, contradicted)


def new_fetcher(
    store: ObjectStore,
    machine: Machine,
    access: SourceAccess,
    rules: SourceRules,
    settings: ScraperSettings,
    slots: Slots,
) -> Fetcher:
    """Build the stages of an attempt. `slots`: places for downloads."""
    space = VideoSpace(machine.work_folder)
    encoder = Encoder(machine.ffmpeg, tags=settings.media.tags, longest_seconds=rules.longest_seconds)
    return Fetcher(
        DownloadStage(machine.workers, access, rules, space, slots, settings.pace.video_seconds),
        EncodeStage(machine.ffmpeg, encoder, space, rules, settings.pace),
        UploadStage(store, rules.beside),
        machine.work_folder,
        space,
    )


def new_egress(settings: ScraperSettings) -> Egress:
    """Describe where downloads are measured."""
    measuring = settings.measuring
    return Egress(
        name=settings.egress.egress,
        provider=measuring.provider,
        scraper=name_of_this_process(),
        engine=listed(settings.media.engines)[0],
        proxied=settings.egress.proxy is not None,
        no_ip=measuring.no_ip,
    )


def new_expander(servers: Servers, access: SourceAccess, rules: SourceRules, settings: ScraperSettings) -> Expander:
    """Build the expander, which lists playlists."""
    listing_rules = ListingRules(
        settings.pace.listing_seconds, settings.limits.longest_playlist, settings.media.profile_names
    )
    acceptance = Acceptance(servers.catalog, servers.publisher)
    return Expander(acceptance, rules, access.limits, listing_rules, access.permits.address)


def new_looks(servers: Servers, access: SourceAccess, rules: SourceRules, settings: ScraperSettings) -> Looks:
    """What looks at followed sources."""
    look_rules = LookRules(
        settings.pace.listing_seconds, settings.media.profile_names, settings.limits.longest_playlist
    )
    return Looks(
        servers.catalog, servers.publisher, access.judge, rules, look_rules, access.limits, access.permits.address
    )


def new_probes(
    servers: Servers,
    machine: Machine,
    access: SourceAccess,
    rules: SourceRules,
    settings: ScraperSettings,
    slots: Slots,
) -> Probes:
    """Build what does the tasks of crawls. They measure whatever SCRAPER_MEASURE says, which is about the archive's."""
    probe_rules = ProbeRules(
        settings.pace.video_seconds,
        settings.pace.listing_seconds,
        frozenset(settings.measuring.own_resolvers),
        new_egress(settings),
        rules.private_hosts,
    )
    return Probes(
        servers.catalog,
        servers.publisher,
        machine.workers,
        machine.work_folder,
        slots,
        access,
        replace(rules, player=_player(settings.measuring)),
        probe_rules,
    )


def new_scraper(
    servers: Servers,
    machine: Machine,
    access: SourceAccess,
    rules: SourceRules,
    settings: ScraperSettings,
    sources: SourceSettings,
) -> Scraper:
    """Build the parts that the handlers use."""
    catalog, publisher = servers.catalog, servers.publisher
    lease = LeaseTerms(name_of_this_process(), settings.pace.lease_seconds)
    expander = new_expander(servers, access, rules, settings)
    slots = Slots("download", settings.pace.download_slots)
    fetcher = new_fetcher(servers.store, machine, access, rules, settings, slots)
    listings = Listings(catalog, publisher, expander, access.judge, access.shares, lease)
    egress = new_egress(settings) if settings.measuring.measure else None
    attempts = Attempts(catalog, publisher, fetcher, access.admission, lease.seconds, egress)
    return Scraper(
        submissions=Submissions(catalog, publisher, access.shares, listings, sources.relist_seconds),
        looks=new_looks(servers, access, rules, settings),
        probes=new_probes(servers, machine, access, rules, settings, slots),
        requests=Requests(catalog, publisher, attempts, lease, settings.media.profile_names),
        admission=access.admission,
        shares=access.shares,
        work_folder=machine.work_folder,
        private_hosts=sources.private_hosts,
    )
