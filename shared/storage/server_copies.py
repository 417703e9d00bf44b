"""Lets a target fetch an object from the object store itself, so that its bytes do not pass through this process.

What proves such a copy: the object records the SHA-256 that the catalog has, its ETag is the MD5 that the object store
computed when it arrived with that record, and the target refuses bytes with another MD5. Where any of this is missing,
as for objects that were written in parts or encrypted, the copy is made in the usual way.
"""

from __future__ import annotations

import time

from shared.errors import MirrorUnavailable
from shared.logs import logger
from shared.settings import ObjectStoreSettings
from shared.storage.content import Content
from shared.storage.keys import content_type_of
from shared.storage.s3.etags import md5_in
from shared.storage.s3.links import Links
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget

log = logger(__name__)

#: Seconds for which an address is valid.
ADDRESS_SECONDS = 900
#: Seconds for which a target that could not fetch an object is not asked to fetch another one.
PAUSE_SECONDS = 600


class ServerCopies:
    """Copies of objects that targets fetch themselves."""

    def __init__(self, store: ObjectStore, links: Links) -> None:
        """`links`: addresses of the store's objects that the target's server reaches."""
        self._store, self._links = store, links
        #: Target → monotonic time until which it is not asked.
        self._paused: dict[str, float] = {}

    async def copy(self, target: MirrorTarget, name: str, wanted: Content) -> bool:
        """Let `target` fetch an object. Returns False if it cannot: then nothing was written.

        Raises StoreUnavailable, and MirrorUnavailable if the target does not answer.
        """
        if not target.fetches or time.monotonic() < self._paused.get(target.name, 0.0):
            return False
        found = await self._store.seen(name)
        if found is None or found.content != wanted or (md5 := md5_in(found.etag)) is None:
            return False
        try:
            await target.fetch(name, self._links.address_of(name), md5, found.metadata, content_type_of(name))
        except MirrorUnavailable as error:
            if error.status is None:
                raise
            # It refused, cannot read the address, or lacks the request. Without the text, which may quote the address.
            log.warning("mirror.not_fetched", target=target.name, code=error.code, again_seconds=PAUSE_SECONDS)
            self._paused[target.name] = time.monotonic() + PAUSE_SECONDS
            return False
        return True


def server_copies(store: ObjectStore, settings: ObjectStoreSettings, url: str | None) -> ServerCopies | None:
    """Return what lets targets fetch objects from `url`, where they reach the store; None without one.

    Raises Misconfigured.
    """
    if url is None:
        return None
    return ServerCopies(store, Links(settings, url, ADDRESS_SECONDS, "SYNC_COPY_URL"))
