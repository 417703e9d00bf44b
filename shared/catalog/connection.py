"""Connects to MongoDB, waiting for the server, and gives access to the collections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect, ConfigurationError, PyMongoError

from shared.catalog.collection import Collection
from shared.catalog.documents import (
    Crawl,
    CrawlTask,
    Delivery,
    Key,
    Ledger,
    LogEntry,
    Look,
    MeasuredHour,
    Measurement,
    Parked,
    Playlist,
    Session,
    Source,
    StoredBreaker,
    StoredEndpoint,
    StoredNotice,
    Subscription,
    Video,
)
from shared.catalog.driver_errors import translated
from shared.catalog.indexes import INDEXES, TIME_SERIES
from shared.catalog.schema import claim_fresh, require_current
from shared.errors import CatalogError, CatalogUnavailable, Misconfigured, NotAdmitted
from shared.settings import MongoSettings
from shared.waiting import wait_for_server

#: Milliseconds a client waits for a server, then for an answer.
SELECT_MILLISECONDS = 5_000
SOCKET_MILLISECONDS = 30_000
#: Milliseconds after which an unused connection is closed: servers and the network between drop idle connections
#: silently, which the driver notices only when a request fails.
IDLE_MILLISECONDS = 20_000
#: Error codes of MongoDB: not authorised; authentication failed.
_NOT_ADMITTED = (13, 18)
#: Its error code for a collection that is there already.
_NAMESPACE_EXISTS = 48


class Catalog:
    """The collections of one database. All methods raise a CatalogError. Close it when done."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]], database: str) -> None:
        self._client = client
        # A document with an impossible date or broken text must not keep the others from being read.
        options: CodecOptions[Any] = CodecOptions(
            tz_aware=True,
            tzinfo=UTC,
            datetime_conversion=DatetimeConversion.DATETIME_CLAMP,
            unicode_decode_error_handler="replace",
        )
        self._database: AsyncDatabase[dict[str, Any]] = client.get_database(database, codec_options=options)
        self.videos = Collection[Video](self._database["videos"])
        self.playlists = Collection[Playlist](self._database["playlists"])
        self.logs = Collection[LogEntry](self._database["logs"])
        self.breakers = Collection[StoredBreaker](self._database["breakers"])
        self.ledgers = Collection[Ledger](self._database["ledgers"])
        self.keys = Collection[Key](self._database["keys"])
        self.sessions = Collection[Session](self._database["sessions"])
        self.parked = Collection[Parked](self._database["parked"])
        self.sources = Collection[Source](self._database["sources"])
        self.looks = Collection[Look](self._database["looks"])
        #: Entries of followed lists that were passed over: {_id: <source>/<entry>, source}.
        self.passed_over = Collection[dict[str, Any]](self._database["passed_over"])
        self.subscriptions = Collection[Subscription](self._database["subscriptions"])
        self.endpoints = Collection[StoredEndpoint](self._database["endpoints"])
        self.notices = Collection[StoredNotice](self._database["notices"])
        self.deliveries = Collection[Delivery](self._database["deliveries"])
        #: A time series, and the roll-ups of its hours: see `catalog.measurements`.
        self.measurements = Collection[Measurement](self._database["measurements"])
        self.measured_hours = Collection[MeasuredHour](self._database["measured_hours"])
        #: Hours whose roll-up lacks measurements: {_id: its beginning, n: how many came}.
        self.measured_hours_due = Collection[dict[str, Any]](self._database["measured_hours_due"])
        self.crawls = Collection[Crawl](self._database["crawls"])
        self.crawl_tasks = Collection[CrawlTask](self._database["crawl_tasks"])
        #: The last audit: see `reports.audits`.
        self.audits = Collection[dict[str, Any]](self._database["audits"])
        #: Where an interrupted reconciliation of the mirror resumes: see `operations.checkpoints`.
        self.sweeps = Collection[dict[str, Any]](self._database["sweeps"])
        #: Locks for what one replica at a time should do: {_id, owner, until}. Stored as `turns`.
        self.locks = Collection[dict[str, Any]](self._database["turns"])
        #: Counters of consecutive numbers: see `search.accessions`.
        self.counters = Collection[dict[str, Any]](self._database["counters"])
        #: Submissions under an Idempotency-Key: {_id, asked, at, token, done}; they expire after a day.
        self.submissions = Collection[dict[str, Any]](self._database["submissions"])
        #: When a person deleted playlists: {_id, at}; see `operator.playlist_endings`.
        self.deleted_playlists = Collection[dict[str, Any]](self._database["deleted_playlists"])
        #: The version of the documents' shapes: see `catalog.schema`.
        self.schema = Collection[dict[str, Any]](self._database["schema"])

    async def collection_names(self) -> list[str]:
        """Return the names of all collections, including those that this version does not know."""
        with translated:
            names = await self._database.list_collection_names()
        return sorted(name for name in names if not name.startswith("system."))

    def collection_as_it_is(self, name: str) -> Collection[dict[str, Any]]:
        """Return a collection whose moments are read as written, not clamped to Python's range. For `archive`."""
        options: CodecOptions[Any] = CodecOptions(
            tz_aware=True,
            tzinfo=UTC,
            datetime_conversion=DatetimeConversion.DATETIME_AUTO,
            unicode_decode_error_handler="replace",
        )
        return Collection(self._database.get_collection(name, codec_options=options))

    async def ensure_indexes(self) -> None:
        """Create the time series and the indexes that are missing."""
        for name in TIME_SERIES.keys() - set(await self.collection_names()):
            await self._create_time_series(name)
        for name, indexes in INDEXES.items():
            await self.collection(name).create_indexes(indexes)

    async def _create_time_series(self, name: str) -> None:
        try:
            with translated:
                await self._database.create_collection(name, timeseries=TIME_SERIES[name], check_exists=False)
        except CatalogError as error:
            # Another process was faster.
            if error.code != _NAMESPACE_EXISTS:
                raise

    async def now(self) -> datetime:
        """Return the server's time. It decides what is due and which lease has expired."""
        with translated:
            try:
                answer = await self._database.command("hello")
            except AutoReconnect:
                # The driver retries reads by itself, but does not know that this command is one.
                answer = await self._database.command("hello")
        local: datetime = answer["localTime"]
        return local if local.tzinfo is not None else local.replace(tzinfo=UTC)

    async def change_video(self, seen: Mapping[str, Any], change: Sequence[Mapping[str, Any]]) -> Video | None:
        """Apply `change`, an update pipeline, to a video that is still as `seen`.

        Returns the changed video; None if it has changed meanwhile.
        """
        result = await self.videos.update_one(seen, change)
        return await self.videos.find_one({"_id": seen["_id"]}) if result.matched_count == 1 else None

    async def problem(self) -> str | None:
        """Describe what is wrong with the server, for /readyz; None if it answers."""
        try:
            await self._database.command("ping")
        except PyMongoError as error:
            return f"MongoDB does not answer: {type(error).__name__}"
        return None

    @property
    def name(self) -> str:
        """The database's name."""
        return self._database.name

    def collection(self, name: str) -> Collection[dict[str, Any]]:
        """Return a collection by its name, for work that treats all collections alike."""
        return Collection(self._database[name])

    async def drop(self) -> None:
        """Delete the database. For tests."""
        with translated:
            await self._client.drop_database(self._database.name)

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()


async def connect(
    settings: MongoSettings,
    service: str,
    wait_seconds: float,
    admission_seconds: float = 0,
    *,
    migration_wait_seconds: float | None = None,
) -> Catalog:
    """Connect, waiting up to `wait_seconds`, and create the indexes. An empty catalog gets the version of this code.

    `admission_seconds`: how long to wait until somebody has created the user. `migration_wait_seconds`: how long to
    wait for the migration of an older catalog; None: as long as for the server. Raises Misconfigured, also for a newer
    catalog, or Unavailable.
    """
    catalog = await open_catalog(settings, service, wait_seconds, admission_seconds)
    async with AsyncExitStack() as unless_done:
        unless_done.push_async_callback(catalog.close)
        await require_current(catalog, wait_seconds if migration_wait_seconds is None else migration_wait_seconds)
        await _asked(catalog, catalog.ensure_indexes, wait_seconds, admission_seconds)
        unless_done.pop_all()
    return catalog


async def open_catalog(
    settings: MongoSettings, service: str, wait_seconds: float, admission_seconds: float = 0
) -> Catalog:
    """Connect to a catalog of any version and change nothing, except that an empty one gets the version of this code.

    Raises Misconfigured or Unavailable.
    """
    try:
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            settings.uri.get_secret_value(),
            appname=f"fonoteca-{service}",
            serverSelectionTimeoutMS=SELECT_MILLISECONDS,
            socketTimeoutMS=SOCKET_MILLISECONDS,
            maxIdleTimeMS=IDLE_MILLISECONDS,
        )
    except (ConfigurationError, ValueError, TypeError, OSError) as error:
        # OSError: a file that the URI names, such as a certificate, cannot be read.
        raise Misconfigured(f"MONGO_URI is wrong: {error}. Write it as mongodb://USER:PASSWORD@HOST:27017/.") from error
    catalog = Catalog(client, settings.database)
    async with AsyncExitStack() as unless_done:
        unless_done.push_async_callback(catalog.close)
        await _asked(catalog, lambda: claim_fresh(catalog), wait_seconds, admission_seconds)
        unless_done.pop_all()
    return catalog


async def _asked(
    catalog: Catalog, ask: Callable[[], Awaitable[None]], wait_seconds: float, admission_seconds: float
) -> None:
    """Make a request, waiting until the server is there. Raises NotAdmitted or Unavailable."""

    async def attempt() -> None:
        try:
            await ask()
        except CatalogError as error:
            if error.code in _NOT_ADMITTED:
                raise NotAdmitted(
                    f"MongoDB refused the user or password of MONGO_URI, or its rights on {catalog.name}: "
                    f"{str(error).partition(', full error:')[0]}. Correct it, or add the user. "
                    "A server with the data of an earlier installation has the passwords of that installation."
                ) from error
            raise CatalogUnavailable(f"MongoDB: {str(error).partition(', Timeout:')[0]}", error.code) from error

    await wait_for_server("MongoDB", "MONGO_URI", attempt, wait_seconds, admission_seconds)
