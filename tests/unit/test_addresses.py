import pytest

from shared.contracts.addresses import BadAddress, playlist_address

LIST = "PLabcdefghij1234"


@pytest.mark.parametrize(
    "text",
    [
        LIST,
        f"  {LIST}\n",
        f"https://www.youtube.com/playlist?list={LIST}",
        f"http://youtube.com/playlist?list={LIST}&si=tracking",
        f"https://m.youtube.com/watch?v=dQw4w9WgXcQ&list={LIST}&index=3",
        f"https://music.youtube.com/playlist?list={LIST}",
    ],
)
def test_every_way_to_write_a_list_gives_one_id(text: str) -> None:
    assert playlist_address(text) == (f"youtube:{LIST}", f"https://www.youtube.com/playlist?list={LIST}")


def test_other_addresses_keep_their_form_and_get_a_stable_id() -> None:
    first = playlist_address("https://www.youtube.com/watch?v=dQw4w9WgXcQ")
    assert first == playlist_address(" https://www.youtube.com/watch?v=dQw4w9WgXcQ ")
    assert first.playlist_id.startswith("url:")
    assert first.playlist_id != playlist_address("https://www.youtube.com/watch?v=dQw4w9WgXcR").playlist_id


def test_a_mix_is_not_taken_for_a_list() -> None:
    mix = "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=RDdQw4w9WgXcQ"
    assert playlist_address(mix).url == mix


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("", "Give a full address"),
        ("my favourite songs", "Give a full address"),
        ("--exec=reboot", "Give a full address"),
        ("PLshort", "Give a full address"),
        ("www.youtube.com/playlist", "Give a full address"),
        ("https://", "Give a full address"),
        ("file:///etc/passwd", "only http and https"),
        ("ftp://example.org/list", "only http and https"),
        ("javascript:alert(1)", "Give a full address"),
        ("https://www.youtube.com/playlist?list=short", "after list= comes an id"),
        ("https://www.youtube.com/playlist", "after list= comes an id"),
        ("https://example.org/a b", "percent-encode"),
        ("https://example.org/a\x00b", "percent-encode"),
        ("https://user:word@example.org/list", "leave it out"),
        ("https://example.org:99999999/x", "is not a web address"),
        ("https://[::1/x", "is not a web address"),
        ("https://example.org/" + "x" * 3000, "at most 2048"),
    ],
)
def test_what_names_no_playlist_is_refused_with_the_cure(text: str, cure: str) -> None:
    with pytest.raises(BadAddress, match=cure):
        playlist_address(text)
