"""A connection to MongoDB that waits for its server, and the collections with their indexes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    DocumentTooLarge,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WriteError,
)

from shared.catalog.documents import Breaker, Key, Ledger, LogEntry, Parked, Playlist, Session, Video
from shared.errors import Misconfigured, NotAdmitted, Unavailable
from shared.settings import MongoSettings
from shared.waiting import wait_for_server

#: Milliseconds a client waits for a server, then for an answer.
SELECT_MILLISECONDS = 5_000
SOCKET_MILLISECONDS = 30_000
#: Milliseconds after which an unused connection is taken for gone: servers and what lies between close such in silence,
#: and the driver notices only when it has asked something.
IDLE_MILLISECONDS = 20_000
#: How long an Idempotency-Key is remembered.
SUBMISSION_SECONDS = 24 * 3600
#: How long the ledger of a host that nobody asks any more is kept: more than the hour that it counts.
LEDGER_SECONDS = 3 * 3600
#: Error codes of MongoDB: not authorised; authentication failed.
_REFUSED = (13, 18)

#: Which questions each index answers.
VIDEO_INDEXES = [
    # Lists, the newest first: of a word, a reason, a playlist, a channel, a licence, a state, of all, and of the pairs
    # that people look at most. What selects most comes first, for servers that take the first one that fits.
    IndexModel([("words", ASCENDING), ("accession", ASCENDING)], name="newest_of_word"),
    IndexModel([("retry.failure.reason", ASCENDING), ("accession", ASCENDING)], name="newest_of_reason"),
    IndexModel([("playlists", ASCENDING), ("accession", ASCENDING)], name="newest_of_playlist"),
    IndexModel([("metadata.channel", ASCENDING), ("accession", ASCENDING)], name="newest_of_channel"),
    IndexModel([("licence", ASCENDING), ("accession", ASCENDING)], name="newest_of_licence"),
    IndexModel([("state", ASCENDING), ("accession", ASCENDING)], name="newest_of_state"),
    IndexModel([("accession", ASCENDING)], name="newest"),
    IndexModel(
        [("retry.failure.reason", ASCENDING), ("state", ASCENDING), ("accession", ASCENDING)],
        name="newest_of_reason_and_state",
    ),
    IndexModel(
        [("playlists", ASCENDING), ("state", ASCENDING), ("accession", ASCENDING)], name="newest_of_playlist_and_state"
    ),
    # Counts of a playlist, by state.
    IndexModel([("playlists", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], name="by_playlist"),
    # What is due, for the sweeper.
    IndexModel([("state", ASCENDING), ("retry.due_at", ASCENDING)], name="by_due_time"),
    # What waits in the broker, and since when, for the sweeper.
    IndexModel([("state", ASCENDING), ("requested_at", ASCENDING)], name="by_request"),
    # Attempts that ended and are not announced yet; there are few at any moment.
    IndexModel([("unannounced.timestamp", ASCENDING)], name="by_announcement", sparse=True),
    # Whose an object in the store is.
    IndexModel([("audio.key", ASCENDING)], name="by_key", sparse=True),
    # What a person deleted, and a store may still hold. By its moment: an index without what has none cannot be asked
    # for what is not purged, since that is what all others are, too.
    IndexModel([("tombstone.at", ASCENDING)], name="by_deletion", sparse=True),
    # What our own code failed over; there are few at any moment.
    IndexModel([("defects.again_at", ASCENDING)], name="by_defect", sparse=True),
    # What has no copy yet, for the mirror.
    IndexModel([("state", ASCENDING), ("mirror.sha256", ASCENDING), ("audio.stored_at", ASCENDING)], name="by_mirror"),
]
PLAYLIST_INDEXES = [
    IndexModel([("state", ASCENDING), ("state_since", ASCENDING)], name="by_state"),
    # Lists, the newest submission first.
    IndexModel([("submitted_at", DESCENDING), ("_id", ASCENDING)], name="newest"),
]
PARKED_INDEXES = [IndexModel([("queue", ASCENDING), ("parked_at", ASCENDING)], name="by_queue")]
SUBMISSION_INDEXES = [IndexModel([("at", ASCENDING)], name="by_time", expireAfterSeconds=SUBMISSION_SECONDS)]
BREAKER_INDEXES = [IndexModel([("forget_at", ASCENDING)], name="by_end", expireAfterSeconds=0)]
LEDGER_INDEXES = [IndexModel([("used_at", ASCENDING)], name="by_use", expireAfterSeconds=LEDGER_SECONDS)]
SESSION_INDEXES = [IndexModel([("expires_at", ASCENDING)], name="by_end", expireAfterSeconds=0)]
LOG_INDEXES = [
    IndexModel([("video_id", ASCENDING), ("token", ASCENDING)], name="by_video"),
    IndexModel([("timestamp", DESCENDING)], name="by_time"),
]


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
        self.videos: AsyncCollection[Video] = self._database["videos"]  # type: ignore[assignment]
        self.playlists: AsyncCollection[Playlist] = self._database["playlists"]  # type: ignore[assignment]
        self.logs: AsyncCollection[LogEntry] = self._database["logs"]  # type: ignore[assignment]
        self.breakers: AsyncCollection[Breaker] = self._database["breakers"]  # type: ignore[assignment]
        self.ledgers: AsyncCollection[Ledger] = self._database["ledgers"]  # type: ignore[assignment]
        self.keys: AsyncCollection[Key] = self._database["keys"]  # type: ignore[assignment]
        self.sessions: AsyncCollection[Session] = self._database["sessions"]  # type: ignore[assignment]
        self.parked: AsyncCollection[Parked] = self._database["parked"]  # type: ignore[assignment]
        #: The last audit: see `audits`.
        self.audits: AsyncCollection[dict[str, Any]] = self._database["audits"]
        #: Where an interrupted sweep of the mirror goes on: see `sweeps`.
        self.sweeps: AsyncCollection[dict[str, Any]] = self._database["sweeps"]
        #: Who does a thing that one replica at a time should do: {_id, owner, until}.
        self.turns: AsyncCollection[dict[str, Any]] = self._database["turns"]
        #: Numbers that are given out one after the other: see `accessions`.
        self.counters: AsyncCollection[dict[str, Any]] = self._database["counters"]
        #: Submissions under an Idempotency-Key: {_id, asked, at, token, done}; the server forgets them after a day.
        self.submissions: AsyncCollection[dict[str, Any]] = self._database["submissions"]
        #: When a person deleted playlists: {_id, at}; see `playlist_endings`.
        self.deleted_playlists: AsyncCollection[dict[str, Any]] = self._database["deleted_playlists"]

    async def collection_names(self) -> list[str]:
        """Every collection there is, also those that this version has no name for. For `archive`."""
        return sorted(name for name in await self._database.list_collection_names() if not name.startswith("system."))

    def collection_as_it_is(self, name: str) -> AsyncCollection[dict[str, Any]]:
        """A collection whose documents are read with nothing clamped: every moment as it was written. For `archive`."""
        options: CodecOptions[Any] = CodecOptions(
            tz_aware=True,
            tzinfo=UTC,
            datetime_conversion=DatetimeConversion.DATETIME_AUTO,
            unicode_decode_error_handler="replace",
        )
        return self._database.get_collection(name, codec_options=options)

    async def ensure_indexes(self) -> None:
        """Make the indexes that are missing."""
        await self.videos.create_indexes(VIDEO_INDEXES)
        await self.playlists.create_indexes(PLAYLIST_INDEXES)
        await self.parked.create_indexes(PARKED_INDEXES)
        await self.logs.create_indexes(LOG_INDEXES)
        await self.breakers.create_indexes(BREAKER_INDEXES)
        await self.ledgers.create_indexes(LEDGER_INDEXES)
        await self.sessions.create_indexes(SESSION_INDEXES)
        await self.submissions.create_indexes(SUBMISSION_INDEXES)

    async def now(self) -> datetime:
        """The server's time: it decides what is due and which lease has run out."""
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

    async def drop(self) -> None:
        """Delete the whole database. For tests."""
        await self._client.drop_database(self._database.name)

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()


async def connect(settings: MongoSettings, service: str, wait_seconds: float, admission_seconds: float = 0) -> Catalog:
    """Connect, waiting up to `wait_seconds`, and make the indexes. Raises Misconfigured or Unavailable.

    `admission_seconds`: how long to wait for the user to be made.
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
        raise Misconfigured(f"MONGO_URI is wrong: {error}") from error
    catalog = Catalog(client, settings.database)

    async def attempt() -> None:
        try:
            await catalog.ensure_indexes()
        except OperationFailure as error:
            if error.code in _REFUSED:
                raise NotAdmitted(
                    f"MongoDB refused the user or password of MONGO_URI, or its rights on {settings.database}: "
                    f"{error.details.get('errmsg') if error.details else error}. Correct it, or add the user. "
                    "A server that keeps data of an earlier installation keeps the passwords of that time."
                ) from error
            raise Unavailable(f"MongoDB: {error}") from error
        except PyMongoError as error:
            raise Unavailable(f"MongoDB: {str(error).split(', Timeout:')[0]}") from error

    try:
        await wait_for_server("MongoDB", "MONGO_URI", attempt, wait_seconds, admission_seconds)
    except BaseException:
        await catalog.close()
        raise
    return catalog


#: Exceptions that mean MongoDB is away or unwell.
CATALOG_ERRORS: tuple[type[Exception], ...] = (PyMongoError,)
#: Those among them that are about one document: the server is well, but takes no such thing.
DOCUMENT_REFUSED: tuple[type[Exception], ...] = (WriteError, BulkWriteError, DocumentTooLarge)
#: Error codes of MongoDB that speak of what was asked, not of the server: bad value, failed to parse, type mismatch,
#: path not viable, conflicting operators, bad field names, immutable field, failed validation, failed conversion.
_ABOUT_DATA = {2, 9, 14, 28, 40, 52, 54, 55, 56, 57, 66, 121, 241, 10334}
#: From here on codes are places in the server's own code, met by what was asked.
_FIRST_PLACE = 15_000


def is_refused(error: BaseException) -> bool:
    """Whether MongoDB refuses what it was asked, so that asking again brings the same; False while it is only away."""
    if isinstance(error, DuplicateKeyError):
        # Somebody was quicker; the next try finds what that one wrote.
        return False
    if isinstance(error, DOCUMENT_REFUSED):
        return True
    return isinstance(error, OperationFailure) and (
        error.code is not None and (error.code in _ABOUT_DATA or error.code >= _FIRST_PLACE)
    )
