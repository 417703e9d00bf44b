"""Defects in the running system: what is hostile ends, everything else goes on, and a retry takes it up again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import aio_pika
import pytest
from pymongo import MongoClient

from cli.api.client import ApiProblem, Client
from dev.stack import Stack
from tests.e2e.conftest import SETTINGS
from tests.e2e.pipeline import eventually, playlist_in, when_ended
from tests.site import requests_of

BAD = "youtube:endlessbad1"


@pytest.fixture
def videos(stack: Stack) -> Iterator[Any]:
    """The videos of the running services, past all our code."""
    with MongoClient[dict[str, Any]](stack.exports["MONGO_URI"]) as client:
        yield client[stack.exports["MONGO_DATABASE"]]["videos"]


@pytest.fixture
def impatient_sweeper(stack: Stack) -> Iterator[None]:
    """A retry service that publishes again what is overdue by a second: the broken document fails in several sweeps."""
    stack.stop_programs(["retry"])
    stack.start_services(("retry",), {**SETTINGS, "RETRY_SWEEP_GRACE_SECONDS": "1", "RETRY_SWEEP_SECONDS": "1"})
    yield
    stack.stop_programs(["retry"])
    stack.start_services(("retry",), SETTINGS)


def publish(stack: Stack, body: bytes) -> None:
    """Publish a submission as anybody may."""

    async def once() -> None:
        async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange("fonoteca.work", ensure=False)
            await exchange.publish(aio_pika.Message(body), "playlist.submitted.v1")

    asyncio.run(once())


def test_a_limit_beyond_all_numbers_lists_nothing_and_harms_nothing(
    stack: Stack, client: Client, add_to_site: Callable[..., str]
) -> None:
    url = add_to_site("PLendless0001", [{"id": "endlessgood", "title": "Goes on"}])
    with pytest.raises(ApiProblem):
        client.submit(url, {"limit": 10**30})
    parked = len(list(client.parked()))
    publish(stack, f'{{"url": "{url}", "limit": 1{"0" * 30}}}'.encode())
    eventually(lambda: len(list(client.parked())) == parked + 1, "parked message")
    [message] = [each for each in client.parked() if url in each["body"]]
    assert "limit" in message["reason"]
    assert requests_of(stack, "playlist", "PLendless0001") == 0
    client.submit(url)
    [video] = when_ended(client, "youtube:PLendless0001", videos=1)
    assert (video["state"], video["attempts"]) == ("stored", 1)
    assert requests_of(stack, "playlist", "PLendless0001") == 1


@pytest.mark.usefixtures("impatient_sweeper")
def test_a_broken_document_ends_and_is_stored_once_it_is_mended(
    stack: Stack, client: Client, add_to_site: Callable[..., str], videos: Any
) -> None:
    url = add_to_site(
        "PLendless0002", [{"id": "endlessbad1", "title": "Broken"}, {"id": "endlessfine", "title": "Well"}]
    )
    client.submit(url)
    when_ended(client, "youtube:PLendless0002", videos=2)
    downloads = requests_of(stack, "page", "endlessbad1")
    before = videos.find_one({"_id": BAD})
    # It waits for its time, which is no time; and its number of attempts is no number.
    videos.update_one(
        {"_id": BAD},
        {
            "$set": {"state": "waiting", "attempts": "many", "retry": {"due_at": "soon"}},
            "$unset": {"audio": "", "mirror": ""},
        },
    )

    def given_up() -> Any:
        found = [video for video in client.videos(reason="defect") if video["id"] == BAD]
        return found[0] if found and found[0]["state"] == "abandoned" else None

    shown = eventually(given_up, "end of the broken one")
    assert re.search(r"in services/retry/sweeper\.py:\d+", shown["failure"]["detail"])
    assert any(row["reason"] == "defect" for row in client.reasons())
    assert requests_of(stack, "page", "endlessbad1") == downloads, "nothing was fetched for it"
    videos.update_one({"_id": BAD}, {"$set": {"attempts": before["attempts"]}})
    assert client.decide({"action": "retry", "reason": "defect"})["videos"] == 1
    stored = when_ended(client, "youtube:PLendless0002", videos=2)
    assert {video["state"] for video in stored} == {"stored"}
    assert "defects" not in videos.find_one({"_id": BAD})
    assert playlist_in(client, "youtube:PLendless0002", "expanded")
