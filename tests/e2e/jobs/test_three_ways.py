"""The command line, the API and messages take the same texts for the same playlists, and refuse the same."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aio_pika
import pytest

from cli.api.client import ApiProblem, Client
from cli.arguments.addresses import playlist_id, playlist_problem
from dev.stack import Stack
from shared.addresses.parse import playlist_address
from tests.e2e.pipeline import eventually

TAKEN = [
    "PLthreeways0001",
    "  PLthreeways0002\n",
    "Https://WWW.YouTube.COM/playlist?list=PLthreeways0003",
    "https://www.youtube.com:443/playlist?list=PLthreeways0004&si=x#y",
    "http://m.youtube.com./playlist/?list=PLthreeways0005",
    "https://music.youtube.com/playlist?list=RDCLAK5uy_threeways06",
    "@ThreeWays",
    "@F\u0254ngbe\u0300",
    "https://www.youtube.com/@threeways/Shorts/",
    "UCthreeways89abcdefghijk",
    "threeways10",
    "ytsearch2:three  ways",
    "https://youtu.be/threeways12?list=RDAMVMthreeways12",
    "HTTPS://Three.Ways.Example.ORG.:443/\u00e9?x=%c3%a9#",
    "https://www.youtube.com/c/\u0e2a\u0e33\u0e19\u0e31\u0e01\u0e02\u0e48\u0e32\u0e27",
]
REFUSED = [
    "ftp://example.org/three",
    "three ways",
    "https://www.youtube.com/playlist?list=x",
    "ytsearch:" + "\u0e2a" * 400,
]


def publish(stack: Stack, texts: list[str]) -> None:
    async def send() -> None:
        async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange("fonoteca.work", ensure=False)
            for text in texts:
                await exchange.publish(aio_pika.Message(json.dumps({"url": text}).encode()), "playlist.submitted.v1")

    asyncio.run(send())


def test_what_is_taken(stack: Stack, client: Client) -> None:
    expected = {text: playlist_address(text) for text in TAKEN}
    wanted = {address.playlist_id: address.url for address in expected.values()}
    publish(stack, TAKEN)

    def accepted() -> dict[str, str] | None:
        found = {playlist["id"]: playlist["url"] for playlist in client.playlists() if playlist["id"] in wanted}
        return found if len(found) == len(wanted) else None

    assert eventually(accepted, "playlists that came as messages") == wanted
    for text, address in expected.items():
        answer = client.submit(text)
        assert (answer["id"], answer["url"]) == address
        assert client.playlist(answer["id"])["id"] == playlist_id(text) == answer["id"]
        assert playlist_problem(text) is None


def url_in(client: Client, message: dict[str, Any]) -> object:
    """The address in a parked message; others that are parked here may be anything. Lists show the beginning alone."""
    whole = client.parked_message(message["id"]) if message["cut"] else message
    try:
        body = json.loads(whole["body"])
    except ValueError:
        return None
    return body.get("url") if isinstance(body, dict) else None


def test_what_is_refused(stack: Stack, client: Client) -> None:
    problems = {text: str(playlist_problem(text)) for text in REFUSED}
    publish(stack, REFUSED)
    for text, problem in problems.items():
        with pytest.raises(ApiProblem) as caught:
            client.submit(text)
        assert str(caught.value) == problem

    def parked() -> list[dict[str, Any]] | None:
        found = [message for message in client.parked() if url_in(client, message) in REFUSED]
        return found if len(found) == len(REFUSED) else None

    for message in eventually(parked, "parked messages"):
        assert problems[str(url_in(client, message))] in message["reason"]
        client.drop_parked(message["id"])
