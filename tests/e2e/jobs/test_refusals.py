"""Who is guilty when a source refuses? Nothing innocent is charged, and one bad video does not stop an archive.

On a stack of its own: the questions are about an archive that holds something, and about one that holds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.api.client import Address, Client
from dev.demo.run import QUICK
from dev.faults.proxy import HEALTHY, Fault, FaultProxy
from dev.stack import Stack
from tests.e2e.pipeline import eventually, playlist_in, when_ended
from tests.faults.rig import port_of
from tests.site import add_playlist_to_site, requests_of, set_site_trouble
from tests.state_folders import state_folder

SETTINGS = {
    **QUICK,
    "SCRAPER_LEASE_SECONDS": "12",
    "SCRAPER_EGRESS": "office",
    "SCRAPER_EGRESS_REST_SECONDS": "2",
    "SCRAPER_EGRESS_REST_MAX_SECONDS": "4",
    "RETRY_WAIT_SECONDS": "2",
    "RETRY_WAIT_MAX_SECONDS": "4",
    "RETRY_EGRESS_SECONDS": "2",
    "RETRY_WAIT_MARGIN_SECONDS": "0",
}
SERVICES = ("scraper", "retry", "api")
#: What attempts may have ended with of videos that are well.
INNOCENT = {None, "unavailable", "unavailable-everywhere", "bot-check", "too-many-requests", "rate-limited"}


class Archive:
    """A stack with its own services, emptied between questions by starting on another database."""

    def __init__(self, folder: Path) -> None:
        self.stack = Stack(folder, site=True, service_names=(), say=lambda _: None)

    def begin(self, name: str, services: tuple[str, ...] = SERVICES, **settings: str) -> None:
        """Start services on an empty database, in place of those that run."""
        self.stack.stop_programs([running for running in self.stack.programs if running.startswith(SERVICES)])
        self.stack.exports["MONGO_DATABASE"] = name
        self.stack.start_services(services, {**SETTINGS, **settings})
        self.client = Client(Address(self.stack.exports["API_URL"], self.stack.exports["API_KEY"]))

    def add(self, id_: str, videos: list[dict[str, Any]]) -> str:
        return add_playlist_to_site(self.stack, id_, [{"seconds": 3, "title": "x", **video} for video in videos])

    def submit(self, id_: str, videos: list[dict[str, Any]]) -> str:
        return str(self.client.submit(self.add(id_, videos))["id"])

    def all_stored(self, playlist: str, number: int) -> None:
        videos = when_ended(self.client, playlist, videos=number, mirrored=False)
        assert {video["state"] for video in videos} == {"stored"}
        for video in videos:
            attempts = self.client.attempts(video["id"])
            assert {a["reason"] for a in attempts} <= INNOCENT, attempts
            assert not {a["failure_class"] for a in attempts} & {"transient", "permanent", "refused"}, "charged"

    def all_stored_in_the_end(self, playlist: str, number: int) -> None:
        videos = when_ended(self.client, playlist, videos=number, mirrored=False)
        assert {video["state"] for video in videos} == {"stored"}
        for video in videos:
            reasons = [attempt["reason"] for attempt in self.client.attempts(video["id"])]
            assert reasons == ["server-error", None], reasons

    def breaker(self) -> dict[str, Any]:
        return self.breaker_of("youtube")

    def breaker_of(self, source: str) -> dict[str, Any]:
        found = (b for b in self.client.breakers() if b["source"] == source)
        return next(found, {"state": "unknown", "reason": None})


@pytest.fixture(scope="module")
def archive(installed_programs: None) -> Iterator[Archive]:
    with state_folder("refusals") as folder:
        archive = Archive(folder)
        with archive.stack:
            yield archive


@pytest.fixture
def trouble(archive: Archive) -> Iterator[Callable[[str | None], None]]:
    yield lambda name: set_site_trouble(archive.stack, name)
    set_site_trouble(archive.stack, None)


def some(name: str, number: int, **more: Any) -> list[dict[str, Any]]:
    return [{"id": f"{name:_<9}{n:02}", **more} for n in range(number)]


@pytest.mark.parametrize("stored", [4, 0], ids=["an archive that holds something", "an empty one"])
@pytest.mark.parametrize("refusal", ["unavailable", "bot-check", "forbidden"])
def test_a_source_that_refuses_everything_charges_nothing(
    archive: Archive, trouble: Callable[[str | None], None], stored: int, refusal: str
) -> None:
    archive.begin(f"all-{refusal}-{stored}")
    name = f"{refusal[:3]}{stored}"
    if stored:
        archive.all_stored(archive.submit(f"PLbefore{name}00", some(f"bef{name}", stored)), stored)
    trouble(refusal)
    playlist = archive.submit(f"PLduring{name}00", some(f"dur{name}", 14))
    reason = {"unavailable": "unavailable-everywhere", "forbidden": "forbidden-in-a-row"}.get(refusal, refusal)
    eventually(lambda: archive.breaker()["reason"] == reason or None, f"rest for {reason}")
    detail = archive.client.playlist(playlist)
    assert any(reason in (held["why"], archive.breaker()["reason"]) for held in detail["held_up"]) or (
        archive.breaker()["state"] == "closed"
    )
    trouble(None)
    videos = when_ended(archive.client, playlist, videos=14, mirrored=False)
    assert {video["state"] for video in videos} == {"stored"}
    charged = {
        attempt["reason"]
        for video in videos
        for attempt in archive.client.attempts(video["id"])
        if attempt["failure_class"] in ("permanent", "refused")
    }
    assert charged == set()
    eventually(lambda: archive.breaker()["state"] == "closed" or None, "closed breaker")


@pytest.mark.parametrize("stored", [3, 0], ids=["an archive that holds something", "an empty one"])
@pytest.mark.parametrize("refusal", ["bot-check", "captcha", "player-429"])
def test_one_video_that_is_always_refused_stops_nobody_and_ends(archive: Archive, stored: int, refusal: str) -> None:
    archive.begin(f"one-{refusal}-{stored}")
    name = f"{refusal[:3]}{stored}"
    if stored:
        archive.all_stored(archive.submit(f"PLgood{name}0000", some(f"goo{name}", stored)), stored)
    bad = archive.submit(f"PLbad{name}00000", [{"id": f"{'bad' + name:_<11}", "trouble": refusal}])
    eventually(lambda: archive.breaker()["state"] != "closed" or None, "rest")
    good = archive.submit(f"PLmeanwhile{name}", some(f"mea{name}", 5))
    # Submitted while the egress rests: listed and fetched before the bad one has ended.
    archive.all_stored(good, 5)
    [video] = when_ended(archive.client, bad, videos=1, mirrored=False)
    assert (video["state"], video["failure"]["reason"]) == ("abandoned", "refused-alone")
    reasons = [attempt["reason"] for attempt in archive.client.attempts(video["id"])]
    assert reasons[0] != "refused-alone", "it is believed of nobody at once"
    archive.all_stored(archive.submit(f"PLafter{name}000", some(f"aft{name}", 3)), 3)


def test_one_video_whose_media_is_always_forbidden_is_charged_by_itself(archive: Archive) -> None:
    archive.begin("one-forbidden", RETRY_MAX_ATTEMPTS="4")
    archive.all_stored(archive.submit("PLforbidgood00", some("forgood", 3)), 3)
    bad = archive.submit("PLforbidbad000", [{"id": "foreverbad1", "trouble": "forbidden"}])
    [video] = when_ended(archive.client, bad, videos=1, mirrored=False)
    assert (video["state"], video["failure"]["reason"]) == ("abandoned", "forbidden")
    assert archive.breaker()["state"] in ("closed", "unknown")


def test_one_that_is_truly_unavailable_ends_at_once_where_something_is_stored(archive: Archive) -> None:
    archive.begin("one-unavailable")
    archive.all_stored(archive.submit("PLunavailgood0", some("unagood", 2)), 2)
    bad = archive.submit("PLunavailbad00", [{"id": "unavailbad1", "trouble": "unavailable"}])
    [video] = when_ended(archive.client, bad, videos=1, mirrored=False)
    assert (video["state"], video["failure"]["reason"], video["attempts"]) == ("abandoned", "unavailable", 1)


def test_what_ids_and_addresses_spell_stops_nothing_and_gives_nothing_up(archive: Archive) -> None:
    """Videos that are not there, or fail once, under ids that read like refusals; and lists that are not there."""
    archive.begin("spelling")
    archive.all_stored(archive.submit("PLspellgood000", some("spegood", 2)), 2)
    watch = "https://www.youtube.com/watch?v="
    gone = [str(archive.client.submit(watch + id_)["id"]) for id_ in ("captcha1234", "HTTPErr429x", "-drm-drm-dr")]
    lists = ("https://www.youtube.com/playlist?list=PLcaptcha-drm-429", "https://www.youtube.com/@captcha/videos")
    absent = [str(archive.client.submit(address)["id"]) for address in lists]
    # The watch page is asked for three times in one try.
    passing: dict[str, Any] = {"trouble": "player-503", "trouble_tries": 3}
    ids = ("ccDrMbbbbbb", "-captcha-ok", "private----")
    archive.all_stored_in_the_end(archive.submit("PLspelling0000", [{"id": id_, **passing} for id_ in ids]), 3)
    for playlist in gone:
        [video] = when_ended(archive.client, playlist, videos=1, mirrored=False)
        assert (video["state"], video["failure"]["reason"]) == ("abandoned", "unavailable")
        assert {attempt["reason"] for attempt in archive.client.attempts(video["id"])} == {"unavailable"}
    refused = [playlist_in(archive.client, playlist, "refused") for playlist in absent]
    assert [playlist["failure"]["reason"] for playlist in refused] == ["no-such-playlist", "not-found"]
    assert archive.breaker()["state"] in ("closed", "unknown")
    assert archive.breaker()["reason"] is None


def test_a_refusal_on_the_wire_counts_though_the_video_came(archive: Archive) -> None:
    """The watch page is refused, and yt-dlp gets its answer from the player: the video is kept, and we rest."""
    archive.begin("wire", SCRAPER_DOWNLOAD_SLOTS="1")
    opened = archive.submit(
        "PLwire00000001", [{"id": "wirefirst01", "trouble": "page-429", "trouble_tries": 1, "retry_after": 5}]
    )
    [video] = when_ended(archive.client, opened, videos=1, mirrored=False)
    assert (video["state"], video["attempts"]) == ("stored", 1)
    breaker = archive.breaker()
    assert (breaker["state"], breaker["reason"]) == ("open", "too-many-requests")
    asked = requests_of(archive.stack, "asked", "pages")
    later = archive.submit("PLwire00000002", some("wirelater", 6))
    eventually(lambda: archive.breaker()["state"] != "open" or None, "end of the rest")
    # While it rests nothing is asked; at its end the witness is.
    during = requests_of(archive.stack, "asked", "pages") - asked
    assert during <= 12, during
    archive.all_stored(later, 6)


@pytest.mark.parametrize(
    "fault",
    [Fault(refused=True), Fault(reset_after_bytes=600), Fault(answer=b"HTTP/1.1 502 Bad Gateway\r\n\r\n")],
    ids=["away", "reset", "502"],
)
def test_what_a_proxy_does_is_never_the_tools_fault(archive: Archive, fault: Fault) -> None:
    with FaultProxy(port_of(archive.stack.exports["FONOTECA_SITE_PROXY"])) as proxy:
        through = f"http://127.0.0.1:{proxy.port}"
        archive.begin(
            f"proxy-{proxy.port}", https_proxy=through, HTTPS_PROXY=through, SCRAPER_DOWNLOAD_INTERVAL_SECONDS="0.2"
        )
        name = f"proxy{proxy.port}"
        playlist = archive.submit(f"PL{name}0000", some(name[-8:], 12, bytes_per_second=30_000))
        eventually(lambda: archive.client.playlist(playlist)["progress"]["counts"]["running"] or None, "videos in work")
        proxy.set(fault)
        proxy.cut()

        def met() -> bool | None:
            return any(video["failure"] for video in archive.client.videos(playlist=playlist)) or None

        eventually(met, "failure over it")
        proxy.set(HEALTHY)
        videos = when_ended(archive.client, playlist, videos=12, mirrored=False)
        attempts = [attempt for video in videos for attempt in archive.client.attempts(video["id"])]
    assert {video["state"] for video in videos} == {"stored"}
    assert not {a["reason"] for a in attempts if a["failure_class"] in ("tool", "permanent", "identity")}


def test_scrapers_of_one_egress_keep_one_budget_even_if_one_is_killed(archive: Archive) -> None:
    budget = 60
    before = requests_of(archive.stack, "asked", "pages")
    archive.begin(
        "budget",
        ("scraper", "scraper-2", "retry", "api"),
        SCRAPER_REQUESTS_PER_HOUR=str(budget),
        SCRAPER_LEASE_SECONDS="3",
    )
    playlist = archive.submit("PLbudget000001", some("budget", 60))
    playlist_in(archive.client, playlist, "expanded")

    def stored() -> int:
        return int(archive.client.playlist(playlist)["progress"]["counts"]["stored"])

    eventually(lambda: stored() >= 4 or None, "first videos")
    archive.stack.programs["scraper-2"].kill()
    archive.stack.start_again("scraper-2")
    [ledger] = eventually(
        lambda: [b for b in archive.client.budgets() if b["free_at"] is not None] or None, "spent budget"
    )
    assert (ledger["egress"], ledger["budget"]) == ("office", budget)
    assert any(held["why"] == "budget" for held in archive.client.playlist(playlist)["held_up"])
    archive.stack.start_again("scraper")
    counted = stored()
    eventually(lambda: archive.client.playlist(playlist)["progress"]["counts"]["running"] == 0 or None, "standstill")
    assert requests_of(archive.stack, "asked", "pages") - before <= budget
    assert counted < 60
    states = archive.client.playlist(playlist)["progress"]["counts"]
    assert states["abandoned"] == 0
    assert states["waiting"] == 0, "what comes later waits uncharged, in its queue"


def test_an_address_of_one_video_is_asked_for_once_and_is_a_video_in_whatever_state(archive: Archive) -> None:
    archive.begin("single")
    archive.add("PLsingles00001", [{"id": "singlegood1", "title": "One"}, {"id": "singlepriv1", "trouble": "private"}])
    for id_ in ("singlegood1", "singlepriv1"):
        archive.client.submit(f"https://youtu.be/{id_}")
        playlist_in(archive.client, f"youtube:{id_}", "expanded")
    [good] = when_ended(archive.client, "youtube:singlegood1", videos=1, mirrored=False)
    assert requests_of(archive.stack, "page", "singlegood1") == 1
    assert (good["state"], archive.client.playlist("youtube:singlegood1")["title"]) == ("stored", "One")

    def private() -> bool | None:
        video = archive.client.video("youtube:singlepriv1")
        return (video["state"], video["failure"] and video["failure"]["reason"]) == ("waiting", "private") or None

    eventually(private, "private video that is looked at again")
