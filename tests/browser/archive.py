"""An archive to look at: a playlist of the local site with what a real one has, and what a person has to do."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika

from cli.api.client import Client
from cli.api.crawls import CrawlRequests
from cli.api.sources import Sources
from dev.site import client as site
from shared.crawling.definition import CrawlDefinition
from shared.following.definition import SourceDefinition
from tests import endpoints
from tests.e2e.pipeline import eventually, playlist_in

#: A title that would be run if it were put into a page as markup.
MARKUP = '<img src=x onerror="document.title=`harmed`"> & <b>bold</b>'
LICENCE = "Creative Commons Attribution license (reuse allowed)"
CHANNEL = "Radio du Zou"
#: What somebody may call a thing: without a space at which a line could end, and as long as most names may be.
LONG = "Kpodjilé" * 12
#: Where nobody answers.
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Archive:
    """What is in it. Videos are ids as the API has them."""

    playlist: str
    speech: str
    tale: str
    markup: str
    private: str
    refused_playlist: str
    source: str
    failing_source: str
    endpoint: str
    paused_endpoint: str
    people: str
    long_playlist: str
    long_video: str
    long_source: str
    long_endpoint: str


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
    long_playlist, long_video, long_source, long_endpoint = name_at_length(exports, client, mark)
    source, failing = follow(exports, client, mark)
    measure(client, url, mark)
    endpoint, paused, people = notify(
        exports, mark, [f"youtube:{ids[name]}" for name in ("talk", "tale", "mark")], failing
    )
    return Archive(
        playlist=playlist,
        speech=f"youtube:{ids['talk']}",
        tale=f"youtube:{ids['tale']}",
        markup=f"youtube:{ids['mark']}",
        private=f"youtube:{ids['priv']}",
        refused_playlist=refused,
        source=source,
        failing_source=failing,
        endpoint=endpoint,
        paused_endpoint=paused,
        people=people,
        long_playlist=long_playlist,
        long_video=long_video,
        long_source=long_source,
        long_endpoint=long_endpoint,
    )


def name_at_length(exports: Mapping[str, str], client: Client, mark: str) -> tuple[str, str, str, str]:
    """Give things the longest names they may have. Returns a playlist, a video, a source and an endpoint."""
    entry, name = f"long-{mark}", f"{mark}-{'kpodjile' * 9}"[:63]
    videos = [{"id": entry, "title": LONG, "channel": LONG, "seconds": 3, "licence": LONG}]
    url = site.add_playlist(exports, f"PLlong{mark}", videos, title=LONG)
    labels = {f"{mark}{'l' * 34}": LONG}
    Sources(client).add(SourceDefinition(name=name, address=url, every="6h", labels=labels))
    client.make_key(f"{mark}{'0' * 94}", "read", None)
    endpoints.put(exports, {"endpoints": [endpoints.endpoint(name, f"{NOWHERE}/{LONG}", enabled=False)]})
    park(exports, client, json.dumps({"url": LONG * 3}))
    eventually(lambda: Sources(client).looks(name, 1), "a look at the source with a long name")
    playlist: str = client.submit(url)["id"]
    video = f"youtube:{entry}"
    eventually(lambda: client.video(video)["state"] == "stored", "the recording with a long name")
    return playlist, video, name, name


def follow(exports: Mapping[str, str], client: Client, mark: str) -> tuple[str, str]:
    """Follow a source whose title is markup, one that fails, and one that is paused. Returns the names of two."""
    sources = Sources(client)
    entries = [{"id": f"zou{n}-{mark}", "title": f"Journal {n}", "seconds": 3} for n in range(4)]
    url = site.add_playlist(exports, f"PLfollowed{mark}", entries, title=MARKUP)
    source, failing = f"radio-zou-{mark}", f"fermee-{mark}"
    sources.add(SourceDefinition(name=source, address=url, every="6h", first=2, labels={"language": "fon"}))
    sources.add(SourceDefinition(name=failing, address=f"PLnotthere{mark}"))
    sources.add(SourceDefinition(name=f"en-pause-{mark}", address=f"PLpaused000{mark}", enabled=False))
    eventually(lambda: all(sources.looks(name, 1) for name in (source, failing)), "a look at each source")
    return source, failing


def measure(client: Client, url: str, mark: str) -> None:
    """Measure a list by a crawl, and by one with the longest name."""
    crawls = CrawlRequests(client)
    names = f"soir-{mark}", f"{mark}-{'kpodjile' * 9}"[:63]
    for name in names:
        crawls.start(CrawlDefinition(name=name, addresses=(url,), pings=1, delay_seconds=0))
    eventually(lambda: all(crawls.one(name)["state"] == "done" for name in names), "the ends of the crawls")


def notify(exports: Mapping[str, str], mark: str, videos: list[str], failing: str) -> tuple[str, str, str]:
    """Add endpoints of each kind and state, deliveries and a notice. Returns a failing and a paused one, and people."""
    now = datetime.now(UTC)
    names = radio, chat, old, *_ = [f"{name}-{mark}" for name in ("radio-site", "chat", "ancien-site", "script")]
    rule = {
        "tell": ["source-failing", "person-needed", "summary"],
        "digest": "cron 0 18 * * 5 Africa/Porto-Novo",
        "summary": "never",
    }
    paused: dict[str, Any] = {"paused_at": now - timedelta(days=2), "paused_why": "it answered 410 Gone", "failures": 5}
    refused = {"status": 503, "error": "it answered 503"}
    notice = {
        "_id": f"source-failing/{failing}",
        "kind": "source-failing",
        "title": f"{failing} fails",
        "text": f"The last 3 looks at {failing} failed.\nCheck that its list still exists.",
        "source": failing,
        "at": now - timedelta(hours=3),
        # Of the future, so that it is not over before all has been looked at.
        "seen_at": now + timedelta(days=1),
        "raised_at": now,
    }
    endpoints.put(
        exports,
        {
            "endpoints": [
                endpoints.endpoint(radio, f"{NOWHERE}/hooks/fonoteca", ["audio.mirrored.v1"], failures=1),
                endpoints.endpoint(
                    chat, "mailtos://", kind="people", rule={**rule, "labels": {"language": "fon"}}, enabled=False
                ),
                endpoints.endpoint(old, f"{NOWHERE}/{'long-address/' * 8}", **paused),
                endpoints.endpoint(
                    names[3], "archive_hooks:on_event", ["video.abandoned.v1"], kind="hook", enabled=False
                ),
            ],
            "deliveries": [
                endpoints.delivery(radio, 1, 9, videos[0]),
                endpoints.delivery(radio, 2, 7, videos[1], **refused, attempts=3),
                endpoints.delivery(radio, 3, 5, videos[2], **refused, attempts=9, failed_at=now),
                endpoints.delivery(chat, 5, 4000, failing, status=None, event_type="source.checked.v1"),
                endpoints.delivery(old, 4, 3000, failing, status=410, error="it answered 410 Gone", failed_at=now)
                | {"event_type": "source.checked.v1"},
            ],
            "notices": [notice],
        },
    )
    return radio, old, chat


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
