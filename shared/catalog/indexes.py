"""The indexes of the collections, and which queries each serves."""

from __future__ import annotations

from pymongo import ASCENDING, DESCENDING, IndexModel

#: How long an Idempotency-Key is remembered, in seconds.
SUBMISSION_SECONDS = 24 * 3600
#: How long the ledger of a host is kept after its last use: longer than the hour that it counts.
LEDGER_SECONDS = 3 * 3600
#: How long looks at followed sources are kept: a year, so that the rhythm of a source can be seen.
LOOK_SECONDS = 366 * 24 * 3600
#: How long the log of deliveries is kept after the last attempt: a month.
DELIVERY_SECONDS = 30 * 24 * 3600

VIDEO_INDEXES = [
    # Lists, the newest first: by word, reason, playlist, channel, licence, state, of all, and by the pairs that people
    # use most. The most selective come first, for servers that use the first index that fits.
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
    # Videos that are due, for the sweeper.
    IndexModel([("state", ASCENDING), ("retry.due_at", ASCENDING)], name="by_due_time"),
    # Videos that wait in the broker, and since when, for the sweeper.
    IndexModel([("state", ASCENDING), ("requested_at", ASCENDING)], name="by_request"),
    # Attempts that ended and whose event is pending; there are few at any moment.
    IndexModel([("unannounced.timestamp", ASCENDING)], name="by_announcement", sparse=True),
    # The video of an object in the store.
    IndexModel([("audio.key", ASCENDING)], name="by_key", sparse=True),
    # Videos that a person deleted. By the moment of deletion: a sparse index cannot serve a query for "not purged",
    # which is true of all other videos too.
    IndexModel([("tombstone.at", ASCENDING)], name="by_deletion", sparse=True),
    # Videos over which our own code failed; there are few at any moment.
    IndexModel([("defects.again_at", ASCENDING)], name="by_defect", sparse=True),
    # Stored videos without a copy, for the mirror.
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
SOURCE_INDEXES = [
    # Looks that are due; and those that are waited for.
    IndexModel([("enabled", ASCENDING), ("due_at", ASCENDING)], name="by_due_time"),
    IndexModel([("lease_until", ASCENDING)], name="by_lease", sparse=True),
    # Sources that are the same list.
    IndexModel([("identity_id", ASCENDING)], name="by_identity"),
    IndexModel([("same_as", ASCENDING)], name="by_same", sparse=True),
]
LOOK_INDEXES = [
    IndexModel([("source", ASCENDING), ("look", DESCENDING)], name="newest_of_source"),
    IndexModel([("at", ASCENDING)], name="by_time", expireAfterSeconds=LOOK_SECONDS),
]
SUBSCRIPTION_INDEXES = [
    # The subscription that a hub calls about; and those whose hub is to be asked.
    IndexModel([("callback_id", ASCENDING)], name="by_callback"),
    IndexModel([("next_at", ASCENDING)], name="by_next_request"),
]
DELIVERY_INDEXES = [
    IndexModel([("endpoint", ASCENDING), ("at", DESCENDING), ("_id", ASCENDING)], name="pages_of_endpoint"),
    IndexModel([("at", ASCENDING)], name="by_time", expireAfterSeconds=DELIVERY_SECONDS),
]
MEASUREMENT_INDEXES = [
    # Measurements of a series by time; those of a video; and whether one is known already.
    IndexModel([("of.egress", ASCENDING), ("of.source", ASCENDING), ("at", DESCENDING)], name="newest_of_egress"),
    IndexModel([("video_id", ASCENDING), ("at", DESCENDING)], name="newest_of_video"),
    IndexModel([("at", ASCENDING), ("id", ASCENDING)], name="by_time"),
    IndexModel([("crawl", ASCENDING), ("at", DESCENDING)], name="newest_of_crawl"),
]

#: Collection → MongoDB's description of its time series: the fields with the time and with what is kept together.
TIME_SERIES = {"measurements": {"timeField": "at", "metaField": "of", "granularity": "seconds"}}
#: Collection → its indexes.
INDEXES = {
    "videos": VIDEO_INDEXES,
    "playlists": PLAYLIST_INDEXES,
    "parked": PARKED_INDEXES,
    "logs": LOG_INDEXES,
    "breakers": BREAKER_INDEXES,
    "ledgers": LEDGER_INDEXES,
    "sessions": SESSION_INDEXES,
    "submissions": SUBMISSION_INDEXES,
    "sources": SOURCE_INDEXES,
    "looks": LOOK_INDEXES,
    "passed_over": [IndexModel([("source", ASCENDING)], name="by_source")],
    "subscriptions": SUBSCRIPTION_INDEXES,
    "deliveries": DELIVERY_INDEXES,
    "measurements": MEASUREMENT_INDEXES,
    "crawls": [IndexModel([("state", ASCENDING), ("created_at", ASCENDING)], name="by_state")],
    "crawl_tasks": [
        # The next task of a loop; those of one state; and pages in their order.
        IndexModel(
            [(name, ASCENDING) for name in ("crawl", "loop", "state", "round", "number")],
            name="next_of_crawl",
        ),
        IndexModel([("crawl", ASCENDING), ("loop", ASCENDING), ("number", ASCENDING)], name="pages_of_crawl"),
    ],
    "measured_hours": [
        IndexModel([("hour", ASCENDING)], name="by_time"),
        # Hours whose single measurements are there, for their deletion.
        IndexModel([("has_singles", ASCENDING), ("hour", ASCENDING)], name="with_singles", sparse=True),
    ],
}
