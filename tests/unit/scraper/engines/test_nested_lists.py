"""What becomes of a list whose entries lead on, when one of them cannot be looked into."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from yt_dlp.utils import DownloadError, ExtractorError, UserNotLive

from services.scraper.engines import ytdlp
from services.scraper.engines.values import Listed, ListedVideo, ListingEnded, SourceRules
from services.scraper.engines.ytdlp.client import CountingYtdlp
from services.scraper.failures import Evidence, classify

RULES = SourceRules(request_interval=0, extractors=("youtube.*",))
LIST = "https://www.youtube.com/playlist?list=PLnested00001"
DEAD = "The provided YouTube account cookies are no longer valid. They have likely been rotated"


def by_extractor(error: ExtractorError) -> DownloadError:
    """An extractor's error as yt-dlp raises it."""
    error.ie = "youtube:tab"
    return DownloadError(f"ERROR: {error}", (type(error), error, None))


def listed(monkeypatch: pytest.MonkeyPatch, inner: dict[str, Exception | None], entries: list[Any]) -> list[Listed]:
    """The items of a list of `entries`; `inner`: what looking into an address raises, if anything."""

    def extract_info(_: CountingYtdlp, url: str, **__: object) -> dict[str, Any]:
        if url == LIST:
            return {"_type": "playlist", "id": "PLnested00001", "title": "List", "entries": entries}
        if (error := inner[url]) is not None:
            raise error
        id_ = url.rpartition("=")[2]
        return {"extractor_key": "Youtube", "id": id_, "title": id_, "webpage_url": url}

    monkeypatch.setattr(CountingYtdlp, "extract_info", extract_info)
    return list(ytdlp.list_videos(LIST, RULES))


def test_a_live_event_does_not_keep_the_rest_of_its_list_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [{"_type": "url", "url": watch(n), "title": f"Entry {n}"} for n in range(2)]
    items = listed(monkeypatch, {watch(0): by_extractor(UserNotLive()), watch(1): None}, entries)
    last = items[-1]
    assert isinstance(last, ListingEnded), last
    assert len(last.left_out) == 1


def watch(number: int) -> str:
    return f"https://www.youtube.com/watch?v=nestedvid{number:02}"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ExtractorError(DEAD, expected=True), "cookies-dead"),
        (OSError(28, "No space left on device"), "disk-full"),
        (ExtractorError("This video is unavailable", expected=True), "unavailable"),
        (ExtractorError("Sign in to confirm you’re not a bot", expected=True), "bot-check"),
        (TimeoutError("timed out"), "timeout"),
    ],
)
def test_what_may_befall_all_entries_ends_the_listing(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    raised = by_extractor(error) if isinstance(error, ExtractorError) else error
    entries = [{"_type": "url", "url": watch(n), "title": f"Entry {n}"} for n in range(3)]
    items = listed(monkeypatch, {watch(0): None, watch(1): raised, watch(2): None}, entries)
    last = items[-1]
    assert isinstance(last, Evidence), last
    assert classify(last, datetime.now(UTC)).reason == reason
    assert [item.video_id for item in items if isinstance(item, ListedVideo)] == ["youtube:nestedvid00"]


@pytest.mark.parametrize(
    "text",
    [
        "Private video. Sign in if you've been granted access to this video",
        "The playlist does not exist.",
        "Unable to extract something",
        "Something that nobody knows",
    ],
)
def test_an_entry_with_a_fault_of_its_own_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    raised = by_extractor(ExtractorError(text, expected=True))
    entries = [{"_type": "url", "url": watch(n), "title": f"Entry {n}"} for n in range(3)]
    items = listed(monkeypatch, {watch(0): None, watch(1): raised, watch(2): None}, entries)
    last = items[-1]
    assert isinstance(last, ListingEnded), last
    [told] = last.left_out
    assert told.startswith(f"Entry 1 is left out: {text[:20]}")
    found = [item.video_id for item in items if isinstance(item, ListedVideo)]
    assert found == ["youtube:nestedvid00", "youtube:nestedvid02"]
