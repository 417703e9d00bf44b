"""The words under which a video is found."""

import pytest

from shared.catalog.search.terms import MAX_WORD, MAX_WORDS, words_asked, words_of


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Gbètò lɛ́ e ɖò Xɔgbonu", "gbeto"),
        ("Gbètò lɛ́ e ɖò Xɔgbonu", "xɔgbonu"),
        ("Gbètò lɛ́ e ɖò Xɔgbonu", "XOGBONU"),
        ("Ɖɔ̌ wé nú mì", "ɖɔ"),
        ("Ɖɔ̌ wé nú mì", "do"),
        ("Straße nach Łódź", "STRASSE"),
        ("Straße nach Łódź", "lodz"),
        ("第一课：丰语", "丰语"),
    ],
)
def test_a_word_is_found_as_people_type_it(text: str, asked: str) -> None:
    found = words_of(text)
    if "丰语" in text:
        assert words_asked(asked)[0] in found
    else:
        assert set(words_asked(asked)) <= set(found)


def test_no_word_is_found_by_a_part_of_it_nor_by_another() -> None:
    assert not set(words_asked("gbe")) & set(words_of("Gbètò"))


def test_what_one_video_adds_to_the_index_is_bounded() -> None:
    found = words_of(" ".join(f"word{n}" for n in range(1000)), "x" * 500)
    assert len(found) == MAX_WORDS
    assert max(map(len, words_of("x" * 500))) == MAX_WORD


def test_the_longest_word_is_looked_up_first() -> None:
    assert words_asked("a bcd, BCD; ef") == ["bcd", "ef", "a"]
    assert words_asked("?! …") == []
