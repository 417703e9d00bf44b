"""Whoever may only submit: how often a source is asked is not theirs to decide, nor who else has to wait.

On a stack of its own with the settings as they are, where the other tests list again at once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from pymongo import MongoClient

from cli.api.client import Address, ApiProblem, Client
from dev.demo.run import QUICK
from dev.site.client import break_page
from dev.stack import Stack
from shared.catalog.videos.outcomes import UNDECIDED_SECONDS
from tests.e2e.pipeline import eventually, playlist_in
from tests.hostile.conftest import FULL
from tests.site import add_playlist_to_site, requests_of, site_requests
from tests.state_folders import state_folder

#: As it was seen: so many submissions of one list within half a minute.
SUBMISSIONS = 84
SETTINGS = {
    **QUICK,
    "SOURCES_RELIST_SECONDS": "900",
    "RETRY_SWEEP_GRACE_SECONDS": "1",
    "RETRY_SWEEP_SECONDS": "1",
    "RETRY_BACKOFF_SECONDS": "3600",
    "RETRY_BACKOFF_MAX_SECONDS": "3600",
}
Inputs = Callable[[int], None]


class Place:
    """A stack, its archive, a key that may only submit, and the way past the API."""

    def __init__(self, folder: Path) -> None:
        self.stack = Stack(folder, site=True, service_names=(), say=lambda _: None)

    def begin(self) -> None:
        self.stack.start_services(("scraper", "retry", "api"), SETTINGS)
        exports = self.stack.exports
        self.admin = Client(Address(exports["API_URL"], exports["API_KEY"]))
        made = self.admin.make_key("team", "submit", None)
        self.key = str(made["id"])
        self.team = Client(Address(exports["API_URL"], made["key"]))
        self.documents: MongoClient[dict[str, Any]] = MongoClient(exports["MONGO_URI"], tz_aware=True)
        self.catalog = self.documents[exports["MONGO_DATABASE"]]

    def add(self, id_: str, *videos: str) -> str:
        made = [{"id": video, "title": video, "seconds": 2} for video in videos]
        return add_playlist_to_site(self.stack, id_, made, prepare=True)

    def listings(self, id_: str) -> int:
        """How often a list's first page was asked for."""
        return requests_of(self.stack, "playlist", id_)

    def publish(self, *bodies: Mapping[str, Any]) -> None:
        async def send() -> None:
            async with await aio_pika.connect(self.stack.exports["RABBITMQ_URL"]) as connection:
                channel = await connection.channel()
                exchange = await channel.get_exchange("fonoteca.work", ensure=False)
                for body in bodies:
                    await exchange.publish(aio_pika.Message(json.dumps(body).encode()), "playlist.submitted.v1")

        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, send()).result()

    def settled(self, id_: str) -> dict[str, Any]:
        """A playlist once nothing is on its way to a listing of it: by one more of another list, which comes last."""
        marker = f"PLmarker{datetime.now(UTC):%H%M%S%f}"
        self.publish({"url": self.add(marker, f"m{marker[-10:]}")})
        # Two at a time are listed: two further ones begin behind the last message before them.
        for _ in range(2):
            playlist_in(self.admin, f"youtube:{marker}", "expanded")
        eventually(lambda: self.document(id_)["state"] not in ("accepted", "expanding") or None, f"end of {id_}")
        return self.admin.playlist(id_)

    def fail(self, url: str, id_: str) -> None:
        """Have an administrator's listing of a list break off, and the next one be a while away."""
        for page, how in ((0, "nothing"), (1, "half")):
            break_page(self.stack.exports, id_.removeprefix("youtube:"), page, how, 1000)
        self.admin.submit(url)

        def decided() -> bool | None:
            found = self.document(id_)
            guess = timedelta(seconds=UNDECIDED_SECONDS)
            return (found["state"] == "waiting" and found["retry"]["due_at"] - found["state_since"] != guess) or None

        eventually(decided, "failed listing")
        later = datetime.now(UTC) + timedelta(hours=1)
        self.catalog.playlists.update_one({"_id": id_}, {"$set": {"retry.due_at": later}})

    def document(self, id_: str) -> dict[str, Any]:
        found = self.catalog.playlists.find_one({"_id": id_})
        assert found is not None
        return found

    def let_time_pass(self, id_: str) -> None:
        """The last listing of a playlist was an hour ago, and so is what it waits for."""
        earlier = datetime.now(UTC) - timedelta(hours=1)
        self.catalog.playlists.update_one({"_id": id_}, {"$set": {"listing_began_at": earlier}})
        self.catalog.playlists.update_one({"_id": id_, "retry": {"$exists": True}}, {"$set": {"retry.due_at": earlier}})


@pytest.fixture(scope="module")
def place(installed_programs: None) -> Iterator[Place]:
    with state_folder("submitters") as folder:
        place = Place(folder)
        with place.stack:
            place.begin()
            yield place
            place.documents.close()


def submit_all(client: Client, texts: Sequence[str], how: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda text: client.submit(text, dict(how or {})), texts))


def spellings(id_: str) -> list[str]:
    """One list under many addresses."""
    hosts = ("www.youtube.com", "youtube.com", "m.youtube.com", "music.youtube.com", "WWW.YouTube.COM:443")
    addresses = [f"https://{host}/playlist?list={id_}{more}" for host in hosts for more in ("", "&si=x", "#y", "&a=b")]
    return [id_, f"  {id_}\n", *addresses, f"http://www.youtube.com/playlist/?list={id_}"]


def test_a_key_that_submits_one_list_again_and_again_has_it_listed_once(place: Place, inputs: Inputs) -> None:
    url, id_ = place.add("PLagain000001", "again000001"), "youtube:PLagain000001"
    answers = submit_all(place.team, [url] * SUBMISSIONS)
    place.settled(id_)
    assert place.listings("PLagain000001") == 1
    told = place.team.submit(url)
    assert (told["state"], told["failure"]["reason"]) == ("waiting", "listed-lately")
    due, began = datetime.fromisoformat(told["retry_at"]), place.document(id_)["listing_began_at"]
    assert due - began == timedelta(seconds=900)
    assert all(answer["retry_at"] in (None, told["retry_at"]) for answer in answers)
    # Nothing that was asked for is lost: when it may be listed it is, and what came since then is found.
    place.add("PLagain000001", "again000001", "again000002")
    place.let_time_pass(id_)
    playlist_in(place.admin, id_, "expanded")
    assert place.listings("PLagain000001") == 2
    assert place.document(id_)["found"] == 2
    inputs(SUBMISSIONS)


def test_nor_does_whoever_publishes_at_the_broker(place: Place, inputs: Inputs) -> None:
    url, id_ = place.add("PLbroker00001", "broker00001"), "youtube:PLbroker00001"
    place.publish(*[{"url": url}] * SUBMISSIONS)
    assert place.settled(id_)["failure"]["reason"] == "listed-lately"
    assert place.listings("PLbroker00001") == 1
    inputs(SUBMISSIONS)


def test_nor_under_other_addresses_of_the_same_list(place: Place, inputs: Inputs) -> None:
    place.add("PLspelling001", "spelling001")
    texts = spellings("PLspelling001")
    assert {answer["id"] for answer in submit_all(place.team, texts)} == {"youtube:PLspelling001"}
    place.publish(*({"url": text} for text in texts))
    place.settled("youtube:PLspelling001")
    assert place.listings("PLspelling001") == 1
    inputs(2 * len(texts))


@pytest.mark.parametrize("claimed", ["2000-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "now"])
def test_nor_by_a_message_that_claims_to_be_of_another_time(place: Place, inputs: Inputs, claimed: str) -> None:
    name = f"PLforged{claimed[:4]:_<5}"
    url, id_ = place.add(name, f"forged{claimed[:4]:_<5}"), f"youtube:{name}"
    at = [claimed if claimed != "now" else (datetime.now(UTC) + timedelta(seconds=n)).isoformat() for n in range(20)]
    place.publish({"url": url})
    playlist_in(place.admin, id_, "expanded")
    place.publish(*({"url": url, "playlist_id": id_, "submitted_at": moment} for moment in at))
    place.settled(id_)
    assert place.listings(name) == 1
    inputs(len(at))


def test_a_video_by_its_address_is_a_list_like_any_other(place: Place, inputs: Inputs) -> None:
    place.add("PLforthevideo", "onevideo001")
    texts = ["https://youtu.be/onevideo001", "https://www.youtube.com/watch?v=onevideo001", "onevideo001"] * 4
    [id_] = {answer["id"] for answer in submit_all(place.team, texts)}
    assert place.settled(id_)["failure"]["reason"] == "listed-lately"
    document = place.document(id_)
    assert document["retry"]["due_at"] == document["listing_began_at"] + timedelta(seconds=900)
    inputs(len(texts))


def test_a_wait_after_a_failure_keeps_its_time_and_its_count(place: Place, inputs: Inputs) -> None:
    url, id_ = place.add("PLfailing0001", *(f"failing000{n}" for n in range(4))), "youtube:PLfailing0001"
    place.fail(url, id_)
    before, asked = place.document(id_), place.listings("PLfailing0001")
    answers = submit_all(place.team, [url] * 30)
    place.publish(*[{"url": url}] * 30)
    place.settled(id_)
    after = place.document(id_)
    assert place.listings("PLfailing0001") == asked
    assert {name: after[name] for name in ("attempts", "charged", "state_since")} == {
        name: before[name] for name in ("attempts", "charged", "state_since")
    }
    assert {answer["failure"]["reason"] for answer in answers} == {before["retry"]["failure"]["reason"]}
    # An administrator need not wait.
    place.admin.submit(url)
    eventually(lambda: place.listings("PLfailing0001") > asked or None, "listing for an administrator")
    inputs(60)


def test_what_was_refused_is_asked_for_again_no_sooner(place: Place, inputs: Inputs) -> None:
    url, id_ = "https://www.youtube.com/playlist?list=PLnothere0001", "youtube:PLnothere0001"
    place.team.submit(url)
    playlist_in(place.admin, id_, "refused")
    asked = place.listings("PLnothere0001")
    submit_all(place.team, [url] * 30)
    place.publish(*[{"url": url}] * 30)
    assert place.settled(id_)["failure"]["reason"] == "listed-lately"
    assert place.listings("PLnothere0001") == asked
    inputs(60)


def test_an_administrator_lists_at_once(place: Place) -> None:
    url, id_ = place.add("PLadmin000001", "admin000001"), "youtube:PLadmin000001"
    for times in (1, 2, 3):
        assert place.admin.submit(url)["retry_at"] is None
        playlist_in(place.admin, id_, "expanded")
        assert place.listings("PLadmin000001") == times


def test_haste_at_the_cost_of_others_is_not_for_whoever_submits(place: Place, inputs: Inputs) -> None:
    url, id_ = place.add("PLhaste000001", "haste000001"), "youtube:PLhaste000001"
    with pytest.raises(ApiProblem, match="Priority high needs a key of scope admin; yours is submit") as refused:
        place.team.submit(url, {"priority": "high"})
    assert refused.value.status == 403
    assert place.admin.submit(url, {"priority": "high"})["priority"] == "high"
    playlist_in(place.admin, id_, "expanded")
    inputs(2)


def test_what_somebody_waits_for_is_not_changed_by_others(place: Place, inputs: Inputs) -> None:
    """A list of an administrator, cut to its first entry and to another profile by a key that may only submit."""
    ids = [f"wishes{n:05}" for n in range(3)]
    url, id_ = place.add("PLwishes00001", *ids), "youtube:PLwishes00001"
    place.fail(url, id_)
    wishes: list[dict[str, Any]] = [{"limit": 1}, {"profiles": ["flac"]}, {"limit": 2, "profiles": ["original"]}]
    for how in wishes:
        answer = place.team.submit(url, how)
        assert (answer["limit"], answer["profiles"]) == (None, None)
    assert place.document(id_)["submitter"] == {"key": "API_KEY", "limited": False}
    inputs(3)


def test_a_list_that_somebody_has_listed_anew_stays_whose_it_is_and_they_pay(place: Place, inputs: Inputs) -> None:
    """The ended list of an administrator: listed once more out of the key's share, with the administrator's wishes."""
    wishes: list[dict[str, Any]] = [{"profiles": ["mp3-32"], "limit": 1}, {"limit": 1}, {"profiles": ["flac"]}]
    for number, how in enumerate(wishes):
        name, seen, new = f"PLrelisted00{number}", f"relistold0{number}", f"relistnew0{number}"
        url, id_ = place.add(name, seen), f"youtube:{name}"
        place.admin.submit(url, {"priority": "high"})
        playlist_in(place.admin, id_, "expanded")
        before = place.document(id_)
        place.let_time_pass(id_)
        place.add(name, seen, new)
        place.team.submit(url, how)
        eventually(partial(place.catalog.videos.find_one, {"_id": f"youtube:{new}"}), "listing anew")
        playlist_in(place.admin, id_, "expanded")
        after = place.document(id_)
        wished = ("url", "profiles", "limit", "priority", "submitter")
        assert {field: after[field] for field in wished} == {field: before[field] for field in wished}
        videos = {video["source_id"]: video for video in place.catalog.videos.find({"playlists": id_})}
        assert videos[new]["submitter"] == {"key": place.key, "limited": True}
        assert "submitter" not in videos[seen]
        assert "urgent" not in videos[new], "haste is not theirs to ask for"
        inputs(1)


def test_an_address_of_another_list_of_the_same_id_is_not_taken(place: Place, inputs: Inputs) -> None:
    """A mix that begins with another video: by the API, by a message of a stranger, and by one that looks like ours."""
    begins = "https://www.youtube.com/watch?v={}&list=RDEMhostile01"
    place.admin.submit(begins.format("AAAAAAAAAAA"))
    id_ = "youtube:RDEMhostile01"
    before = place.document(id_)
    place.team.submit(begins.format("ZZZZZZZZZZZ"))
    claimed = before["submitted_at"].isoformat()
    place.publish(
        {"url": begins.format("YYYYYYYYYYY")},
        {"url": begins.format("XXXXXXXXXXX"), "playlist_id": id_, "submitted_at": claimed},
    )
    place.settled(id_)
    assert place.document(id_)["url"] == before["url"]
    assert not [row for row in site_requests(place.stack)["log"] if row[2] in ("ZZZZZZZZZZZ", "YYYYYYYYYYY")]
    inputs(3)


def test_who_submitted_is_not_for_a_message_to_say(place: Place, inputs: Inputs) -> None:
    forged: list[object] = [
        {"key": "API_KEY", "limited": False},
        {"key": "broker", "limited": False},
        "API_KEY",
        None,
        [],
    ]
    for number, submitter in enumerate(forged):
        url = place.add(f"PLclaims0000{number}", f"claims0000{number}")
        place.team.submit(url)
        message = {"url": url, "playlist_id": f"youtube:PLclaims0000{number}", "submitter": submitter}
        place.publish(message, {**message, "submitted_at": datetime.now(UTC).isoformat()})
    for number in range(len(forged)):
        place.settled(f"youtube:PLclaims0000{number}")
        assert place.document(f"youtube:PLclaims0000{number}")["submitter"] == {"key": place.key, "limited": True}
    inputs(2 * len(forged))


def test_a_long_list_of_a_key_does_not_keep_others_waiting(place: Place, inputs: Inputs) -> None:
    """The list of the key is in the queue before those of the others, and longer than all of them together."""
    long = [f"hogging{n:04}" for n in range(60)]
    place.team.submit(place.add("PLhogging0001", *long))
    playlist_in(place.admin, "youtube:PLhogging0001", "expanded")
    honest = {f"youtube:PLhonest{n:05}": [f"honest{n}{v:04}" for v in range(2)] for n in range(10)}
    for id_, videos in honest.items():
        place.admin.submit(place.add(id_.removeprefix("youtube:"), *videos))
    ids = {video for videos in honest.values() for video in videos}

    def all_stored() -> bool | None:
        stored = place.catalog.videos.count_documents(
            {"_id": {"$in": [f"youtube:{id_}" for id_ in ids]}, "state": "stored"}
        )
        return stored == len(ids) or None

    eventually(all_stored, "end of the honest lists")
    pages = [id_ for _, kind, id_ in site_requests(place.stack)["log"] if kind == "page"]
    begun = pages.index(next(id_ for id_ in pages if id_ in ids))
    last = max(number for number, id_ in enumerate(pages) if id_ in ids)
    between = [id_ for id_ in pages[begun:last] if id_ in long]
    assert len(between) <= len(ids) / 2, "those in work when the others came, and one at a time"
    # Nothing is lost by waiting.
    theirs = {"submitter.limited": True, "playlists": "youtube:PLhogging0001"}
    assert place.catalog.videos.count_documents({**theirs, "state": {"$in": ["queued", "running", "stored"]}}) == 60
    if FULL:
        stored = {**theirs, "state": "stored"}
        eventually(lambda: place.catalog.videos.count_documents(stored) == 60 or None, "end of the long list", 600)
    failed = place.catalog.logs.count_documents({"url": {"$regex": "hogging"}, "status": "failed"})
    assert failed == 0, "nothing is charged for having waited"
    inputs(len(long))


def test_a_key_may_not_end_a_playlist(place: Place, inputs: Inputs) -> None:
    id_ = place.admin.submit(place.add("PLendings0001", "endings0001"))["id"]
    with pytest.raises(ApiProblem, match="needs a key of scope admin"):
        place.team.delete_playlist(id_, videos=True)
    with pytest.raises(ApiProblem, match="needs a key of scope admin"):
        place.team.abandon_playlist(id_)
    assert playlist_in(place.admin, id_, "expanded")["found"] == 1
    inputs(3)
