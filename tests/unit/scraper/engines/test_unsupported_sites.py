"""A site that SCRAPER_EXTRACTORS does not allow: the failure names the setting and the value that allows it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from yt_dlp.extractor import gen_extractor_classes

from services.scraper.engines.values import SourceRules
from services.scraper.engines.ytdlp.listing import list_videos
from services.scraper.engines.ytdlp.unsupported import explained
from services.scraper.failures import Evidence, classify
from shared.errors import FailureClass


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("https://soundcloud.com/someone/sets/evening", "youtube.*,soundcloud.*"),
        ("https://someone.bandcamp.com/album/evening", "youtube.*,bandcamp.*"),
        ("https://vimeo.com/123456789", "youtube.*,vimeo.*"),
        ("https://archive.org/details/evening", "youtube.*,archive.org.*"),
        ("https://example.org/evening.html", "youtube.*,generic"),
    ],
)
def test_the_setting_and_its_value_are_named(url: str, value: str) -> None:
    [evidence] = list(list_videos(url, SourceRules(request_interval=0, extractors=("youtube.*",))))
    assert isinstance(evidence, Evidence)
    failure = classify(evidence, datetime.now(UTC))
    assert (failure.failure_class, failure.reason) == (FailureClass.PERMANENT, "unsupported-address")
    assert f"SCRAPER_EXTRACTORS={value} " in failure.detail
    assert failure.detail.endswith("then submit it again.")
    # The value does what the text says: yt-dlp would choose an extractor that one of its patterns fits.
    taker = next(ie for ie in gen_extractor_classes() if ie.suitable(url))
    pattern = value.rpartition(",")[2]
    assert taker.IE_NAME.lower().startswith(pattern.removesuffix(".*"))


def test_what_is_allowed_already_stays_in_the_value() -> None:
    evidence = Evidence("ERROR: No suitable extractor found for URL https://vimeo.com/1", extractor="")
    assert (
        "SCRAPER_EXTRACTORS=youtube.*,soundcloud.*,vimeo.* " in explained(evidence, ("youtube.*", "soundcloud.*")).text
    )


def test_a_site_that_no_setting_opens_is_told_as_such() -> None:
    evidence = Evidence("ERROR: No suitable extractor found for URL https://open.spotify.com/album/x", extractor="")
    told = explained(evidence, ("youtube.*",)).text
    assert "SCRAPER_EXTRACTORS" not in told
    assert "does not support it" in told


def test_a_sites_own_words_are_not_taken_for_it() -> None:
    said = Evidence("No suitable extractor found for URL https://vimeo.com/1", extractor="youtube")
    assert explained(said, ("youtube.*",)) is said
