"""Who publishes which message, and where. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from shared.topology.names import EVENTS_EXCHANGE, REQUESTS_EXCHANGE, WORK_EXCHANGE


@dataclass(frozen=True)
class Route:
    """Who publishes messages of a type, and where. `required`: some queue must take them, else the publish fails.

    The events stream takes every event; so an event fails only where that stream is missing too, and what a service
    does not hear of is found in the catalog by the sweeper.
    `senders` are the roles of services, `open` says that anybody may send it too. This is the one truth of who may send
    what: the broker's permissions and the consumers' checks follow from it.
    """

    exchange: str
    required: bool
    senders: tuple[str, ...]
    open: bool = False


#: Type of message → its route. Nobody need listen to the last two; the catalog has what they tell.
ROUTES: dict[str, Route] = {
    "playlist.submitted.v1": Route(WORK_EXCHANGE, required=True, senders=("api", "scraper", "retry"), open=True),
    "video.requested.v1": Route(REQUESTS_EXCHANGE, required=True, senders=("scraper", "retry", "api", "audit")),
    "playlist.failed.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper",)),
    "video.failed.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper", "retry")),
    "audio.stored.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper", "retry", "audit")),
    "audio.mirrored.v1": Route(EVENTS_EXCHANGE, required=False, senders=("sync",)),
    "video.abandoned.v1": Route(EVENTS_EXCHANGE, required=False, senders=("scraper", "retry", "api")),
}
