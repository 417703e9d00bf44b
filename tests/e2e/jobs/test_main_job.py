"""The main job: a playlist message on the broker ends as verified MP3s in both stores, whatever its videos do."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import aio_pika

from cli.api.client import Client
from cli.waiting import settled
from dev.checks.archive_check import check_video, stored_metadata
from dev.demo.playlist import demo_videos
from dev.demo.run import judge, publish
from dev.site.client import set_latency
from dev.stack import Stack
from tests.e2e.pipeline import eventually, playlist_in, when_ended
from tests.site import requests_of, site_requests

AddToSite = Callable[..., str]


def test_a_playlist_of_good_and_bad_videos(stack: Stack, client: Client, add_to_site: AddToSite) -> None:
    expected = {f"youtube:{video.site['id']}": video for video in demo_videos()}
    url = add_to_site("PLmainjob0001", [video.site for video in expected.values()], title="Main job")
    asyncio.run(publish(url, stack.exports))
    playlist_in(client, "youtube:PLmainjob0001", "expanded")
    ends = {id_: video.ends for id_, video in expected.items()}

    def as_expected() -> list[dict[str, Any]] | None:
        found = list(client.videos(playlist="youtube:PLmainjob0001"))
        states = {v["id"]: v["state"] for v in found}
        return found if states == ends and all(v["mirror"] for v in found if v["state"] == "stored") else None

    videos = eventually(as_expected, f"end of every video as {ends}")
    checks = {v["id"]: check_video(v, stack.exports) for v in videos if v["state"] == "stored"}
    assert judge(videos, checks, expected) == {}
    assert {checked.bitrate_kbps for checked in checks.values()} == {320}

    flaky = client.attempts("youtube:flaky-503-1")
    assert [(a["status"], a["reason"], a["retry_attempts"]) for a in flaky] == [
        ("failed", "server-error", 0),
        ("stored", None, 1),
    ]
    assert "503" in flaky[0]["error"]
    assert flaky[1]["last_retry"] is not None

    *before, at_last = client.attempts("youtube:prem-soon01")
    assert {(a["status"], a["reason"]) for a in before} <= {("failed", "not-yet")}
    begins_at = expected["youtube:prem-soon01"].site["premieres_at"]
    assert datetime.fromisoformat(at_last["timestamp"]).timestamp() >= begins_at

    speech = next(v for v in videos if v["id"] == "youtube:fon-speech1")
    assert (speech["title"], speech["channel"]) == ("Fongbè: gbe tɔn e nyí xó", "Radio Fonoteca")
    assert speech["licence"] == "Creative Commons Attribution license (reuse allowed)"
    on_object = stored_metadata(speech["audio"]["key"], stack.exports)
    assert on_object["title"] == speech["title"]
    assert on_object["source-url"] == speech["url"]
    assert on_object["sha256"] == speech["audio"]["sha256"]
    assert on_object["codec"] == "mp3"

    work = Path(stack.state.folder) / "work"
    eventually(lambda: [p for p in work.rglob("*") if p.is_file() and p.name != "lock"] == [], "empty work folder")


#: Videos that must be stored, and videos that must never be, with the reason.
WHOLE_ORIGINALS: list[dict[str, Any]] = [
    {"id": "wholegood01", "title": "Good", "seconds": 12},
    {"id": "wholedub001", "title": "With dubs", "seconds": 12, "language": "fon", "dubs": ["en", "fr"]},
    {"id": "wholeemoji1", "title": "🎧" * 87, "seconds": 5},
    {"id": "wholedots01", "title": "..", "seconds": 5},
    {"id": "wholeslash1", "title": "../../../etc/passwd", "seconds": 5},
    {"id": "--exec-true", "title": "-o /tmp/%(title)s", "seconds": 5},
]
NEVER_STORED: list[tuple[str, dict[str, Any]]] = [
    ("broken-at-source", {"id": "nevershort1", "title": "Cut short", "seconds": 30, "trouble": "cut-short"}),
    ("broken-at-source", {"id": "neverdamag1", "title": "Damaged", "seconds": 30, "trouble": "damaged"}),
    ("track-missing", {"id": "neverdubbd1", "title": "Dubs alone", "dubs": ["en", "fr"], "original_offered": False}),
    ("age-restricted", {"id": "neveradult1", "title": "Age-gated", "trouble": "age"}),
    ("country", {"id": "neverlocked", "title": "Locked", "trouble": "country"}),
]


def test_only_whole_originals_are_stored(stack: Stack, client: Client, add_to_site: AddToSite) -> None:
    client.submit(add_to_site("PLonlywhole01", [*WHOLE_ORIGINALS, *(video for _, video in NEVER_STORED)]))
    wanted: dict[str, str | None] = {f"youtube:{video['id']}": None for video in WHOLE_ORIGINALS}
    wanted |= {f"youtube:{video['id']}": reason for reason, video in NEVER_STORED}

    def as_wanted() -> list[dict[str, Any]] | None:
        found = list(client.videos(playlist="youtube:PLonlywhole01"))
        ended = {v["id"]: v["failure"] and v["failure"]["reason"] for v in found if v["state"] != "queued"}
        return found if ended == wanted and all(v["attempts"] and v["state"] != "running" for v in found) else None

    videos = eventually(as_wanted, "end of every video")
    stored = {video["id"]: video for video in videos if video["state"] == "stored"}
    assert set(stored) == {f"youtube:{video['id']}" for video in WHOLE_ORIGINALS}
    eventually(lambda: all(client.video(id_)["mirror"] for id_ in stored), "mirror")
    for id_ in stored:
        assert check_video(client.video(id_), stack.exports).problems == ()
    dubbed = stored_metadata(stored["youtube:wholedub001"]["audio"]["key"], stack.exports)
    assert dubbed["language"] == "fon"
    assert {video["audio"]["key"] for video in stored.values()} == {
        f"audio/youtube/{video['id'][:2]}/{video['id']}/mp3-320.mp3" for video in WHOLE_ORIGINALS
    }


def test_a_video_of_two_playlists_is_fetched_once_and_belongs_to_both(
    stack: Stack, client: Client, add_to_site: AddToSite
) -> None:
    shared_video = {"id": "inbothlists", "title": "In both"}
    first = add_to_site("PLtwolists001", [shared_video, {"id": "onlyfirst01", "title": "First"}])
    second = add_to_site("PLtwolists002", [{"id": "onlysecond1", "title": "Second"}, shared_video])
    for url in (first, second):
        client.submit(url)
    when_ended(client, "youtube:PLtwolists001", videos=2)
    when_ended(client, "youtube:PLtwolists002", videos=2)
    assert sorted(client.video("youtube:inbothlists")["playlists"]) == [
        "youtube:PLtwolists001",
        "youtube:PLtwolists002",
    ]
    assert requests_of(stack, "page", "inbothlists") == 1


def test_submitting_again_requests_only_what_is_new(stack: Stack, client: Client, add_to_site: AddToSite) -> None:
    old = [{"id": f"resubmit{n:03}", "title": f"{n}"} for n in range(3)]
    url = add_to_site("PLresubmit001", old)
    client.submit(url)
    when_ended(client, "youtube:PLresubmit001", videos=3)
    add_to_site("PLresubmit001", [*old, {"id": "resubmitnew", "title": "new"}])
    client.submit(url)
    videos = when_ended(client, "youtube:PLresubmit001", videos=4)
    assert {v["attempts"] for v in videos} == {1}
    assert [requests_of(stack, "page", v["id"].removeprefix("youtube:")) for v in videos] == [1, 1, 1, 1]


def test_the_first_video_is_requested_before_the_listing_ends(
    stack: Stack, client: Client, add_to_site: AddToSite
) -> None:
    removed = {"title": "Removed", "trouble": "removed", "placeholder": False}
    url = add_to_site("PLstreaming01", [{"id": f"stream{n:05}", **removed} for n in range(250)])
    # The pages of its listing come slowly, so that what comes between them can be seen.
    set_latency(stack.exports, 1)

    async def first_request() -> float:
        async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection, asyncio.timeout(60):
            channel = await connection.channel()
            queue = await channel.declare_queue(exclusive=True)
            await queue.bind("fonoteca.work", "video.requested.v1")
            client.submit(url)
            async with queue.iterator(no_ack=True) as requests:
                async for request in requests:
                    if b"youtube:stream" in request.body:
                        return time.time()
            raise AssertionError("no request came")

    try:
        requested_at = asyncio.run(first_request())
        playlist_in(client, "youtube:PLstreaming01", "expanded")
    finally:
        set_latency(stack.exports, 0)
    pages = [at for at, kind, id_ in site_requests(stack)["log"] if (kind, id_) == ("continuation", "PLstreaming01")]
    assert len(pages) == 2
    assert requested_at < max(pages)
    assert client.playlist("youtube:PLstreaming01")["found"] == 250
    eventually(lambda: settled(client.playlist("youtube:PLstreaming01")), "end of the 250 removed videos")


def test_a_bad_message_is_parked_and_the_rest_flows_on(stack: Stack, client: Client, add_to_site: AddToSite) -> None:
    url = add_to_site("PLafterbad001", [{"id": "afterbad001", "title": "After the bad one"}])
    bodies = [b"{", b'{"url": "not a url"}', b'{"url": "https://www.youtube.com/playlist?list=x"}']
    bodies.append(b'{"specversion":"1.0","type":"playlist.submitted.v2","data":{}}')

    async def send() -> None:
        async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange("fonoteca.work", ensure=False)
            for body in [*bodies, json.dumps({"url": url}).encode()]:
                await exchange.publish(aio_pika.Message(body), "playlist.submitted.v1")

    asyncio.run(send())
    texts = {body.decode() for body in bodies}

    def all_parked() -> list[dict[str, Any]] | None:
        parked = [p for p in client.parked("scraper.playlists") if p["body"] in texts]
        return parked if len(parked) == len(bodies) else None

    parked = eventually(all_parked, "parked messages")
    reasons = " | ".join(p["reason"] for p in parked)
    for why in ("not JSON", "url: 'not a url' is neither", "names no playlist", "unknown message type"):
        assert why in reasons
    replayed = client.replay(parked[0]["id"])
    eventually(lambda: [p for p in client.parked() if p["body"] == replayed["body"]], "the replayed one again")
    for message in client.parked("scraper.playlists"):
        client.drop_parked(message["id"])
    assert list(client.parked("scraper.playlists")) == []
    when_ended(client, "youtube:PLafterbad001", videos=1)


def test_playlists_that_cannot_be_listed_say_why(client: Client, add_to_site: AddToSite) -> None:
    client.submit("https://www.youtube.com/playlist?list=PLnosuchlist0001")
    add_to_site("PLemptylist01", [])
    client.submit("PLemptylist01")
    unsupported = client.submit("https://example.org/some/page")["id"]
    missing = playlist_in(client, "youtube:PLnosuchlist0001", "refused")
    assert missing["failure"]["reason"] == "no-such-playlist"
    assert "does not exist" in missing["failure"]["detail"]
    assert playlist_in(client, "youtube:PLemptylist01", "refused")["failure"]["reason"] == "empty-playlist"
    assert playlist_in(client, unsupported, "refused")["failure"]["reason"] == "unsupported-address"


def test_one_bad_video_does_not_hold_up_the_good_ones(client: Client, add_to_site: AddToSite) -> None:
    good = [{"id": f"goodones{n:03}", "title": "good"} for n in range(3)]
    url = add_to_site("PLonebadone01", [{"id": "badcopyrigh", "title": "bad", "trouble": "copyright"}, *good])
    client.submit(url)
    videos = when_ended(client, "youtube:PLonebadone01", videos=4)
    states = {v["id"]: (v["state"], (v["failure"] or {}).get("reason")) for v in videos}
    assert states.pop("youtube:badcopyrigh") == ("abandoned", "copyright")
    assert set(states.values()) == {("stored", None)}


def test_a_single_video_is_a_playlist_of_one(client: Client, add_to_site: AddToSite) -> None:
    add_to_site("PLcarrier0001", [{"id": "singlevideo", "title": "Alone"}])
    submitted = client.submit("https://www.youtube.com/watch?v=singlevideo")
    [video] = when_ended(client, submitted["id"], videos=1)
    assert (video["id"], video["state"]) == ("youtube:singlevideo", "stored")
