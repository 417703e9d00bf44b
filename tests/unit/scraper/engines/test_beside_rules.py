"""What of a source's description is kept, and under which names subtitles are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.scraper.engines.sidecars import Missing, TooManyRequests, gather
from services.scraper.engines.values import SourceRules


class Site:
    """A source whose every address has subtitles."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.asked = 0

    def read(self, url: str, largest: int) -> bytes:
        self.asked += 1
        if self.problem is not None:
            raise self.problem
        return b"WEBVTT\n" + url.encode()

    def plain(self, info: dict[str, Any]) -> dict[str, Any]:
        return info


def rules(*kinds: str) -> SourceRules:
    return SourceRules(0, ("youtube.*",), beside=kinds)


def test_secrets_and_addresses_of_ours_are_not_kept(tmp_path: Path) -> None:
    secret = {
        "cookies": "SESSION=s",
        "http_headers": {"Cookie": "s"},
        "url": "https://x/?ip=1.2.3.4",
        "hls_aes": {"key": "s"},
    }
    gathered = gather(Site(), {"id": "a", "title": "Half \ud83c of one", **secret}, tmp_path, rules("info"))
    assert json.loads((tmp_path / "info.json").read_text()) == {"id": "a", "title": "Half ? of one"}
    assert gathered.missing == []


@pytest.mark.parametrize("languages", [("zh_Hans", "zhHans"), ("ɖ", "文"), ("../../etc", "etc")])
def test_languages_that_look_alike_get_files_of_their_own(tmp_path: Path, languages: tuple[str, str]) -> None:
    offered = {language: [{"ext": "vtt", "url": language}] for language in languages}
    gathered = gather(Site(), {"subtitles": offered}, tmp_path, rules("subtitles"))
    assert len({file.path for file in gathered.files}) == 2
    assert {file.path.parent for file in gathered.files} == {tmp_path}
    assert [file.path.read_text().splitlines()[1] for file in gathered.files] == list(languages)


def test_after_a_refusal_nothing_more_is_asked(tmp_path: Path) -> None:
    site = Site(TooManyRequests(77))
    offered = {language: [{"ext": "vtt", "url": language}] for language in ("fr", "en")}
    info = {"subtitles": offered, "automatic_captions": {"fon-orig": offered["fr"]}}
    gathered = gather(site, info, tmp_path, rules("subtitles", "automatic-subtitles"))
    assert site.asked == 1
    assert gathered.refused is not None
    assert gathered.refused.retry_after == 77


@pytest.mark.parametrize("problem", [Missing("404"), TypeError("odd")])
def test_whatever_cannot_be_had_is_named(tmp_path: Path, problem: Exception) -> None:
    offered = {"fr": [{"ext": "vtt", "url": "x"}]}
    gathered = gather(Site(problem), {"subtitles": offered}, tmp_path, rules("subtitles", "info"))
    assert len(gathered.missing) == 1
    assert str(problem) in gathered.missing[0]
