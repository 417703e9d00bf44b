"""Nothing that is not on the public internet is ever asked, whatever leads there: the real yt-dlp in a real worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dev.stack import Stack
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import Evidence, classify
from services.scraper.workers.pool import Workers, listing

POLITE = SourceRules(request_interval=0, extractors=("youtube.*",))
#: As for somebody who opened it all up.
GENERIC = SourceRules(request_interval=0, extractors=("default",))
AddPlaylist = Callable[..., str]


class Trap:
    """A server on loopback that counts who comes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.visits = 0


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    found: list[Trap] = []

    async def visited(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found[0].visits += 1
        writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    found.append(Trap(server.sockets[0].getsockname()[1]))
    async with server:
        yield found[0]


@pytest.fixture
def workers() -> Iterator[Workers]:
    """A pool whose workers reach the local site by its proxy."""
    pool = Workers(slots=1, tasks_per_worker=50)
    yield pool
    asyncio.run(pool.close())


async def outcome(workers: Workers, url: str, folder: Path, rules: SourceRules = POLITE) -> str:
    result = (await workers.fetch(url, folder, rules, 60)).result
    if isinstance(result, Downloaded):
        return "downloaded"
    failure = classify(result, datetime.now(UTC))
    return f"{failure.failure_class.value} {failure.reason}: {failure.detail}"


@pytest.mark.usefixtures("through_the_site")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
@pytest.mark.parametrize("way", ["media_url", "media_redirect"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_page_or_a_redirect_that_leads_inside_is_not_followed(
    workers: Workers, add_playlist: AddPlaylist, tmp_path: Path, trap: Trap, host: str, way: str, scheme: str
) -> None:
    video = {"id": "guardinside", "title": "Leads inside", way: f"{scheme}://{host}:{trap.port}/media"}
    add_playlist("PLguardinside1", [video])
    ended = await outcome(workers, "https://www.youtube.com/watch?v=guardinside", tmp_path)
    assert ended.startswith("permanent private-address: "), ended
    assert trap.visits == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.1.nip.invalid"])
async def test_not_even_with_every_extractor_allowed(workers: Workers, tmp_path: Path, trap: Trap, host: str) -> None:
    ended = await outcome(workers, f"http://{host}:{trap.port}/media.mp3", tmp_path, GENERIC)
    assert "downloaded" not in ended
    assert trap.visits == 0
    async for batch in listing(f"http://{host}:{trap.port}/list", GENERIC, 60):
        assert all(isinstance(item, Evidence) for item in batch)
    assert trap.visits == 0


async def test_the_proxy_that_the_operator_names_is_meant_wherever_it_is(
    workers: Workers,
    add_playlist: AddPlaylist,
    tmp_path: Path,
    servers: Stack,
    monkeypatch: pytest.MonkeyPatch,
    trap: Trap,
) -> None:
    """The local site's proxy is on loopback; what it is asked for is looked at all the same."""
    monkeypatch.setenv("SSL_CERT_FILE", servers.exports["FONOTECA_SITE_CA"])
    behind = replace(POLITE, proxy=servers.exports["FONOTECA_SITE_PROXY"])
    add_playlist("PLguardproxy1", [{"id": "guardproxy1", "title": "x"}])
    (tmp_path / "good").mkdir()
    good = await outcome(workers, "https://www.youtube.com/watch?v=guardproxy1", tmp_path / "good", behind)
    assert good == "downloaded"
    add_playlist("PLguardproxy2", [{"id": "guardproxy2", "title": "x", "media_url": f"http://localhost:{trap.port}/"}])
    (tmp_path / "bad").mkdir()
    ended = await outcome(workers, "https://www.youtube.com/watch?v=guardproxy2", tmp_path / "bad", behind)
    assert ended.startswith("permanent private-address: "), ended
    assert trap.visits == 0


async def test_the_development_switch_opens_it(workers: Workers, tmp_path: Path, trap: Trap) -> None:
    """And the trap does count who comes."""
    opened = SourceRules(request_interval=0, extractors=("default",), private_hosts=True)
    await outcome(workers, f"http://127.0.0.1:{trap.port}/media.mp3", tmp_path, opened)
    assert trap.visits > 0
