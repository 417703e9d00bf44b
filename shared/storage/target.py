"""A target of the mirror: a server that has a verified copy of every object.

Each kind of server implements `MirrorTarget` in a room of its own and is one entry of `targets.KINDS`; services and
commands know nothing else of it. docs/mirror.md says how to add one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from enum import Enum
from typing import NamedTuple, Protocol

from shared.errors import MirrorError
from shared.storage.content import Content, Described, Listed, Payload
from shared.storage.missing import Missing
from shared.storage.obstacles import Left, Obstacle


class PartedUpload(Protocol):
    """An object that is written in parts. If it is not completed, its parts never become visible."""

    async def part(self, number: int, payload: Payload) -> None:
        """Write a part; the server compares its MD5. `number`: 0, 1, …. Parts may be written at once.

        Raises MirrorUnavailable.
        """

    async def complete(self, number: int, md5: bytes) -> None:
        """Make the object visible, of `number` parts in their order, all of which must be there. `md5`: of the whole.

        Raises MirrorUnavailable.
        """

    async def abandon(self) -> None:
        """Let the server forget the parts, if that needs a request. Raises nothing of the server's."""


class Cure(Enum):
    """What a person does about an error of a target."""

    #: Correct a setting that the sentence names.
    SETTING = "setting"
    #: Give the key a right, or create what is missing.
    RIGHT = "right"
    #: Wait, and try again.
    WAIT = "wait"


class Explanation(NamedTuple):
    """An error of a target, as a user sees it."""

    cure: Cure
    sentence: str


class MirrorTarget(Protocol):
    """A container or bucket with copies. All methods raise MirrorUnavailable, unless they say otherwise."""

    #: In the catalog, in commands and in metrics: see `targets.KINDS`.
    name: str
    #: In sentences: "Azure".
    title: str
    #: The container or bucket.
    container: str
    #: Bytes up to which an object is written in one request, and bytes of a part of a larger one.
    whole_bytes: int
    part_bytes: int
    #: Whether its server can fetch an object from another one by `fetch`.
    fetches: bool
    #: Whether a listing found no container, where that counts as an empty one: see `Missing`.
    missing: Missing

    async def ensure_container(self, wait_seconds: float, admission_seconds: float = 0) -> None:
        """Create the container if it is missing, waiting for the server. Raises Misconfigured or Unavailable.

        `admission_seconds`: how long to wait for a key that is not valid yet.
        """

    async def close(self) -> None:
        """Close the connections. Raises nothing."""

    async def problem(self) -> str | None:
        """Describe what is wrong with the container, for /readyz; None if it answers. Raises nothing."""

    async def put(self, name: str, payload: Payload, metadata: Mapping[str, str], content_type: str) -> None:
        """Write an object in one request; the server compares the payload's MD5.

        The error of a server that answered has its status.
        """

    async def upload(self, name: str, metadata: Mapping[str, str], content_type: str) -> PartedUpload:
        """Begin to write an object in parts."""

    async def fetch(self, name: str, address: str, md5: bytes, metadata: Mapping[str, str], content_type: str) -> None:
        """Let the server fetch an object from `address`; it refuses bytes with another MD5. Only if `fetches`."""

    async def delete(self, name: str) -> bool:
        """Remove a copy, if it is there; versions may keep its content. Returns False if something keeps it."""

    async def erase(self, folder: str, container: str | None = None) -> list[Obstacle]:
        """Remove everything below a folder for good. `container`: another one of this server.

        Returns what keeps the rest; an empty list if nothing is left.
        """

    async def left_below(self, folder: str) -> Left:
        """Count what is below a folder, hidden and unfinished parts included."""

    async def remove_unfinished(self, folder: str, before: datetime) -> int:
        """Remove uploads that were begun before a moment and never completed, if the server does not do so by itself.

        Returns how many.
        """

    async def stat(self, name: str) -> Content | None:
        """Return size and recorded SHA-256 of a copy; None if there is none."""

    async def has(self, name: str, sha256: str) -> bool:
        """Return whether there is a copy of this content."""

    async def metadata(self, name: str) -> dict[str, str]:
        """Return the metadata of a copy, with the names and values of the object's."""

    def read(self, name: str) -> AsyncIterator[bytes]:
        """Yield the content of a copy in blocks."""

    def names(self, prefix: str, batch: int) -> AsyncIterator[list[str]]:
        """Yield the names of all copies below a prefix, in order and in batches."""

    def listed(self, prefix: str, batch: int, after: str | None = None) -> AsyncIterator[list[Listed]]:
        """Do the same with what the listing shows. `after`: only those after this name."""

    def described(self, prefix: str) -> AsyncIterator[Described]:
        """Yield all copies below a prefix with their metadata."""

    def explain(self, error: MirrorError) -> Explanation:
        """Return what a person does about an error of this target. Raises nothing."""
