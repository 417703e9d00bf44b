"""The errors that callers act on, as one tree. `messaging.settlement` has the one rule for all others.

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
    """To whom a failed attempt is charged. Only TRANSIENT uses up attempts."""

    #: The video is gone or refused for good: removed, private, copyright.
    PERMANENT = "permanent"
    #: The way there failed: timeouts, 5xx, resets, short reads.
    TRANSIENT = "transient"
    #: It exists at a known later time: a premiere, a live event.
    WAIT_UNTIL = "wait-until"
    #: The source refuses this network identity: bot check, 429, captcha.
    EGRESS = "egress"
    #: The cookies are dead.
    IDENTITY = "identity"
    #: Our tools cannot do it: yt-dlp too old, JS runtime missing, unknown answers.
    TOOL = "tool"
    #: Our object store or disk cannot take it now.
    STORAGE = "storage"
    #: The source refuses this one as it would refuse an address, while it serves others to it.
    REFUSED = "refused"


class FonotecaError(Exception):
    """Base of the errors that this project raises on purpose."""


class Misconfigured(FonotecaError):
    """A setting is missing or wrong. The text names the setting and the cure; the process ends with code 78."""


class NotAdmitted(Misconfigured):
    """A server refuses our user, key or rights. At a start it waits for somebody to create them."""


class ServerError(FonotecaError):
    """A backing server did not do what it was asked. The text says why; the two kinds say whether to ask again."""


class Unavailable(ServerError):
    """A backing server cannot be reached, is too slow, or is unwell: the same request may succeed later.

    At a start the text names the server, its address and the setting that leads there, and the process ends with code
    69. A message whose handler raises it is delivered again, uncharged; the API answers 503.
    """


class Refused(ServerError):
    """A backing server is well and refuses what it was asked: the same request fails again.

    What was asked is wrong, so this counts as a defect of our own code wherever nobody handles it.
    """


class CatalogError(ServerError):
    """MongoDB did not do what it was asked."""

    def __init__(self, text: str, code: int | None = None) -> None:
        """`code`: MongoDB's number for the error; None if it gave none, as when it cannot be reached."""
        super().__init__(text)
        self.code = code


class CatalogUnavailable(CatalogError, Unavailable):
    """MongoDB cannot be reached, is unwell, or does not admit our user now."""


class AlreadyThere(CatalogUnavailable):
    """Another process wrote a document with this key first.

    The writer usually handles it. Elsewhere it is handled like a server that is away, since the next attempt finds what
    the other process wrote.
    """


class TimeLimitReached(CatalogUnavailable):
    """MongoDB stopped a query that took longer than the query allowed."""


class CatalogRefused(CatalogError, Refused):
    """MongoDB refuses a document or a query: it is too large, malformed or fails a validation."""


class StoreError(ServerError):
    """The object store did not do what it was asked."""

    def __init__(self, text: str, code: str = "", status: int | None = None) -> None:
        """`code`: S3's name for the error, such as NoSuchBucket; "" if it gave none.

        `status`: the HTTP status of its answer; None if there was none, as when it cannot be reached.
        """
        super().__init__(text)
        self.code = code
        self.status = status

    @property
    def is_final(self) -> bool:
        """Whether the server has answered, and would give the same answer again at once."""
        return self.status is not None and self.status < 500


class StoreUnavailable(StoreError, Unavailable):
    """The object store cannot be reached, is unwell, or does not let us use the bucket now."""


class MirrorError(ServerError):
    """Azure Blob Storage did not do what it was asked."""

    def __init__(self, text: str, code: str = "", status: int | None = None) -> None:
        """`code`: Azure's name for the error, such as ContainerNotFound; "" if it gave none.

        `status`: the HTTP status of its answer; None if there was none, as when it cannot be reached.
        """
        super().__init__(text)
        self.code = code
        self.status = status


class MirrorUnavailable(MirrorError, Unavailable):
    """Azure Blob Storage cannot be reached, is unwell, or does not let us use the container now."""


class BrokerUnavailable(Unavailable):
    """RabbitMQ cannot be reached, or did not confirm what it was asked. It never refuses for good at run time."""


class Unprocessable(FonotecaError):
    """A message that no code here can process. The text says why; the message is parked with it."""


class TryLater(FonotecaError):
    """The message cannot be handled now, through no fault of its own. It is delivered again after `seconds`."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason
