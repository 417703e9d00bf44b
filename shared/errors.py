"""The errors that callers act on, as one tree. `messaging.consuming.settlement` has the one rule for all others.

    FonotecaError
    ├── Misconfigured ── NotAdmitted
    ├── ServerError
    │   ├── Unavailable ── CatalogUnavailable, StoreUnavailable, MirrorUnavailable, BrokerUnavailable
    │   └── Refused ────── CatalogRefused, and `ObjectRefused` of the object store
    ├── Unprocessable
    └── TryLater

The errors of one server also have a base of their own: CatalogError, StoreError, MirrorError. The adapters (`catalog`,
`storage`, `messaging`) raise them in place of what their drivers raise; no other module names a driver's exception.
"""

from __future__ import annotations

from enum import StrEnum


class FailureClass(StrEnum):
    """The cause of a failed attempt. Only TRANSIENT uses up attempts."""

    #: The video is gone or refused for good: removed, private, copyright.
    PERMANENT = "permanent"
    #: The transfer failed: timeouts, 5xx, resets, short reads.
    TRANSIENT = "transient"
    #: The video becomes available at a later time: a premiere, a live event.
    WAIT_UNTIL = "wait-until"
    #: The source refuses this network identity: bot check, 429, captcha.
    EGRESS = "egress"
    #: The source no longer accepts the account's cookies.
    IDENTITY = "identity"
    #: Our tools cannot fetch it: yt-dlp too old, JS runtime missing, unknown answers.
    TOOL = "tool"
    #: Our object store or disk cannot store it now.
    STORAGE = "storage"
    #: The source refuses this item as it would refuse an address, while it serves other items to the same address.
    REFUSED = "refused"


class FonotecaError(Exception):
    """Base of the errors that this project raises on purpose."""


class Misconfigured(FonotecaError):
    """A setting is missing or wrong. The text names the setting and the cure; the process ends with code 78."""


class NotAdmitted(Misconfigured):
    """A server refuses our user or key, or its rights. A starting service waits until somebody creates them."""


class ServerError(FonotecaError):
    """A backing server did not fulfil a request. The text says why; the subclass says whether to repeat the request."""


class Unavailable(ServerError):
    """A backing server cannot be reached, is too slow, or reports trouble: the same request may succeed later.

    When a service starts, the text names the server, its address and the setting with that address, and the process
    ends with code 69. A message whose handler raises it is delivered again, uncharged; the API answers 503.
    """


class Refused(ServerError):
    """A working backing server refused a request: the same request would fail again.

    The request is wrong, so this counts as a defect of our own code wherever nobody handles it.
    """


class CatalogError(ServerError):
    """MongoDB did not fulfil a request."""

    def __init__(self, text: str, code: int | None = None) -> None:
        """`code`: MongoDB's number of the error; None if there is none, for example without a connection."""
        super().__init__(text)
        self.code = code


class CatalogUnavailable(CatalogError, Unavailable):
    """MongoDB cannot be reached, reports trouble, or does not admit our user now."""


class AlreadyThere(CatalogUnavailable):
    """Another process wrote a document with this key first.

    The caller usually handles it. Elsewhere it is handled like an unavailable server, since the next attempt finds what
    the other process wrote.
    """


class TimeLimitReached(CatalogUnavailable):
    """MongoDB stopped a query that took longer than the query allowed."""


class CatalogRefused(CatalogError, Refused):
    """MongoDB refuses a document or a query: it is too large, malformed or fails a validation."""


class StoreError(ServerError):
    """The object store did not fulfil a request."""

    def __init__(self, text: str, code: str = "", status: int | None = None) -> None:
        """`code`: S3's name of the error, such as NoSuchBucket; "" if there is none.

        `status`: the HTTP status of the answer; None if there was no answer.
        """
        super().__init__(text)
        self.code = code
        self.status = status

    @property
    def is_final(self) -> bool:
        """Whether the server has answered, and would give the same answer again at once."""
        return self.status is not None and self.status < 500


class StoreUnavailable(StoreError, Unavailable):
    """The object store cannot be reached, reports trouble, or does not let us use the bucket now."""


class MirrorError(ServerError):
    """A target of the mirror did not fulfil a request."""

    def __init__(self, text: str, code: str = "", status: int | None = None, target: str = "") -> None:
        """`code`: the server's name of the error, such as ContainerNotFound; "" if there is none.

        `status`: the HTTP status of the answer; None if there was no answer. `target`: which of the mirror's targets.
        """
        super().__init__(text)
        self.code = code
        self.status = status
        self.target = target


class MirrorUnavailable(MirrorError, Unavailable):
    """A target of the mirror cannot be reached, reports trouble, or does not let us use the container now."""


class BrokerUnavailable(Unavailable):
    """RabbitMQ cannot be reached, or did not confirm a request. It never refuses one for good at run time."""


class Unprocessable(FonotecaError):
    """A message that this code cannot process. The text says why; the message is parked with that text."""


class TryLater(FonotecaError):
    """A message cannot be handled now, and nothing is wrong with it. It is delivered again after `seconds`."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


def first_line(error: Exception) -> str:
    """Return an error's text without what drivers append: requests, topologies, documents."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].split(", Timeout:")[0].split(", resource: ")[0].rstrip(".")
