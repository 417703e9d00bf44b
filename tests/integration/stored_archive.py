"""A served API with stored recordings, in the real catalog and the real store, without anything that fetched them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from services.api.auth.authenticator import Authenticator
from services.api.backend import Backend
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.catalog.search.accessions import take_numbers
from shared.runtime.http import serve_http
from shared.storage.keys import content_type_of, object_key

KEY = "the first key of all, long enough"
PLAYLIST = "youtube:PLgetting0001"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass
class Archive:
    """What is served, and where."""

    backend: Backend
    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self.port}"

    def http(self, **options: Any) -> httpx.AsyncClient:
        """A client without a key."""
        return httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=60, **options)

    async def put(self, source_id: str, files: dict[str, bytes] | None = None, **known: Any) -> dict[str, Any]:
        """A stored video. `files`: name → content, the main profile first; returns its document."""
        [number] = await take_numbers(self.backend.catalog, 1)
        files = files or {"mp3-320.mp3": source_id.encode() * 1000}
        video_id = source_id if ":" in source_id else f"youtube:{source_id}"
        objects = [await self._put_file(video_id, name, content) for name, content in files.items()]
        sounds = [found for found in objects if "profile" in found]
        metadata = {name: known.pop(name, None) for name in ("channel", "upload_date", "licence", "language")}
        document = {
            "_id": video_id,
            "accession": number,
            "state": "stored",
            "state_since": NOW,
            "accepted_at": NOW,
            "token": 1,
            "url": f"https://www.youtube.com/watch?v={source_id}",
            "title": f"Title of {source_id}",
            "attempts": 1,
            "playlists": [PLAYLIST],
            "profiles": [sound["profile"] for sound in sounds],
            "duration_seconds": 61.6,
            "metadata": metadata,
            "audio": sounds[0],
            "further": sounds[1:],
            "beside": [found for found in objects if "kind" in found],
            **known,
        }
        await self.backend.catalog.videos.insert_one(document)  # type: ignore[arg-type]
        playlist = {
            "url": "https://www.youtube.com/playlist?list=PLgetting0001",
            "title": "Contes & légendes",
            "state": "expanded",
            "submitted_at": NOW,
        }
        await self.backend.catalog.playlists.update_one({"_id": PLAYLIST}, {"$set": playlist}, upsert=True)
        return document

    async def replace(self, video_id: str, name: str, content: bytes) -> None:
        """Put another content in the place of a recording, as fetching it again does."""
        found = await self._put_file(video_id, name, content)
        await self.backend.catalog.videos.update_one({"_id": video_id}, {"$set": {"audio": found}})

    async def _put_file(self, video_id: str, name: str, content: bytes) -> dict[str, Any]:
        key = object_key(video_id, name)
        path = self.folder / "put"
        path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        await self.backend.store.put_file(key, path, content_type_of(key), {"sha256": sha256})
        found = {"key": key, "sha256": sha256, "size_bytes": len(content)}
        if content_type_of(key).partition("/")[0] != "audio":
            return {**found, "kind": name.partition(".")[0]}
        return {
            **found,
            "profile": name.rpartition(".")[0],
            "bucket": self.backend.store.bucket,
            "duration_seconds": 61.6,
            "bitrate_kbps": 320,
            "codec": "mp3",
            "source_codec": "opus",
            "source_bitrate_kbps": 128.0,
            "source_format": None,
            "engine": "yt-dlp",
            "stored_at": NOW,
        }


@asynccontextmanager
async def served_archive(backend: Backend, folder: Path, **settings: Any) -> AsyncIterator[Archive]:
    """An archive without recordings, and its API on a port of its own."""
    folder.mkdir()
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY), **settings)))
    async with serve_http(app, "127.0.0.1", 0, "API") as port:
        yield Archive(backend, port, folder)
