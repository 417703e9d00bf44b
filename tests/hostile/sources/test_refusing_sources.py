"""Sources that refuse: each is left alone by itself, for a time that is bounded, and what it refuses for ever ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from dev.site.client import break_page
from tests.e2e.jobs.test_refusals import SERVICES, Archive, some
from tests.e2e.pipeline import eventually, when_ended
from tests.hostile.conftest import FULL
from tests.hostile.stranger import Stranger
from tests.site import set_site_trouble
from tests.state_folders import state_folder

#: Seconds: the longest that a stranger is believed here.
BOUND = 3600
#: Seconds: many rests, one after the other; reached only when what is waited for does not happen.
LONG = 1200
ANYBODY = {
    "SCRAPER_EXTRACTORS": "default",
    "SOURCES_PRIVATE_HOSTS": "true",
    "SCRAPER_OTHER_INTERVAL_SECONDS": "0",
    "SCRAPER_RETRY_AFTER_MAX_SECONDS": str(BOUND),
    # Far longer than any machine takes: what rests still rests when it is looked at.
    "SCRAPER_EGRESS_REST_SECONDS": "1500",
    "SCRAPER_EGRESS_REST_MAX_SECONDS": "3000",
}

#: What a stranger may answer whoever asks.
REFUSALS = {
    "seven days": (429, "Too Many Requests", {"Retry-After": "604800"}),
    "more than there is": (429, "Too Many Requests", {"Retry-After": "1" + 30 * "0"}),
    "the year 9999": (429, "Too Many Requests", {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    "a negative time": (429, "Too Many Requests", {"Retry-After": "-604800"}),
    "no number": (429, "Too Many Requests", {"Retry-After": "nan"}),
    "no time": (429, "Too Many Requests", {}),
}
#: What a stranger may say in the words of others; it is neither believed nor anybody else's matter.
WORDS = ("Solve our captcha first", "Sign in to confirm you are not a bot", "VPN/Proxy Detected")


@pytest.fixture(scope="module")
def archive(installed_programs: None) -> Iterator[Archive]:
    with state_folder("strangers") as folder:
        archive = Archive(folder)
        with archive.stack:
            yield archive


@pytest.fixture(scope="module")
def anybody(archive: Archive) -> Archive:
    """With services that take any address."""
    archive.begin("strangers", SERVICES, **ANYBODY)
    return archive


@pytest.fixture
def strangers() -> Iterator[Callable[..., Stranger]]:
    """Makes hosts that nobody knows."""
    made: list[Stranger] = []

    def make(*answer: Any) -> Stranger:
        made.append(Stranger(*answer))
        return made[-1]

    yield make
    for each in made:
        each.close()


def rest_of(archive: Archive, source: str) -> dict[str, Any] | None:
    return next((b for b in archive.client.breakers() if b["source"] == source and b["state"] == "open"), None)


def test_what_strangers_refuse_is_nothing_to_youtube_and_ends_by_itself(
    anybody: Archive, strangers: Callable[..., Stranger], inputs: Callable[[int], None]
) -> None:
    archive = anybody
    hosts = {name: strangers(*answer) for name, answer in REFUSALS.items()}
    for host in (*hosts.values(), *(strangers(403, words) for words in WORDS)):
        archive.client.submit(host.url("list"))
    for name, host in hosts.items():
        rest = eventually(partial(rest_of, archive, host.source), f"rest after {name}")
        assert rest["until"] is not None, f"{name}: nobody looks after strangers"
        assert datetime.fromisoformat(rest["until"]) <= datetime.now(UTC) + timedelta(seconds=BOUND), name
    assert archive.breaker_of("youtube")["state"] == "closed"
    honest = strangers()
    sound = str(archive.client.submit(honest.url("sound.wav"))["id"])
    archive.all_stored(archive.submit("PLbesidestranger", some("bes", 5)), 5)
    assert [video["state"] for video in when_ended(archive.client, sound, videos=1, mirrored=False)] == ["stored"]
    for name, host in hosts.items():
        assert rest_of(archive, host.source) is not None, f"{name}: it rests on while others are served"
        # HEAD, GET and yt-dlp's own repetitions of the one listing; then it was left alone.
        assert sum(host.asked.values()) <= 4, (name, host.asked)
    # Whoever waits for YouTube is not told of strangers' rests.
    assert archive.client.playlist("youtube:PLbesidestranger")["held_up"] == []
    assert all(rest["until"] for rest in archive.client.breakers() if rest["state"] == "open")
    inputs(len(REFUSALS) + len(WORDS))


def test_work_of_a_host_that_rests_waits_uncharged_and_comes_when_a_person_says_so(
    anybody: Archive, strangers: Callable[..., Stranger]
) -> None:
    archive = anybody
    host = strangers(429, "Too Many Requests", {"Retry-After": "604800"})
    archive.client.submit(host.url("first"))
    eventually(lambda: rest_of(archive, host.source), "rest of the stranger")
    asked = sum(host.asked.values())
    second = archive.client.submit(host.url("second"))["id"]
    archive.all_stored(archive.submit("PLmeanwhile00001", some("mwh", 2)), 2)
    waiting = archive.client.playlist(str(second))
    assert (waiting["state"], waiting["failure"], sum(host.asked.values())) == ("accepted", None, asked)
    [rest] = [b for b in archive.client.resume("office", "egress", host.source) if b["source"] == host.source]
    assert rest["kind"] == "egress"
    eventually(lambda: rest_of(archive, host.source) is None or None, "end of the rest")
    assert archive.breaker_of("youtube")["state"] == "closed"


def test_what_youtube_refuses_is_nothing_to_a_stranger(anybody: Archive, strangers: Callable[..., Stranger]) -> None:
    archive = anybody
    set_site_trouble(archive.stack, "bot-check")
    try:
        archive.submit("PLyoutuberests01", some("ytr", 2))
        eventually(lambda: archive.breaker_of("youtube")["state"] == "open" or None, "rest of YouTube")
        sound = str(archive.client.submit(strangers().url("sound.wav"))["id"])
        assert [video["state"] for video in when_ended(archive.client, sound, videos=1, mirrored=False)] == ["stored"]
        assert archive.breaker_of("youtube")["state"] == "open"
    finally:
        set_site_trouble(archive.stack, None)
    archive.client.resume("office", "egress", "youtube")
    eventually(lambda: archive.breaker_of("youtube")["state"] == "closed" or None, "end of YouTube's rest")


IN_FULL = pytest.mark.skipif(not FULL, reason="it takes long: only in full")


@pytest.mark.parametrize(
    ("bad", "good"), [(1, 5), pytest.param(1, 0, marks=IN_FULL), pytest.param(2, 0, marks=IN_FULL)]
)
def test_listings_that_are_refused_for_ever_take_nobodys_turn_and_end(archive: Archive, bad: int, good: int) -> None:
    """In an archive that holds nothing: beside other playlists, and with nothing at all to witness."""
    archive.begin(f"forever-{bad}-{good}")
    refused = []
    for number in range(bad):
        id_ = f"PLrefusedforever{number}"
        url = archive.add(id_, some("rff", 1))
        for page in (0, 1):
            break_page(archive.stack.exports, id_, page, "refused", 10**6)
        refused.append(str(archive.client.submit(url)["id"]))
    eventually(lambda: archive.breaker_of("youtube")["state"] != "closed" or None, "rest")
    lists = [archive.submit(f"PLgoodbeside{good}{n:03}", some(f"good{n}", 1)) for n in range(good)]
    for each in lists:
        archive.all_stored(each, 1)
    for each in refused:

        def ended(each: str = each) -> dict[str, Any] | None:
            found = archive.client.playlist(each)
            return found if found["state"] == "refused" else None

        assert eventually(ended, f"end of {each}", LONG)["failure"]["reason"] == "refused-alone"
    archive.all_stored(archive.submit(f"PLafterwards{bad}{good}01", some(f"aft{bad}{good}", 1)), 1)
