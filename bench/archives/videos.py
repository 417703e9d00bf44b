"""How long does GET /v1/videos take in a large archive, page by page and filter by filter?"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from itertools import cycle, islice

import httpx
from pymongo import AsyncMongoClient

from bench.archives.archive import LICENCES, REASONS, Vocabulary, fill
from bench.measuring import quantile
from dev.stack import Stack
from services.api.http import cursor
from shared.catalog.connection import Catalog
from shared.catalog.search.pages import FIRST_WIDTH, VideoCursor

VIDEOS = 200_000
LIMIT = 100
#: Timed requests for each query, and untimed ones before them.
REQUESTS, UNTIMED = 100, 5
REQUEST_SECONDS = 120

#: Only the API, which starts when the archive is filled.
SERVICES: tuple[str, ...] = ()
SETTINGS = {"API_REQUESTS_PER_MINUTE": "10000000"}
QUESTIONS = (
    "first page",
    "deep page",
    "state",
    "rare state",
    "state, deep",
    "reason",
    "state and reason",
    "playlist",
    "playlist and state",
    "channel",
    "licence",
    "licence, deep",
    "text, one word",
    "text, two words",
    "nothing fits",
)


def _figure(question: str) -> str:
    return f"videos_{question.replace(', ', '_').replace(' ', '_')}"


AIMS = {f"{_figure(name)}_p99_ms": "< 100" for name in QUESTIONS}
MEANINGS = {
    "videos_fill_seconds": f"putting {VIDEOS:,} documents into the catalog",
    **{
        f"{_figure(name)}_{part}_ms": f"GET /v1/videos, {LIMIT} of {VIDEOS:,}: {name}"
        for name in QUESTIONS
        for part in ("p50", "p99")
    },
}


def run(stack: Stack) -> dict[str, float]:
    """Fill a catalog, start the API on it, and time the queries."""
    vocabulary = Vocabulary()
    began = time.perf_counter()
    asyncio.run(_fill(stack, vocabulary))
    figures = {"videos_fill_seconds": round(time.perf_counter() - began, 1)}
    stack.start_services(("api",), SETTINGS)
    headers = {"Authorization": f"Bearer {stack.exports['API_KEY']}"}
    with httpx.Client(
        base_url=stack.exports["API_URL"], headers=headers, trust_env=False, timeout=REQUEST_SECONDS
    ) as client:
        for name in QUESTIONS:
            milliseconds = [_timed(client, query) for query in islice(_queries(name, vocabulary), UNTIMED + REQUESTS)]
            figures[f"{_figure(name)}_p50_ms"] = round(quantile(milliseconds[UNTIMED:], 0.5), 1)
            figures[f"{_figure(name)}_p99_ms"] = round(quantile(milliseconds[UNTIMED:], 0.99), 1)
    return figures


async def _fill(stack: Stack, vocabulary: Vocabulary) -> None:
    # Without time limits: this amount fills the server's cache, and the server may pause to write.
    catalog = Catalog(AsyncMongoClient(stack.exports["MONGO_URI"]), stack.exports.get("MONGO_DATABASE", "fonoteca"))
    try:
        await catalog.ensure_indexes()
        await fill(catalog, VIDEOS, vocabulary)
    finally:
        await catalog.close()


def _queries(name: str, vocabulary: Vocabulary) -> Iterator[dict[str, str]]:
    """Return the parameters of one query; they vary between requests if the query has any."""
    chance = random.Random(13)
    deep = cursor.encode(VideoCursor(VIDEOS // 2, FIRST_WIDTH * LIMIT))
    each: dict[str, Iterator[dict[str, str]]] = {
        "first page": cycle([{}]),
        "deep page": ({"cursor": _somewhere(chance)} for _ in cycle([0])),
        "state": cycle([{"state": "stored"}]),
        "rare state": cycle([{"state": "running"}]),
        "state, deep": cycle([{"state": "stored", "cursor": deep}]),
        "reason": ({"reason": reason} for reason in cycle(REASONS)),
        "state and reason": ({"state": "abandoned", "reason": reason} for reason in cycle(REASONS)),
        "playlist": ({"playlist": id_} for id_ in cycle(vocabulary.playlists)),
        "playlist and state": ({"playlist": id_, "state": "waiting"} for id_ in cycle(vocabulary.playlists)),
        "channel": ({"channel": name_} for name_ in cycle(vocabulary.channels)),
        "licence": cycle([{"licence": LICENCES[1] or ""}, {"licence": "unknown"}]),
        "licence, deep": cycle([{"licence": LICENCES[1] or "", "cursor": deep}]),
        "text, one word": ({"text": chance.choice(vocabulary.words)} for _ in cycle([0])),
        "text, two words": ({"text": " ".join(chance.sample(vocabulary.words, 2))} for _ in cycle([0])),
        "nothing fits": ({"text": f"absent{n}"} for n, _ in enumerate(cycle([0]))),
    }
    return each[name]


def _somewhere(chance: random.Random) -> str:
    return cursor.encode(VideoCursor(chance.randrange(LIMIT, VIDEOS), FIRST_WIDTH * LIMIT))


def _timed(client: httpx.Client, query: dict[str, str]) -> float:
    began = time.perf_counter()
    answer = client.get("/v1/videos", params={"limit": str(LIMIT), **query})
    milliseconds = 1000 * (time.perf_counter() - began)
    answer.raise_for_status()
    return milliseconds
