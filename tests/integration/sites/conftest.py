"""Fixtures for tests of sites: a small server, a folder for packages, and workers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.scraper.workers.pool import Workers
from tests.site_packages import SmallServer, small_server


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with small_server() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of sys.path, which workers inherit."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers(1, 50)
    yield workers
    await workers.close()
