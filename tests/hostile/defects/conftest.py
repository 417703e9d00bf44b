"""Our services on the servers of this run."""

from __future__ import annotations

from typing import Any

import pytest

from shared.catalog.connection import Catalog
from shared.messaging.connection import Broker
from shared.messaging.consuming import settlement
from shared.messaging.publisher import Publisher
from tests.hostile.defective import Defective
from tests.integration.conftest import (  # noqa: F401 fixtures
    backend,
    broker,
    publisher,
    s3,
    store,
)


@pytest.fixture
def rig(
    catalog: Catalog,
    broker: Broker,  # noqa: F811
    publisher: Publisher,  # noqa: F811
    backend: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Defective:
    """Our services on the servers of this run, with short delays after a defect."""
    monkeypatch.setattr(settlement, "DEFECT_SECONDS", 0.01)
    return Defective(catalog, broker, publisher, backend)
