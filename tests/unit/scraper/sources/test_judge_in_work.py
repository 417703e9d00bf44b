"""What the judge knows to be in work, where a playlist of one video has the id of that video."""

from __future__ import annotations

from typing import Any, cast

import pytest

from services.scraper.engines.work import Work
from services.scraper.sources.judge import MAX_SUSPICIONS, EgressRules, Judge, Subject

VIDEO = Subject(Work("youtube:judgedtwice", "youtube"), MAX_SUSPICIONS, "https://youtu.be/judgedtwice")
LISTING = Subject(Work("youtube:judgedtwice", "youtube", listing=True))
AGAIN = Subject(VIDEO.work, MAX_SUSPICIONS, VIDEO.url)


class Refusals:
    """Stands for the admission: it counts."""

    def __init__(self) -> None:
        self.culprits: list[Work] = []

    def refused(self, *_: object, culprit: Work, **__: object) -> None:
        self.culprits.append(culprit)


@pytest.mark.parametrize("other", [LISTING, AGAIN], ids=["a listing", "the same video once more"])
def test_the_end_of_one_work_on_an_id_does_not_hide_another(other: Subject) -> None:
    admission, nothing = Refusals(), cast("Any", None)
    judge = Judge(nothing, cast("Any", admission), nothing, EgressRules(1, 1))
    judge.begins(other)
    judge.begins(VIDEO)
    judge.ended(other)
    judge.refused_on_the_wire(VIDEO.id, "youtube", None)
    assert admission.culprits == [], "it is judged at its end, with a witness"
    judge.ended(VIDEO)
    judge.refused_on_the_wire(VIDEO.id, "youtube", None)
    assert [work.id for work in admission.culprits] == [VIDEO.id]
    assert not judge._in_work
