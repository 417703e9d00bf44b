"""The routes of messages: the publishers of each type, and the exchange. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from shared.topology.names import EVENTS_EXCHANGE, REQUESTS_EXCHANGE, WORK_EXCHANGE


@dataclass(frozen=True)
class Route:
    """The publishers of a type of messages, and their exchange. `required`: publishing fails unless a queue accepts it.

    The events stream accepts every event, so publishing one fails only if that stream is missing too. The sweeper finds
    in the catalog the messages that a service missed. `senders`: roles of services. `open`: whether everybody else may
    send it too. The broker's permissions and the consumers' checks are both derived from this.
    """

    exchange: str
    required: bool
    senders: tuple[str, ...]
    open: bool = False


#: Type of message → its route.
ROUTES: dict[str, Route] = {
    "playlist.submitted.v1": Route(WORK_EXCHANGE, required=True, senders=("api", "scraper", "retry"), open=True),
    "video.requested.v1": Route(REQUESTS_EXCHANGE, required=True, senders=("scraper", "retry", "api", "audit")),
    "source.check_requested.v1": Route(REQUESTS_EXCHANGE, required=True, senders=("watch",)),
    "source.checked.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper",)),
    "notification.due.v1": Route(REQUESTS_EXCHANGE, required=True, senders=("notify", "api")),
    "playlist.failed.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper",)),
    "video.failed.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper", "retry")),
    "audio.stored.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper", "retry", "audit")),
    "audio.mirrored.v1": Route(EVENTS_EXCHANGE, required=True, senders=("sync",)),
    "download.measured.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper", "retry", "audit")),
    "probe.requested.v1": Route(REQUESTS_EXCHANGE, required=True, senders=("probe",)),
    "probe.answered.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper",)),
    "video.abandoned.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper", "retry", "api")),
}
