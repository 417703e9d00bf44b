"""The MD5 that goes with a small copy is the ETag of its object; where that is none, it is computed."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.storage.content import Payload
from shared.storage.copying import WrongContent
from shared.storage.s3.objects import ObjectStore
from shared.storage.s3.reading import ObjectReading
from shared.storage.target import MirrorTarget
from tests.integration.mirror.copies import NAME, copy, put


def give_etags(store: ObjectStore, etag: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the object store show other ETags, as one does that encrypts, or one behind which a gateway stands."""
    reading = store.reading

    def other(name: str) -> AbstractContextManager[ObjectReading]:
        @contextmanager
        def opened() -> Iterator[ObjectReading]:
            with reading(name) as found:
                yield replace(found, etag=etag(found.etag))

        return opened()

    monkeypatch.setattr(store, "reading", other)


@pytest.mark.parametrize("etag", ["", "0" * 32, "0" * 32 + "-1", "W/" + "0" * 32, "0" * 64, "ü" * 32])
async def test_an_etag_that_is_no_md5_prevents_no_copy(
    store: ObjectStore, target: MirrorTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, etag: str
) -> None:
    wanted = await put(store, tmp_path, b"good bytes")
    give_etags(store, lambda _: etag, monkeypatch)
    await copy(store, target, wanted)
    assert await target.stat(NAME) == wanted
    assert store.etags_are_md5 is (etag != "0" * 32)


async def test_after_an_etag_that_was_no_md5_none_costs_a_second_request(
    store: ObjectStore, target: MirrorTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Payload] = []
    write = target.put

    async def seen(name: str, payload: Payload, *described: Any) -> None:
        sent.append(payload)
        await write(name, payload, *described)

    monkeypatch.setattr(target, "put", seen)
    give_etags(store, lambda _: "0" * 32, monkeypatch)
    first = await put(store, tmp_path, b"first bytes")
    await copy(store, target, first)
    second = await put(store, tmp_path, b"second bytes")
    await copy(store, target, second)
    assert [payload.content for payload in sent] == [b"first bytes", b"first bytes", b"second bytes"]
    assert await target.stat(NAME) == second


async def test_bytes_that_change_in_memory_are_refused(
    store: ObjectStore, target: MirrorTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After they were compared with the catalog: the MD5 is that which the object store computed."""
    wanted = await put(store, tmp_path, b"good bytes")
    write, sent = target.put, []

    async def changed(name: str, payload: Payload, *described: Any) -> None:
        # In place, as memory changes.
        ctypes.memmove(ctypes.c_char_p(payload.content), b"evil", 4)
        sent.append(payload)
        await write(name, payload, *described)

    monkeypatch.setattr(target, "put", changed)
    with pytest.raises(WrongContent, match="changed in memory"):
        await copy(store, target, wanted)
    assert sent == [Payload(b"evil bytes", hashlib.md5(b"good bytes", usedforsecurity=False).digest())]
    assert await target.stat(NAME) is None
    assert store.etags_are_md5
