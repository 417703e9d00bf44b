"""Whose a refusal is: that of whoever refused, as far as it is theirs to refuse, and never whom a stranger names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from services.scraper.builders import new_admission
from services.scraper.engines.work import Work
from services.scraper.failures import LASTING, Evidence
from services.scraper.sources.admission import Intake
from services.scraper.sources.breaker import State
from services.scraper.sources.judge import DOUBTS_WITHOUT_WITNESS, Judge, Subject
from services.scraper.sources.limits import FORBIDDEN_IN_A_ROW, Sources
from shared.addresses.sources import YOUTUBE
from shared.errors import FailureClass
from tests.scraper_parts import any_source

EVIL, WATCH = "evil.example", "https://www.youtube.com/watch?v=x"


class Nobody:
    """In the place of a witness: there is none."""

    async def serves(self, source: str, since: float) -> bool | None:
        return None

    async def try_again(self, work: Work, url: str) -> None:
        return None


@pytest.fixture
def intake() -> Intake:
    return new_admission(any_source())


@pytest.fixture
def judge(intake: Intake) -> Judge:
    nobody = cast("Any", Nobody())
    return Judge(Sources(0, 0), intake, nobody, rate_limit_rest_seconds=60, retry_after_max_seconds=3600)


def subjects(source: str, number: int) -> list[Subject]:
    return [Subject(Work(f"{source}:{n}", source), url=f"https://{source}/{n}") for n in range(number)]


def forbidden(url: str) -> Evidence:
    return Evidence("HTTP Error 403: Forbidden", http_status=403, asked_url=url, on_media=True)


@pytest.mark.parametrize("url", [WATCH, "https://youtu.be/x", "https://sounds.example/x", f"https://{EVIL}/x"])
async def test_a_forbidden_address_that_a_stranger_leads_to_is_the_strangers_matter(
    judge: Judge, intake: Intake, url: str
) -> None:
    for subject in subjects(EVIL, FORBIDDEN_IN_A_ROW):
        failure = await judge.judge(forbidden(url), subject)
    assert (failure.failure_class, failure.reason) == (FailureClass.EGRESS, "forbidden-in-a-row")
    assert intake.state_of(YOUTUBE) is State.CLOSED
    assert intake.state_of("sounds.example") is State.CLOSED
    assert intake.state_of(EVIL) is State.OPEN


async def test_a_strangers_forbidden_addresses_add_nothing_to_youtubes(judge: Judge, intake: Intake) -> None:
    for subject in subjects(EVIL, FORBIDDEN_IN_A_ROW - 1):
        await judge.judge(forbidden(WATCH), subject)
    failure = await judge.judge(forbidden("https://rr1.googlevideo.com/x"), subjects(YOUTUBE, 1)[0])
    assert (failure.failure_class, failure.reason) == (FailureClass.TRANSIENT, "forbidden")
    assert intake.state_of(YOUTUBE) is State.CLOSED


async def test_what_youtube_forbids_its_own_videos_in_a_row_is_the_egresss(judge: Judge, intake: Intake) -> None:
    for subject in subjects(YOUTUBE, FORBIDDEN_IN_A_ROW):
        failure = await judge.judge(forbidden("https://rr1.googlevideo.com/x"), subject)
    assert failure.reason == "forbidden-in-a-row"
    assert intake.state_of(YOUTUBE) is State.OPEN


async def test_what_somebody_else_forbids_a_video_of_youtubes_is_not_youtubes(judge: Judge, intake: Intake) -> None:
    for subject in subjects(YOUTUBE, FORBIDDEN_IN_A_ROW):
        failure = await judge.judge(forbidden(f"https://{EVIL}/x"), subject)
    assert failure.reason == "forbidden"
    assert intake.state_of(YOUTUBE) is State.CLOSED


BOT = "Sign in to confirm you’re not a bot"


def spoken(sentence: str, site: str = "youtube", *, asked: bool = True) -> Evidence:
    return Evidence(f"[{site}] x: {sentence}", sentence=sentence, site=site, asked_youtube=asked)


@pytest.mark.parametrize("site", ["youtube", "youtube:tab", "youtube+plugin"])
async def test_youtubes_refusal_of_a_video_in_a_strangers_page_is_youtubes(
    judge: Judge, intake: Intake, site: str
) -> None:
    failure = await judge.judge(spoken(BOT, site), subjects(EVIL, 1)[0])
    assert failure.reason == "bot-check"
    assert (intake.state_of(YOUTUBE), intake.state_of(EVIL)) == (State.OPEN, State.CLOSED)
    assert intake.sources.of(YOUTUBE).culprits == {f"{EVIL}:0"}


@pytest.mark.parametrize("reason", sorted(LASTING))
async def test_what_only_a_person_mends_lasts_wherever_the_video_stands(
    judge: Judge, intake: Intake, reason: str
) -> None:
    await judge.judge(replace(spoken("", asked=True), reason=reason), subjects(EVIL, 1)[0])
    assert intake.sources.of(YOUTUBE).until is None
    assert intake.state_of(YOUTUBE) is State.OPEN
    assert intake.state_of(EVIL) is State.CLOSED


@pytest.mark.parametrize(
    ("site", "asked"), [("youtube", False), ("generic", True), ("youtuber", True), ("evil:youtube", True), ("", True)]
)
async def test_a_stranger_cannot_speak_for_youtube(judge: Judge, intake: Intake, site: str, asked: bool) -> None:
    evidence = replace(spoken(BOT, site, asked=asked), reason="bot-check")
    await judge.judge(evidence, subjects(EVIL, 1)[0])
    assert (intake.state_of(YOUTUBE), intake.state_of(EVIL)) == (State.CLOSED, State.OPEN)


async def test_embedded_videos_that_are_unavailable_let_nobody_else_rest(judge: Judge, intake: Intake) -> None:
    for subject in subjects(EVIL, 2 * DOUBTS_WITHOUT_WITNESS):
        await judge.judge(spoken("Video unavailable"), subject)
    assert intake.state_of(YOUTUBE) is State.CLOSED
