"""The errors that callers act on. Every other exception is a defect, handled by one rule in `messaging.consumer`."""

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
    """Base of the errors this project raises on purpose."""


class Misconfigured(FonotecaError):
    """A setting is missing or wrong. The text names the setting and the cure; the process ends with code 78."""


class NotAdmitted(Misconfigured):
    """A server refuses our user, key or rights. At a start somebody may yet have to make them, so it waits a while."""


class Unavailable(FonotecaError):
    """A backing server cannot be reached now. The text names it, its address and the setting that leads there."""


class Unprocessable(FonotecaError):
    """A message that no code here can process. The text says why; the message is parked with it."""


class TryLater(FonotecaError):
    """The message cannot be handled now through no fault of its own; it is delivered again after `seconds`."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason
