"""What the commands share that ask the servers directly, past the API."""

from __future__ import annotations

from services.sync.blob import BLOB_ERRORS
from shared.catalog.connection import CATALOG_ERRORS
from shared.errors import Unavailable
from shared.storage.objects import STORE_ERRORS

#: Seconds to wait for a server.
WAIT_SECONDS = 10
#: What a server that is away looks like.
AWAY: tuple[type[Exception], ...] = (Unavailable, *CATALOG_ERRORS, *STORE_ERRORS, *BLOB_ERRORS)
