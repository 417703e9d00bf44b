"""An archive to back up and restore, made once for each test process."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.archives.stored import PLAYLIST, catalog_of, store_videos
from dev.stack import Stack
from shared.catalog.operator.decisions import delete_video
from shared.catalog.search.accessions import raise_counter
from shared.profiles import DEFAULT_PROFILE
from tests.e2e.cli.backup.commands import BYTES, LONG_AGO, VIDEOS, Exports, own_place, said


@pytest.fixture(scope="package")
def source(servers: Stack) -> Exports:
    """A database and a bucket with stored videos, and others in every state."""
    exports = own_place(servers)
    asyncio.run(store_videos(exports, range(VIDEOS), BYTES))
    asyncio.run(add_unfinished(exports))
    return exports


@pytest.fixture(scope="package")
def archive(source: Exports, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of it. Tests that change one take a copy."""
    folder = tmp_path_factory.mktemp("archives") / "archive"
    first = said(source, "backup", "--to", str(folder))
    assert (first["videos"], first["objects"], first["copied"]) == (VIDEOS + 6, VIDEOS, VIDEOS)
    return folder


@pytest.fixture
def copy(archive: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(archive, tmp_path / "copy"))


async def add_unfinished(exports: Exports) -> None:
    """Videos that are not stored: in a queue, in work, waiting, given up, deleted; and a list that is being read."""
    catalog = await catalog_of(exports)
    failure = {"failure_class": "transient", "reason": "timeout", "detail": "…", "retry_at": None}
    moments = dict.fromkeys(("first_failed_at", "last_failed_at"), LONG_AGO)
    retry = {"failure": failure, "due_at": LONG_AGO, "decided": True, "charged": 0, "in_a_row": 1, **moments}
    later = {**retry, "due_at": datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)}
    lease = {"owner": "a scraper of before", "expires_at": LONG_AGO}
    states: list[dict[str, Any]] = [
        {"state": "queued", "requested_at": LONG_AGO},
        {"state": "running", "requested_at": LONG_AGO, "token": 2, "lease": lease},
        {"state": "waiting", "retry": retry},
        {"state": "waiting", "retry": later},
        {"state": "abandoned", "retry": retry},
        {"state": "queued", "requested_at": LONG_AGO},
    ]
    for number, state in enumerate(states):
        id_ = f"youtube:unfinished{number}"
        url = f"https://www.youtube.com/watch?v=unfinished{number}"
        document: Any = {"_id": id_, "accession": 900 + number, "url": url, "title": None, "words": [], "spelled": "  "}
        document |= {"extractor": "youtube", "source_id": id_[8:], "duration_seconds": 2**40, "playlists": [PLAYLIST]}
        document |= {"profiles": [DEFAULT_PROFILE], "state_since": LONG_AGO, "accepted_at": LONG_AGO, "token": 1}
        await catalog.videos.insert_one(document | {"attempts": 0} | state)
    await raise_counter(catalog)
    deleted = await catalog.videos.find_one({"_id": "youtube:unfinished5"})
    assert deleted is not None
    await delete_video(catalog, deleted)
    # Never stored anywhere, and its end is noted: see `services.sync.purge`.
    await catalog.videos.update_one({"_id": deleted["_id"]}, {"$set": {"tombstone.purged_at": LONG_AGO}})
    listing: Any = {
        "_id": "youtube:PLlisting",
        "url": "https://www.youtube.com/playlist?list=PLlisting",
        "lease": lease,
    }
    listing |= dict.fromkeys(("state_since", "accepted_at", "submitted_at"), LONG_AGO)
    await catalog.playlists.insert_one(listing | {"state": "expanding", "attempts": 0, "charged": 0})
    key: Any = {"_id": "somebody", "name": "radio", "sha256": "0" * 64, "scope": "read", "created_at": LONG_AGO}
    await catalog.keys.insert_one(key | {"expires_at": None, "revoked_at": None, "used_at": None})
    session: Any = {"_id": "signed in", "expires_at": datetime.now(UTC) + timedelta(hours=1)}
    await catalog.sessions.insert_one(session)
    # Of a version to come: whatever it is for, it is not forgotten.
    await catalog.collection_as_it_is("of_tomorrow").insert_one({"_id": "x", "what": b"\x00\xff", "when": LONG_AGO})
    await catalog.close()
