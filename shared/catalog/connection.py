"""A connection to MongoDB that waits for its server, and the collections with their indexes."""

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
from shared.catalog.documents import Breaker, Key, Ledger, LogEntry, Parked, Playlist, Session, Video
from shared.catalog.driver_errors import translated
from shared.catalog.indexes import INDEXES
from shared.catalog.schema import claim_fresh, require_current
from shared.errors import CatalogError, CatalogUnavailable, Misconfigured, NotAdmitted
from shared.settings import MongoSettings
from shared.waiting import wait_for_server

#: Milliseconds a client waits for a server, then for an answer.
SELECT_MILLISECONDS = 5_000
SOCKET_MILLISECONDS = 30_000
#: Milliseconds after which an unused connection is taken for gone: servers and what lies between close such in silence,
#: and the driver notices only when it has asked something.
IDLE_MILLISECONDS = 20_000
#: Error codes of MongoDB: not authorised; authentication failed.
_NOT_ADMITTED = (13, 18)


class Catalog:
    """The collections. Close it when done."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]], database: str) -> None:
        self._client = client
        # One document that no calendar or alphabet fits must not keep the others from being read.
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
        self.breakers = Collection[Breaker](self._database["breakers"])
        self.ledgers = Collection[Ledger](self._database["ledgers"])
        self.keys = Collection[Key](self._database["keys"])
        self.sessions = Collection[Session](self._database["sessions"])
        self.parked = Collection[Parked](self._database["parked"])
        #: The last audit: see `audits`.
        self.audits = Collection[dict[str, Any]](self._database["audits"])
        #: Where an interrupted sweep of the mirror goes on: see `sweeps`.
        self.sweeps = Collection[dict[str, Any]](self._database["sweeps"])
        #: Who does a thing that one replica at a time should do: {_id, owner, until}.
        self.turns = Collection[dict[str, Any]](self._database["turns"])
        #: Numbers that are given out one after the other: see `accessions`.
        self.counters = Collection[dict[str, Any]](self._database["counters"])
        #: Submissions under an Idempotency-Key: {_id, asked, at, token, done}; the server forgets them after a day.
        self.submissions = Collection[dict[str, Any]](self._database["submissions"])
        #: When a person deleted playlists: {_id, at}; see `playlist_endings`.
        self.deleted_playlists = Collection[dict[str, Any]](self._database["deleted_playlists"])
        #: Which version of these documents' shapes the catalog has: see `schema`.
        self.schema = Collection[dict[str, Any]](self._database["schema"])

    async def collection_names(self) -> list[str]:
        """Every collection there is, also those that this version has no name for."""
        with translated:
            names = await self._database.list_collection_names()
        return sorted(name for name in names if not name.startswith("system."))

    def collection_as_it_is(self, name: str) -> Collection[dict[str, Any]]:
        """A collection whose documents are read with nothing clamped: every moment as it was written. For `archive`."""
        options: CodecOptions[Any] = CodecOptions(
            tz_aware=True,
            tzinfo=UTC,
            datetime_conversion=DatetimeConversion.DATETIME_AUTO,
            unicode_decode_error_handler="replace",
        )
        return Collection(self._database.get_collection(name, codec_options=options))

    async def ensure_indexes(self) -> None:
        """Make the indexes that are missing."""
        for name, indexes in INDEXES.items():
            await self.collection(name).create_indexes(indexes)

    async def now(self) -> datetime:
        """The server's time: it decides what is due and which lease has run out."""
        with translated:
            try:
                answer = await self._database.command("hello")
            except AutoReconnect:
                # The driver asks a second time for what it knows to be a reading; of a command it does not know.
                answer = await self._database.command("hello")
        local: datetime = answer["localTime"]
        return local if local.tzinfo is not None else local.replace(tzinfo=UTC)

    async def change_video(self, seen: Mapping[str, Any], change: Sequence[Mapping[str, Any]]) -> Video | None:
        """Compare and set: the video after `change`, an update pipeline; None if it is no longer as `seen`."""
        result = await self.videos.update_one(seen, change)
        return await self.videos.find_one({"_id": seen["_id"]}) if result.matched_count == 1 else None

    async def problem(self) -> str | None:
        """None if the server answers, else what is wrong; for /readyz."""
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
        """A collection by its name, for what is done with each of them alike."""
        return Collection(self._database[name])

    async def drop(self) -> None:
        """Delete the whole database. For tests."""
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
    """Connect, waiting up to `wait_seconds`, and make the indexes. An empty catalog gets the version of this code.

    `admission_seconds`: how long to wait for the user to be made. `migration_wait_seconds`: how long to wait for the
    migration of an older catalog; None: as long as for the server. Raises Misconfigured, also for a newer catalog, or
    Unavailable.
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
    """Connect to a catalog of whatever version, and change nothing but that an empty one gets that of this code.

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
        # The last: a file that the URI names, such as that of a certificate, cannot be read.
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
    """Ask the server something, waiting until it is there."""

    async def attempt() -> None:
        try:
            await ask()
        except CatalogError as error:
            if error.code in _NOT_ADMITTED:
                raise NotAdmitted(
                    f"MongoDB refused the user or password of MONGO_URI, or its rights on {catalog.name}: "
                    f"{str(error).partition(', full error:')[0]}. Correct it, or add the user. "
                    "A server that keeps data of an earlier installation keeps the passwords of that time."
                ) from error
            raise CatalogUnavailable(f"MongoDB: {str(error).partition(', Timeout:')[0]}", error.code) from error

    await wait_for_server("MongoDB", "MONGO_URI", attempt, wait_seconds, admission_seconds)
