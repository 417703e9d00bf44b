"""Every target of the mirror, at real servers: the tests of this folder define what a target is."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import pytest

from shared.settings import AzureSettings, ObjectStoreSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.s3.mirror import BucketMirror
from shared.storage.target import MirrorTarget
from tests.integration.conftest import settings_of

#: Kinds of targets, and servers of one kind that differ in what they check.
TARGETS = ("azure", "s3", "s3 strict")


class Place(NamedTuple):
    """Where a target of a test is: `open` connects to it, or to a proxy of its server on another port."""

    name: str
    port: int
    open: Callable[..., MirrorTarget]


def place_of(request: pytest.FixtureRequest, kind: str) -> Place:
    """A container of this test's own, which is not there yet, at a server of this kind."""
    if kind == "azure":
        return _in_azure(request.getfixturevalue("azure"))
    if kind == "s3":
        store: ObjectStoreSettings = request.getfixturevalue("s3")
        return _at_s3(store.model_copy(update={"bucket": f"mirror-{uuid.uuid4().hex[:12]}"}))
    return _at_s3(settings_of(request.getfixturevalue("strict_s3")))


def _in_azure(settings: AzureSettings) -> Place:
    assert settings.account_url is not None
    url, port = settings.account_url, settings.account_url.split(":")[2].split("/")[0]

    def open_(through: int | None = None, **options: Any) -> BlobMirror:
        return BlobMirror(
            settings.model_copy(update={"account_url": url.replace(port, str(through or port))}), **options
        )

    return Place("azure", int(port), open_)


def _at_s3(settings: ObjectStoreSettings) -> Place:
    host, _, port = settings.endpoint.rpartition(":")

    def open_(through: int | None = None, **options: Any) -> BucketMirror:
        return BucketMirror(settings.model_copy(update={"endpoint": f"{host}:{through or port}"}), **options)

    return Place("s3", int(port), open_)


@pytest.fixture(params=TARGETS)
def place(request: pytest.FixtureRequest) -> Place:
    """Each kind of place."""
    return place_of(request, request.param)


@pytest.fixture
async def target(place: Place) -> AsyncIterator[MirrorTarget]:
    """A target there, with its container."""
    found = place.open()
    await found.ensure_container(10)
    yield found
    await found.close()


@pytest.fixture
async def both(request: pytest.FixtureRequest) -> AsyncIterator[list[MirrorTarget]]:
    """One target of each kind."""
    async with AsyncExitStack() as stack:
        found = [place_of(request, kind).open() for kind in ("azure", "s3")]
        for each in found:
            stack.push_async_callback(each.close)
            await each.ensure_container(10)
        yield found
