"""Which track is taken of those on offer, sorted from worst to best as yt-dlp sorts them."""

from __future__ import annotations

from typing import Any

import pytest

from services.scraper.engines.format_selection import choose

ORIGINAL, DEFAULT, OTHER, DESCRIBED = 10, 5, -1, -10


def sound(id_: str, language: str | None = None, preference: int | None = None, **more: Any) -> dict[str, Any]:
    track = {"language": language, "language_preference": preference}
    return {"format_id": id_, "acodec": "opus", "vcodec": "none", **track, **more}


PICTURE = {"format_id": "picture", "acodec": "none", "vcodec": "vp9"}


@pytest.mark.parametrize(
    ("formats", "taken"),
    [
        ([PICTURE, sound("140"), sound("251")], "251"),
        ([sound("dub", "en", DEFAULT), sound("low", "fon", ORIGINAL), sound("fon", "fon", ORIGINAL)], "fon"),
        # Whatever the order: a dub in better quality is still a dub.
        ([sound("fon", "fon", ORIGINAL), sound("dub", "en", DEFAULT)], "fon"),
        ([sound("described", "fon-desc", DESCRIBED), sound("fon", "fon", ORIGINAL)], "fon"),
        ([sound("only", "fon", DEFAULT)], "only"),
        # What is tagged by its captions alone, with a track beside it that describes the picture.
        ([sound("described", "fon-desc", DESCRIBED), sound("140", "fon", OTHER), sound("251", "fon", OTHER)], "251"),
        ([sound("dub", "en", OTHER), sound("untagged")], "untagged"),
        # A picture with the original's sound is better than a dub alone.
        ([sound("dub", "en", DEFAULT), sound("both", "fon", ORIGINAL, vcodec="avc1")], "both"),
        ([sound("both", vcodec="avc1"), sound("alone")], "alone"),
        ([sound("locked", has_drm=True), sound("free")], "free"),
        # No original, or nobody says which it is.
        ([sound("one", "en", DEFAULT), sound("other", "fon", OTHER)], None),
        ([PICTURE], None),
        ([], None),
    ],
)
def test_the_original_is_taken(formats: list[dict[str, Any]], taken: str | None) -> None:
    found = choose(formats, "original")
    assert (found and found["format_id"]) == taken


@pytest.mark.parametrize(
    ("language", "taken"), [("en", "english"), ("EN", "english"), ("fon", "fon"), ("en-US", "english"), ("de", None)]
)
def test_a_language_that_is_asked_for_is_taken(language: str, taken: str | None) -> None:
    formats = [
        sound("described", "en-desc", DESCRIBED),
        sound("english", "en-US", OTHER),
        sound("fon", "fon", ORIGINAL),
    ]
    found = choose(formats, language)
    assert (found and found["format_id"]) == taken
