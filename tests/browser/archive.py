"""An archive to look at: a playlist of the local site with what a real one has, and what a person has to do."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import aio_pika

from cli.api.client import Client
from dev.site import client as site
from tests.e2e.pipeline import eventually, playlist_in

#: A title that would be run if it were put into a page as markup.
MARKUP = '<img src=x onerror="document.title=`harmed`"> & <b>bold</b>'
LICENCE = "Creative Commons Attribution license (reuse allowed)"
CHANNEL = "Radio du Zou"


@dataclass(frozen=True)
class Archive:
    """What is in it. Videos are ids as the API has them."""

    playlist: str
    speech: str
    tale: str
    markup: str
    private: str
    refused_playlist: str


def fill(exports: Mapping[str, str], client: Client) -> Archive:
    """Collect it, and wait until everything in it has ended or waits."""
    mark = uuid.uuid4().hex[:6]
    ids = {name: f"{name}-{mark}" for name in ("talk", "tale", "mark", "priv", "gone")}
    videos: list[dict[str, Any]] = [
        {"id": ids["talk"], "title": "Fongbè: leçon un, les salutations", "seconds": 12, "licence": LICENCE},
        {"id": ids["tale"], "title": "Conte du soir: Yogbo", "seconds": 8, "sound": "music"},
        {"id": ids["mark"], "title": MARKUP, "seconds": 5},
        {"id": ids["priv"], "title": "Une répétition", "trouble": "private", "placeholder": False},
        {"id": ids["gone"], "title": "Retirée", "trouble": "removed", "placeholder": False},
    ]
    list_id = f"PLbrowser{mark}"
    url = site.add_playlist(
        exports, list_id, [{"channel": CHANNEL, **video} for video in videos], title="Archives du Zou"
    )
    refused = client.submit(f"PLnothere{mark}")["id"]
    playlist = client.submit(url)["id"]
    park(exports, client, '{"list": "of nobody"}')
    playlist_in(client, playlist, "expanded")
    playlist_in(client, refused, "refused")

    def settled() -> bool:
        found = list(client.videos(playlist=playlist))
        return len(found) == len(videos) and all(
            v["mirror"] if v["state"] == "stored" else v["failure"] is not None for v in found
        )

    eventually(settled, "end of the archive")
    return Archive(
        playlist=playlist,
        speech=f"youtube:{ids['talk']}",
        tale=f"youtube:{ids['tale']}",
        markup=f"youtube:{ids['mark']}",
        private=f"youtube:{ids['priv']}",
        refused_playlist=refused,
    )


def park(exports: Mapping[str, str], client: Client, body: str) -> None:
    """Publish a message that no code can process, and wait until it is parked."""
    # In a thread of its own: in this one Playwright may keep an event loop running.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _publish(exports["RABBITMQ_URL"], body.encode())).result()
    eventually(lambda: [p for p in client.parked() if p["body"] == body], "parked message")


async def _publish(broker_url: str, body: bytes) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange("fonoteca.work")
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await exchange.publish(message, "playlist.submitted.v1")
