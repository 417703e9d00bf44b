"""A scraper that works with the local site."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.catalog.connection import Catalog
from shared.messaging.publisher import Publisher
from shared.storage.s3.objects import ObjectStore
from tests.hostile.scraping import Scraping, scraping
from tests.integration.conftest import (  # noqa: F401 fixtures
    add_playlist,
    broker,
    publisher,
    s3,
    store,
    through_the_site,
)


@pytest.fixture
async def rig(
    catalog: Catalog,
    publisher: Publisher,  # noqa: F811
    store: ObjectStore,  # noqa: F811
    through_the_site: None,  # noqa: F811
    tmp_path: Path,
) -> AsyncIterator[Scraping]:
    async with scraping((catalog, publisher, store), tmp_path) as found:
        yield found
