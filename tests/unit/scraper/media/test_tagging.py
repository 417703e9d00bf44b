import pytest

from services.scraper.media.tag_values import MAX_TEXT, Tags, iso_date, language_code, tags_of
from services.scraper.media.tagging import options


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("20200131", "2020-01-31"),
        ("2020-01-31", "2020-01-31"),
        ("20200229", "2020-02-29"),
        ("2020", "2020"),
        ("202001", "2020-01"),
        ("20200100", "2020-01"),
        ("20200000", "2020"),
        ("20209999", None),
        ("20210229", None),
        ("20200199", None),
        ("00000000", None),
        ("0020", None),
        ("202001311", None),
        ("31.01.2020", None),
        ("٢٠٢٠", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_says_no_more_than_is_known(text: str | None, date: str | None) -> None:
    assert iso_date(text) == date


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("fr", "fra"),
        ("fre", "fra"),
        ("de-AT", "deu"),
        ("en-US", "eng"),
        ("en_US", "eng"),
        ("EN", "eng"),
        ("fon", "fon"),
        ("ewe", "ewe"),
        ("yo", "yor"),
        ("zh-Hans-CN", "zho"),
        ("es-419", "spa"),
        ("iw", "heb"),
        ("fr-orig", "fra"),
        ("gux", "gux"),
        ("mul", "mul"),
        ("und", None),
        ("xx", None),
        ("zzz", None),
        ("french", None),
        ("x-private", None),
        ("a", None),
        ("", None),
        ("\x00", None),
        ("fr; rm -rf", None),
    ],
)
def test_a_language_has_the_three_letters_of_iso_639(language: str, code: str | None) -> None:
    assert language_code(language) == code


def test_tags_hold_what_is_known_without_control_characters() -> None:
    tags = tags_of({"title": "a\x00b\nc\ud800", "channel": None, "webpage_url": "https://a.b/", "licence": "\x07"})
    assert tags == Tags(title="ab c\ufffd", address="https://a.b/")


def test_what_writing_needs_stays() -> None:
    """Joiners are invisible, and yet Persian and pictures of families need them."""
    title = "می\u200cخواهم 👩\u200d👧 e\u0301"
    assert tags_of({"title": title}).title == title


@pytest.mark.parametrize("letter", ["x", "ส", "e\u0301", "👩\u200d👧", "\u0301"])
def test_long_texts_are_cut_between_letters(letter: str) -> None:
    title = tags_of({"title": letter * 5000, "channel": letter * 5000}).title
    assert title is not None
    assert len(title) <= MAX_TEXT
    assert title.endswith("…")
    kept = title[:-1]
    assert kept.replace(letter, "") == ""
    exact = "y" * MAX_TEXT
    assert tags_of({"title": exact}).title == exact


def test_an_address_is_never_cut() -> None:
    assert tags_of({"webpage_url": "https://a.b/" + "x" * 5000}).address is None
    whole = "https://a.b/" + "x" * 2000
    assert tags_of({"webpage_url": whole}).address == whole


@pytest.mark.parametrize("extension", ["mp3", "flac", "opus", "ogg", "m4a", "wav", "mka"])
def test_no_option_holds_an_empty_tag(extension: str) -> None:
    assert not any(option.endswith("=") for option in options(Tags(), extension))
