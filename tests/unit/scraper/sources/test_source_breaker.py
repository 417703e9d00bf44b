"""Half-open, a source gets one piece of work at a time, and not what it refused while there is anything else."""

from __future__ import annotations

import random
from contextlib import ExitStack

import pytest
from structlog.testing import ReturnLogger

from services.scraper.engines.work import Work, answered_at, only_source, source_of_request
from services.scraper.sources import admission as admission_module
from services.scraper.sources.admission import Admission
from services.scraper.sources.breaker import CircuitBreaker, State
from services.scraper.sources.recent_sources import MAX_OF_DOMAIN, MAX_SOURCES, RecentSources, domain_of
from services.scraper.sources.source_breaker import MAX_PUT_BACK_SECONDS, SourceBreaker
from shared.addresses.sources import MAX_SOURCE, host_named, label_of, origin_of, source_of
from shared.errors import TryLater

BAD, GOOD, OTHER = (
    Work("youtube:PLbad", "youtube", listing=True),
    Work("youtube:a", "youtube"),
    Work("x:1", "x.example"),
)
DIE = random.Random(1)


def breaker(rest: float = 1800) -> SourceBreaker:
    return SourceBreaker("egress", (rest, rest), 86_400, random.Random(1), source="youtube")


def half_open(*culprits: Work, rest: float = 1800) -> SourceBreaker:
    one = breaker(rest)
    for culprit in culprits:
        one.refused(0, "too-many-requests", "", culprit=culprit)
    one.half_open(rest)
    return one


def test_work_of_a_source_that_rests_goes_back_until_about_its_end() -> None:
    one = breaker(100)
    one.refused(0, "bot-check", "", culprit=BAD)
    assert 100 <= (one.wait_of(GOOD, 0, DIE) or 0) <= 110
    assert 2 <= (one.wait_of(GOOD, 99.9, DIE) or 0) <= 2.2
    one.until = 10**9
    assert MAX_PUT_BACK_SECONDS <= (one.wait_of(GOOD, 0, DIE) or 0) <= 1.1 * MAX_PUT_BACK_SECONDS
    one.until = None
    assert MAX_PUT_BACK_SECONDS <= (one.wait_of(GOOD, 0, DIE) or 0) <= 1.1 * MAX_PUT_BACK_SECONDS


def test_one_piece_of_work_is_tried_at_a_time() -> None:
    one = half_open(BAD)
    assert one.wait_of(GOOD, 1800, DIE) is None
    assert one.wait_of(Work("youtube:b", "youtube"), 1801, DIE) is not None
    one.ended(GOOD)
    assert one.wait_of(Work("youtube:b", "youtube"), 1802, DIE) is None


def test_nothing_is_tried_while_a_witness_is_asked() -> None:
    one = half_open(BAD)
    one.witness_asked = True
    assert one.wait_of(GOOD, 1800, DIE) is not None
    one.witness_asked = False
    assert one.wait_of(GOOD, 1801, DIE) is None


def test_what_was_refused_takes_no_turn_while_anything_else_comes() -> None:
    one, now = half_open(BAD), 1800.0
    for _ in range(200):
        assert one.wait_of(BAD, now, DIE) is not None
        assert one.wait_of(GOOD, now, DIE) is None
        one.ended(GOOD)  # It failed for another reason, which shows nothing.
        now += MAX_PUT_BACK_SECONDS / 3


def test_alone_it_gets_its_turn_when_what_was_put_back_would_have_come() -> None:
    one = half_open(BAD)
    first = one.wait_of(BAD, 5000, DIE)
    assert first is not None, "however long it is half-open: others may come a moment later"
    assert one.wait_of(BAD, 5000 + MAX_PUT_BACK_SECONDS / 3, DIE) is not None
    assert one.wait_of(BAD, 5000 + MAX_PUT_BACK_SECONDS, DIE) is None


@pytest.fixture
def admission() -> Admission:
    return Admission(
        lambda source: SourceBreaker("egress", (60, 60), 3600, source=source),
        CircuitBreaker("storage", (1, 1), 60),
        None,
    )


def test_a_source_that_rests_holds_up_no_other(admission: Admission) -> None:
    admission.refused("x.example", "too-many-requests", "", seconds=604_800, culprit=OTHER)
    with pytest.raises(TryLater), admission.admitted(OTHER):
        pass
    with pytest.raises(TryLater):
        admission.check("x.example")
    with admission.admitted(GOOD):
        admission.check("youtube")


def test_only_youtube_may_rest_until_a_person_helps(admission: Admission) -> None:
    admission.refused("x.example", "proxy-refused", "", culprit=OTHER)
    admission.refused("youtube", "proxy-refused", "", culprit=GOOD)
    assert admission.sources.of("x.example").until is not None
    assert admission.sources.of("youtube").until is None


def refuse_when_tried(admission: Admission, work: Work) -> None:
    """Refuse what is tried, half-open, once everything that was put back would have come."""
    one = admission.sources.of(work.source)
    if one.state is State.OPEN:
        one.half_open(0)
        one.alone_since = 0 if work.id in one.culprits else None
    with admission.admitted(work):
        admission.refused(work.source, "too-many-requests", "", culprit=work)


def test_what_is_refused_though_nothing_else_could_be_tried_is_noted_each_time(admission: Admission) -> None:
    refuse_when_tried(admission, BAD)
    assert admission.to_contradict == set(), "the first time may be chance"
    refuse_when_tried(admission, GOOD)
    assert admission.to_contradict == set(), "so it may be for another one"
    for again in (BAD, GOOD):
        refuse_when_tried(admission, again)
        assert admission.to_contradict == {again.id}
        admission.to_contradict.clear()


def test_a_source_is_well_when_all_that_it_refused_is_known_to_be_refused_alone(admission: Admission) -> None:
    for work in (BAD, GOOD):
        refuse_when_tried(admission, work)
    admission.sources.of("youtube").half_open(100)
    admission.confirm_refused_alone("youtube", BAD.id)
    assert admission.state_of("youtube") is State.HALF_OPEN
    admission.confirm_refused_alone("youtube", GOOD.id)
    assert admission.state_of("youtube") is State.CLOSED


def test_a_listing_that_is_served_closes_what_listings_opened_and_nothing_else(admission: Admission) -> None:
    good = Work("youtube:PLgood", "youtube", listing=True)
    one = admission.sources.of("youtube")

    def list_it(asks: bool) -> None:
        with admission.admitted(good):
            if asks:
                admission.check("youtube", good.id)
            admission.listed(good)

    admission.refused("youtube", "too-many-requests", "", culprit=BAD)
    one.half_open(100)
    list_it(asks=False)
    assert one.state is State.HALF_OPEN, "nothing was asked for it"
    list_it(asks=True)
    assert (one.state, admission.to_contradict) == (State.CLOSED, {BAD.id})
    admission.refused("youtube", "bot-check", "", culprit=GOOD)
    one.half_open(200)
    list_it(asks=True)
    assert one.state is State.HALF_OPEN


def test_a_result_from_before_a_breaker_was_forgotten_proves_nothing(admission: Admission) -> None:
    admission.refused("x.example", "captcha", "", culprit=OTHER)
    one = admission.sources.of("x.example")
    one.half_open(100)
    before = admission.trips_of("x.example")
    one.close(101)
    admission.forget_if_closed(one)
    assert admission.sources.known("x.example") is None
    admission.refused("x.example", "captcha", "", culprit=OTHER)
    again = admission.sources.of("x.example")
    again.half_open(200)
    admission.worked("x.example", before)
    assert admission.state_of("x.example") is State.HALF_OPEN
    admission.worked("x.example", again.trips)
    assert again.state is State.CLOSED


@pytest.fixture
def _without_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of lines say nothing here."""
    monkeypatch.setattr(admission_module, "log", ReturnLogger())


@pytest.mark.usefixtures("_without_lines")
def test_a_million_hosts_leave_a_bounded_trace(admission: Admission) -> None:
    admission.refused("youtube", "bot-check", "", culprit=GOOD)
    for number in range(3 * MAX_SOURCES):
        admission.refused(f"host{number}.example", "too-many-requests", "", seconds=600)
    assert len(admission.sources) == MAX_SOURCES + 1
    assert admission.state_of("youtube") is State.OPEN
    assert admission.state_of("host0.example") is State.OPEN, "what rests is not forgotten for what comes later"
    assert label_of("host1.example") == "other"


@pytest.mark.usefixtures("_without_lines")
@pytest.mark.parametrize(
    "name", ["h{}.evil.example", "a.h{}.evil.example", "evil.example:{}", "192.0.2.7:{}", "[2001:db8::7]:{}"]
)
def test_the_hosts_of_one_domain_take_nobody_elses_place(admission: Admission, name: str) -> None:
    admission.refused("honest.example", "too-many-requests", "", seconds=600)
    for number in range(2 * MAX_SOURCES):
        admission.refused(name.format(number), "too-many-requests", "", seconds=600)
    assert len(admission.sources) == MAX_OF_DOMAIN + 2
    assert admission.state_of("honest.example") is State.OPEN
    admission.refused("later.example", "too-many-requests", "", seconds=600)
    assert admission.state_of("later.example") is State.OPEN


def test_the_end_of_a_rest_makes_a_place_for_another(admission: Admission) -> None:
    for number in range(MAX_OF_DOMAIN):
        admission.refused(f"h{number}.evil.example", "too-many-requests", "", seconds=600)
    admission.sources.of("h7.evil.example").half_open(100)
    admission.refused("next.evil.example", "too-many-requests", "", seconds=600)
    assert admission.state_of("next.evil.example") is State.OPEN
    assert admission.state_of("h7.evil.example") is State.CLOSED
    admission.forget_if_closed(admission.sources.of("h8.evil.example"))
    assert len(admission.sources) == MAX_OF_DOMAIN + 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.evil.example", "b.c.evil.example:8080", True),
        ("evil.example", "evil2.example", False),
        ("192.0.2.1:80", "192.0.2.200", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("[2001:db8:1::1]:80", "[2001:db8:1:2::]", True),
        ("[2001:db8:1::1]", "[2001:db8:2::1]", False),
        ("localhost", "localhost:99", True),
        ("1.2.evil", "2.evil", True),
    ],
)
def test_which_hosts_one_person_may_have(one: str, other: str, same: bool) -> None:
    assert (domain_of(one) == domain_of(other)) is same


def test_what_was_looked_at_last_is_kept() -> None:
    kept = RecentSources(lambda source: source.upper(), most=2)
    for source in ("youtube", "a", "b", "a", "c"):
        kept.of(source)
    assert [source for source, _ in kept] == ["youtube", "a", "c"]


@pytest.mark.parametrize(
    ("id_", "url", "source"),
    [
        ("youtube:PLx", "https://www.youtube.com/playlist?list=PLx", "youtube"),
        ("youtube:x", "https://youtu.be/x", "youtube"),
        ("url:0a1b", "https://music.youtube.com/other", "youtube"),
        ("url:0a1b", "https://Sounds.Example./a?b#c", "sounds.example"),
        ("generic:a", "http://www.sounds.example/a.mp3", "sounds.example"),
        ("generic:a", "https://evil.sounds.example/a.mp3", "evil.sounds.example"),
        ("generic:a", "http://sounds.example:80/", "sounds.example"),
        ("generic:a", "https://sounds.example:443/", "sounds.example"),
        ("generic:a", "http://sounds.example:8080/", "sounds.example:8080"),
        ("generic:a", "http://[2001:DB8::1]:8080/", "[2001:db8::1]:8080"),
        ("generic:a", "http://youtube.com.evil.example/", "youtube.com.evil.example"),
        ("generic:a", "http://youtube.com@evil.example/", "evil.example"),
        ("youtube:x", "https://evil.example/watch?v=x", "evil.example"),
        ("soundcloud:1", "https://api.soundcloud.com/tracks/1", "api.soundcloud.com"),
        ("peertube:1", "https://tube.example/w/1", "tube.example"),
        ("youtube:x", "", "youtube"),
        ("vimeo:1", None, "vimeo"),
        ("vimeo:1", "http://[::1", "vimeo"),
        ("vimeo:1", "http://a.example:99999/", "vimeo"),
    ],
)
def test_whom_a_video_or_playlist_asks(id_: str, url: str | None, source: str) -> None:
    assert source_of(id_, url) == source


def test_no_name_of_a_source_is_longer_than_a_host() -> None:
    assert len(source_of("generic:a", f"http://{'a' * 5000}.example/")) <= MAX_SOURCE


@pytest.mark.parametrize(
    ("source", "url", "asked"),
    [
        ("youtube", "https://rr1---sn-x.googlevideo.com/videoplayback", "youtube"),
        ("youtube", "https://youtubei.googleapis.com/youtubei/v1/player", "youtube"),
        ("youtube", "https://evil.example/", "evil.example"),
        ("youtube", "https://evilgoogle.com/", "evilgoogle.com"),
        ("evil.example", "https://www.youtube.com/watch?v=x", "youtube"),
        ("evil.example", "https://www.google.com/sorry/index", "evil.example"),
        ("evil.example", "https://cdn.evil.example/", "evil.example"),
        ("evil.example", None, "evil.example"),
        ("evil.example", "no address", "evil.example"),
    ],
)
def test_whom_one_request_asks(source: str, url: str | None, asked: str) -> None:
    assert source_of_request(source, url) == asked


@pytest.mark.parametrize(
    ("patterns", "only"),
    [
        (["youtube.*"], "youtube"),
        (["youtube", "YouTube:tab", "-youtube:search"], "youtube"),
        (["youtube.*|soundcloud"], None),
        (["youtube.*", "generic"], None),
        (["default"], None),
        (["-generic"], None),
    ],
)
def test_whether_only_youtube_may_be_asked(patterns: list[str], only: str | None) -> None:
    assert only_source(patterns) == only


def test_the_storage_holds_up_everything(admission: Admission) -> None:
    admission.storage_failed("disk-full", "")
    for work in (GOOD, OTHER):
        with ExitStack() as stack, pytest.raises(TryLater):
            stack.enter_context(admission.admitted(work))


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=x#y",
        "http://Sounds.Example.:8080/a" + "b" * 99_999,
        "http://youtube.com@evil.example/",
        "http://[2001:DB8::1]:8080/x",
        f"http://{'a' * 5000}.example/",
        "data:,x",
        "http://[::1",
        None,
    ],
)
def test_the_part_of_an_address_that_tells_whom_it_asks(url: str | None) -> None:
    part = origin_of(url)
    assert host_named(part) == host_named(url)
    assert part is None or len(part) < 600


@pytest.mark.parametrize(
    ("asked", "answered", "refuses"),
    [
        ("https://www.youtube.com/x", "https://www.google.com/sorry/index", "youtube"),
        ("https://www.youtube.com/x", "https://evil.example/x", "evil.example"),
        ("https://evil.example/x", "https://www.google.com/sorry/index", "google.com"),
        ("https://evil.example/x", "https://www.youtube.com/x", "youtube"),
        ("https://evil.example/x", "https://evil.example/y", "evil.example"),
    ],
)
def test_who_refuses_at_the_end_of_redirections(asked: str, answered: str, refuses: str) -> None:
    assert source_of("", answered_at(asked, answered)) == refuses
