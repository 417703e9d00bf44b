"""The indexes of the collections: which questions each answers."""

from __future__ import annotations

from pymongo import ASCENDING, DESCENDING, IndexModel

#: How long an Idempotency-Key is remembered.
SUBMISSION_SECONDS = 24 * 3600
#: How long the ledger of a host that nobody asks any more is kept: more than the hour that it counts.
LEDGER_SECONDS = 3 * 3600

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
}
