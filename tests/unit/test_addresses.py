import pytest

from shared.contracts import PlaylistSubmitted
from shared.contracts.addresses import BadAddress, playlist_address
from shared.contracts.youtube import wanted_of

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


def test_addresses_elsewhere_keep_their_form_and_get_a_stable_id() -> None:
    first = playlist_address("https://radio.example.org/archive?page=1")
    assert first == playlist_address(" https://radio.example.org/archive?page=1 ")
    assert first.playlist_id.startswith("url:")
    assert first.playlist_id != playlist_address("https://radio.example.org/archive?page=2").playlist_id


VIDEO = ("youtube:dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ")
CHANNEL = "UCabcdefghijklmnopqrstuv"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dQw4w9WgXcQ", VIDEO),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=30s", VIDEO),
        ("https://youtu.be/dQw4w9WgXcQ?si=x", VIDEO),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", VIDEO),
        ("https://m.youtube.com/live/dQw4w9WgXcQ", VIDEO),
        ("@RadioFon", ("youtube:@radiofon", "https://www.youtube.com/@RadioFon/videos")),
        (
            "https://www.youtube.com/@RadioFon/featured",
            ("youtube:@radiofon", "https://www.youtube.com/@RadioFon/videos"),
        ),
        (
            "https://youtube.com/@RadioFon/streams",
            ("youtube:@radiofon:streams", "https://www.youtube.com/@RadioFon/streams"),
        ),
        ("@Fɔngbè", ("youtube:@f%C9%94ngb%C3%A8", "https://www.youtube.com/@F%C9%94ngb%C3%A8/videos")),
        (CHANNEL, (f"youtube:{CHANNEL}", f"https://www.youtube.com/channel/{CHANNEL}/videos")),
        (
            f"https://www.youtube.com/channel/{CHANNEL}/shorts",
            (f"youtube:{CHANNEL}:shorts", f"https://www.youtube.com/channel/{CHANNEL}/shorts"),
        ),
        ("https://www.youtube.com/c/Radio", ("youtube:c:Radio", "https://www.youtube.com/c/Radio/videos")),
        (
            f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}",
            (f"youtube:UU{CHANNEL[2:]}", f"https://www.youtube.com/playlist?list=UU{CHANNEL[2:]}"),
        ),
        (
            f"https://www.youtube.com/feeds/videos.xml?playlist_id={LIST}",
            (f"youtube:{LIST}", f"https://www.youtube.com/playlist?list={LIST}"),
        ),
        (
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=RDdQw4w9WgXcQ&start_radio=1",
            ("youtube:RDdQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=RDdQw4w9WgXcQ"),
        ),
    ],
)
def test_youtube_addresses_become_canonical(text: str, expected: tuple[str, str]) -> None:
    assert playlist_address(text) == expected
    assert playlist_address(expected[1]) == expected
    PlaylistSubmitted(url=expected[1], playlist_id=expected[0])


@pytest.mark.parametrize(
    ("text", "url", "first"),
    [
        ("ytsearch:contes  fon", "https://www.youtube.com/results?search_query=contes%20fon#first=1", 1),
        ("ytsearch25:contes fon", "https://www.youtube.com/results?search_query=contes%20fon#first=25", 25),
        ("ytsearchall:contes fon", "https://www.youtube.com/results?search_query=contes%20fon", None),
        ("https://www.youtube.com/results?search_query=a+%26+b&sp=x", None, None),
    ],
)
def test_a_search_is_a_playlist_with_a_length(text: str, url: str | None, first: int | None) -> None:
    address = playlist_address(text)
    assert address.playlist_id.startswith("youtube:search-")
    assert url is None or address.url == url
    assert wanted_of(address.url) == (address.url.split("#")[0], first)
    assert playlist_address(address.url) == address
    PlaylistSubmitted(url=address.url, playlist_id=address.playlist_id)


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
        ("https://www.youtube.com/playlist?list=RDCLAK5uy_something", "is a mix without its first video"),
        ("https://www.youtube.com/feeds/videos.xml?user=x", "is a feed of nothing known"),
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
