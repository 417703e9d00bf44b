"""Whose a refusal is: that of whoever refused, as far as it is theirs to refuse, and never whom a stranger names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from services.scraper.builders import new_admission
from services.scraper.engines.work import Work
from services.scraper.failures import LASTING, Evidence
from services.scraper.sources.admission import Admission
from services.scraper.sources.breaker import State
from services.scraper.sources.judge import DOUBTS_WITHOUT_WITNESS, EgressRules, Judge, Subject
from services.scraper.sources.limits import FORBIDDEN_IN_A_ROW, Sources
from services.scraper.sources.source_breaker import BACK_SECONDS
from shared.addresses.sources import YOUTUBE
from shared.contracts.reasons import Reason
from shared.errors import FailureClass, TryLater
from tests.scraper_parts import any_source

EVIL, WATCH = "evil.example", "https://www.youtube.com/watch?v=x"


class Nobody:
    """In the place of a witness: there is none."""

    async def serves(self, source: str, since: float) -> bool | None:
        return None

    async def try_again(self, work: Work, url: str) -> None:
        return None


@pytest.fixture
def admission() -> Admission:
    return new_admission(any_source())


@pytest.fixture
def judge(admission: Admission) -> Judge:
    nobody = cast("Any", Nobody())
    return Judge(
        Sources(0, 0), admission, nobody, EgressRules(rate_limit_rest_seconds=60, retry_after_max_seconds=3600)
    )


def subjects(source: str, number: int) -> list[Subject]:
    return [Subject(Work(f"{source}:{n}", source), url=f"https://{source}/{n}") for n in range(number)]


def forbidden(url: str) -> Evidence:
    return Evidence("HTTP Error 403: Forbidden", http_status=403, asked_url=url, on_media=True)


@pytest.mark.parametrize("url", [WATCH, "https://youtu.be/x", "https://sounds.example/x", f"https://{EVIL}/x"])
async def test_a_forbidden_address_that_a_stranger_leads_to_is_the_strangers_matter(
    judge: Judge, admission: Admission, url: str
) -> None:
    for subject in subjects(EVIL, FORBIDDEN_IN_A_ROW):
        failure = await judge.judge(forbidden(url), subject)
    assert (failure.failure_class, failure.reason) == (FailureClass.EGRESS, "forbidden-in-a-row")
    assert admission.state_of(YOUTUBE) is State.CLOSED
    assert admission.state_of("sounds.example") is State.CLOSED
    assert admission.state_of(EVIL) is State.OPEN


async def test_a_strangers_forbidden_addresses_add_nothing_to_youtubes(judge: Judge, admission: Admission) -> None:
    for subject in subjects(EVIL, FORBIDDEN_IN_A_ROW - 1):
        await judge.judge(forbidden(WATCH), subject)
    failure = await judge.judge(forbidden("https://rr1.googlevideo.com/x"), subjects(YOUTUBE, 1)[0])
    assert (failure.failure_class, failure.reason) == (FailureClass.TRANSIENT, "forbidden")
    assert admission.state_of(YOUTUBE) is State.CLOSED


async def test_what_youtube_forbids_its_own_videos_in_a_row_is_the_egresss(judge: Judge, admission: Admission) -> None:
    for subject in subjects(YOUTUBE, FORBIDDEN_IN_A_ROW):
        failure = await judge.judge(forbidden("https://rr1.googlevideo.com/x"), subject)
    assert failure.reason == "forbidden-in-a-row"
    assert admission.state_of(YOUTUBE) is State.OPEN


async def test_what_somebody_else_forbids_a_video_of_youtubes_is_not_youtubes(
    judge: Judge, admission: Admission
) -> None:
    for subject in subjects(YOUTUBE, FORBIDDEN_IN_A_ROW):
        failure = await judge.judge(forbidden(f"https://{EVIL}/x"), subject)
    assert failure.reason == "forbidden"
    assert admission.state_of(YOUTUBE) is State.CLOSED


BOT = "Sign in to confirm you’re not a bot"


def spoken(sentence: str, site: str = "youtube", *, asked: bool = True) -> Evidence:
    return Evidence(f"[{site}] x: {sentence}", sentence=sentence, extractor=site, asked_youtube=asked)


@pytest.mark.parametrize("site", ["youtube", "youtube:tab", "youtube+plugin"])
async def test_youtubes_refusal_of_a_video_in_a_strangers_page_is_youtubes(
    judge: Judge, admission: Admission, site: str
) -> None:
    failure = await judge.judge(spoken(BOT, site), subjects(EVIL, 1)[0])
    assert failure.reason == "bot-check"
    assert (admission.state_of(YOUTUBE), admission.state_of(EVIL)) == (State.OPEN, State.CLOSED)
    assert admission.sources.of(YOUTUBE).culprits == {f"{EVIL}:0"}


@pytest.mark.parametrize("reason", sorted(LASTING))
async def test_what_only_a_person_mends_lasts_wherever_the_video_stands(
    judge: Judge, admission: Admission, reason: Reason
) -> None:
    await judge.judge(replace(spoken("", asked=True), reason=reason), subjects(EVIL, 1)[0])
    assert admission.sources.of(YOUTUBE).until is None
    assert admission.state_of(YOUTUBE) is State.OPEN
    assert admission.state_of(EVIL) is State.CLOSED


@pytest.mark.parametrize(
    ("site", "asked"), [("youtube", False), ("generic", True), ("youtuber", True), ("evil:youtube", True), ("", True)]
)
async def test_a_stranger_cannot_speak_for_youtube(judge: Judge, admission: Admission, site: str, asked: bool) -> None:
    evidence = replace(spoken(BOT, site, asked=asked), reason=Reason.BOT_CHECK)
    await judge.judge(evidence, subjects(EVIL, 1)[0])
    assert (admission.state_of(YOUTUBE), admission.state_of(EVIL)) == (State.CLOSED, State.OPEN)


async def test_a_different_video_twice_is_the_sources_word(judge: Judge) -> None:
    other, [subject] = Evidence("x", other_id="youtube:other"), subjects(YOUTUBE, 1)
    once = await judge.judge(other, subject)
    assert (once.failure_class, once.reason) == (FailureClass.TRANSIENT, "other-video")
    last: Any = {"failure": once.model_dump(mode="json"), "in_a_row": 1}
    twice = await judge.judge(other, replace(subject, last=last))
    assert (twice.failure_class, twice.reason) == (FailureClass.PERMANENT, "other-video")


async def test_a_video_that_is_blocked_in_the_egresss_country_says_so(admission: Admission) -> None:
    judge = Judge(Sources(0, 0), admission, cast("Any", Nobody()), EgressRules(60, 3600, country="BJ"))
    failure = await judge.judge(Evidence("Not here", Reason.COUNTRY), subjects(YOUTUBE, 1)[0])
    assert failure.detail == "Not here (asked from BJ)"


async def test_work_that_was_not_permitted_to_ask_has_not_failed(judge: Judge, admission: Admission) -> None:
    with pytest.raises(TryLater, match="spent") as later:
        await judge.judge(Evidence("x", not_permitted=(0.5, "the requests are spent")), subjects(YOUTUBE, 1)[0])
    assert later.value.seconds == BACK_SECONDS
    assert admission.state_of(YOUTUBE) is State.CLOSED


async def test_embedded_videos_that_are_unavailable_let_nobody_else_rest(judge: Judge, admission: Admission) -> None:
    for subject in subjects(EVIL, 2 * DOUBTS_WITHOUT_WITNESS):
        await judge.judge(spoken("Video unavailable"), subject)
    assert admission.state_of(YOUTUBE) is State.CLOSED
