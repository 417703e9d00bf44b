import random
import re
from contextlib import suppress

import pytest
from yt_dlp.extractor.youtube import YoutubeTabIE

from shared.addresses.parse import BadAddress, playlist_address, refuse_inner_host
from shared.addresses.youtube import is_whole_channel, wanted_of
from shared.contracts import PlaylistSubmitted

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
        ("@RadioFon", ("youtube:@radiofon", "https://www.youtube.com/@RadioFon")),
        ("https://www.youtube.com/@RadioFon/featured", ("youtube:@radiofon", "https://www.youtube.com/@RadioFon")),
        (
            "https://youtube.com/@RadioFon/streams",
            ("youtube:@radiofon:streams", "https://www.youtube.com/@RadioFon/streams"),
        ),
        ("@Fɔngbè", ("youtube:@f%C9%94ngb%C3%A8", "https://www.youtube.com/@F%C9%94ngb%C3%A8")),
        (CHANNEL, (f"youtube:{CHANNEL}", f"https://www.youtube.com/channel/{CHANNEL}")),
        (
            f"https://www.youtube.com/channel/{CHANNEL}/shorts",
            (f"youtube:{CHANNEL}:shorts", f"https://www.youtube.com/channel/{CHANNEL}/shorts"),
        ),
        ("https://www.youtube.com/c/Radio", ("youtube:c:radio", "https://www.youtube.com/c/Radio")),
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


THAI = ["สำนักข่าวไทยภาคเหนือเชียงใหม่", "สำนักข่าวไทยภาคเหนือลำปาง"]


@pytest.mark.parametrize(
    "texts",
    [
        [f"@{name}" for name in THAI],
        [f"https://www.youtube.com/@{name}/streams" for name in THAI],
        [f"https://www.youtube.com/c/{name * 4}" for name in THAI],
        [f"https://www.youtube.com/user/{'x' * 300}{end}" for end in "ab"],
        [f"https://www.youtube.com/c/{'ส' * 60}/{tab}" for tab in ("", "videos", "shorts", "playlists")],
        ["https://www.youtube.com/c/x", "https://www.youtube.com/user/x", "@xxx", "https://www.youtube.com/@xxx/live"],
        ["https://www.youtube.com/c/x%3Avideos", "https://www.youtube.com/c/x/videos"],
        ["https://www.youtube.com/c/%FE", "https://www.youtube.com/c/%FF"],
        [f"ytsearch5:{'x' * 200}{end}" for end in "ab"],
        ["https://www.youtube.com/results?search_query=x", "https://www.youtube.com/results?search_query=x&sp=EgIQAw"],
        ["ytsearch5:x", "ytsearch6:x", "ytsearchall:x"],
        [f"https://example.org/{'x' * 500}{end}" for end in "ab"],
        ["http://example.org/a", "https://example.org/a", "https://example.org/a/", "https://example.org:8443/a"],
        ["https://example.org/a%2Fb", "https://example.org/a/b"],
        ["https://example.org/a?x=1&y=2", "https://example.org/a?y=2&x=1", "https://example.org/a?x=1%26y=2"],
    ],
)
def test_two_things_never_get_one_name(texts: list[str]) -> None:
    found = [playlist_address(text) for text in texts]
    assert len({address.playlist_id for address in found}) == len({address.url for address in found}) == len(texts)
    for address in found:
        assert playlist_address(address.url) == address
        PlaylistSubmitted(url=address.url, playlist_id=address.playlist_id)


def test_a_cut_name_cannot_be_made_to_look_like_another() -> None:
    cut = playlist_address(f"https://www.youtube.com/c/{'x' * 300}").playlist_id.removeprefix("youtube:c:")
    assert "%%" in cut
    assert playlist_address(f"https://www.youtube.com/c/{cut}").playlist_id != f"youtube:c:{cut}"


@pytest.mark.parametrize(
    "texts",
    [
        [
            "@F\u0254ngb\u00e8",
            "@F\u0254ngbe\u0300",
            "@f%C9%94NGB%C3%A8",
            "https://youtube.com/@Fɔngbè/?si=x&feature=y#z",
        ],
        [
            "https://www.youtube.com/c/Caf\u00e9",
            "https://m.youtube.com/c/cafe\u0301/",
            "http://youtube.com/c/CAF%c3%89",
        ],
        ["https://www.youtube.com/user/Radio", "https://www.youtube.com/user/radio/featured?sub_confirmation=1"],
        ["@name", " @Name/ ", "Https://WWW.YouTube.com.:443//@name/featured/", "https://music.youtube.com/@name"],
        ["https://www.youtube.com/@name/live", "@name/streams", "https://www.youtube.com/%40name/Streams/"],
        ["dQw4w9WgXcQ", "https://youtu.be./dQw4w9WgXcQ/", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?t=1"],
        ["https://www.youtube.com/watch?v=dQw4w9WgXcQ&pp=x#t=9", "http://gaming.youtube.com:80/watch?v=dQw4w9WgXcQ"],
        [LIST, f"https://music.youtube.com/browse/VL{LIST}", f"\ufeff{LIST}\u200b", f"https://youtu.be/?list={LIST}"],
        ["ytsearch2:\u00e9 x", "ytsearch002: e\u0301   x ", "ytsearch2:é\x00 x"],
        [
            "https://www.youtube.com/hashtag/fon",
            "http://m.youtube.com/hashtag/fon/?si=x&utm_source=y&t=3#top",
            "https://youtube.com/hashtag/f%6Fn",
        ],
        [
            "https://radio.example.org/~fon/%C3%A9?q=%C3%BC",
            "HTTPS://Radio.Example.ORG.:443/a/../%7efon/./%c3%a9?q=ü#",
            "https://radio.example.org:/~fon/é?q=%c3%bc",
        ],
        ["https://example.org", "https://example.org/", "https://example.org./?#"],
        ["https://b\u00fccher.example/", "https://BU\u0308CHER.example", "https://xn--bcher-kva\u3002example/"],
        ["https://[2001:4860:4860::8888]/a", "https://[2001:4860:4860:0:0:0:0:8888]:443/a"],
    ],
)
def test_one_thing_gets_one_name(texts: list[str]) -> None:
    found = [playlist_address(text) for text in texts]
    assert len({address.playlist_id for address in found}) == 1, found
    for address in found:
        assert playlist_address(address.url) == address
        PlaylistSubmitted(url=address.url, playlist_id=address.playlist_id)
        # The capitals of a channel's name are kept for people to read.
        assert address.url.casefold().replace("%c3%89", "%c3%a9") in found[0].url.casefold().replace("%c3%89", "%c3%a9")


@pytest.mark.parametrize(
    "text",
    [
        "https://youtu.be/dQw4w9WgXcQ?list={}",
        "https://www.youtube.com/live/dQw4w9WgXcQ?list={}",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ?list={}&si=x",
        "https://www.youtube.com/embed/dQw4w9WgXcQ?list={}",
        "https://www.youtube.com/v/dQw4w9WgXcQ?list={}",
        "https://music.youtube.com/watch?v=dQw4w9WgXcQ&list={}",
    ],
)
@pytest.mark.parametrize("mix", ["RDAMVMdQw4w9WgXcQ", "RDEMabcdefghijklmnopqrst", "RDMMdQw4w9WgXcQ"])
def test_a_mix_begins_with_the_video_of_its_address(text: str, mix: str) -> None:
    expected = f"https://www.youtube.com/watch?v=dQw4w9WgXcQ&list={mix}"
    assert playlist_address(text.format(mix)) == (f"youtube:{mix}", expected)


@pytest.mark.parametrize("mix", ["RDdQw4w9WgXcQ", "RDMMdQw4w9WgXcQ", "RDAMVMdQw4w9WgXcQ"])
def test_a_mix_whose_id_names_its_video_needs_no_other(mix: str) -> None:
    expected = (f"youtube:{mix}", f"https://www.youtube.com/watch?v=dQw4w9WgXcQ&list={mix}")
    assert playlist_address(mix) == expected
    assert playlist_address(f"https://www.youtube.com/playlist?list={mix}") == expected


@pytest.mark.parametrize(
    "text",
    ["{}", "https://music.youtube.com/playlist?list={}&si=x", "https://music.youtube.com/watch?v=dQw4w9WgXcQ&list={}"],
)
def test_a_list_of_editors_is_an_ordinary_list(text: str) -> None:
    list_id = "RDCLAK5uy_kmPRjHDECIcuVwnKsx2Ng7fyNgFKWNJFs"
    address = playlist_address(text.format(list_id))
    assert address == (f"youtube:{list_id}", f"https://www.youtube.com/playlist?list={list_id}")
    assert YoutubeTabIE.suitable(address.url)
    assert re.fullmatch(YoutubeTabIE._PLAYLIST_ID_RE, list_id)


@pytest.mark.parametrize(
    "text",
    [
        "@RadioFon",
        "@Fɔngbè",
        CHANNEL,
        "https://www.youtube.com/c/Café/featured",
        "https://www.youtube.com/user/x/",
        f"@{THAI[0]}",
    ],
)
def test_a_whole_channel_has_an_address_without_a_tab(text: str) -> None:
    address = playlist_address(text)
    assert is_whole_channel(address.url)
    assert YoutubeTabIE.suitable(address.url)
    for tab in ("videos", "shorts", "streams", "podcasts", "releases", "playlists"):
        of_tab = playlist_address(f"{address.url}/{tab}")
        assert of_tab == (f"{address.playlist_id}:{tab}", f"{address.url}/{tab}")
        assert not is_whole_channel(of_tab.url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://www.youtube.com/@name/",
            "https://www.youtube.com/@name?x=1",
            "https://www.youtube.com/@name#first=1",
        ),
        *("http://www.youtube.com/@name", "https://youtube.com/@name", "https://www.youtube.com:443/@name"),
        *("https://www.youtube.com/@name/featured", "https://www.youtube.com/channel/UCshort", "@name"),
        *("https://www.youtube.com/", "https://www.youtube.com/c/", "https://www.youtube.com/feeds/videos.xml"),
        *(VIDEO[1], f"https://www.youtube.com/playlist?list={LIST}", "https://example.org/@name", ""),
    ],
)
def test_no_other_address_is_a_whole_channel(url: str) -> None:
    assert not is_whole_channel(url)


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
        ("https://www.youtube.com/playlist?list=short", "list= must be followed by an id"),
        ("https://www.youtube.com/playlist", "list= must be followed by an id"),
        ("https://www.youtube.com/playlist?list=RDEMsomethingelse", "is a mix without its first video"),
        ("https://www.youtube.com/feeds/videos.xml?user=x", "is an unknown feed"),
        ("https://example.org/a b", "percent-encode"),
        ("https://example.org/a\x00b", "percent-encode"),
        ("https://user:word@example.org/list", "leave it out"),
        ("https://example.org:99999999/x", "is not a web address"),
        ("https://[::1/x", "is not a web address"),
        ("https://example.org/" + "x" * 3000, "at most 2048"),
        ("ytsearch:" + "ส" * 400, "at most 2048"),
        ("ytsearch: \x00", "Give a full address"),
        ("ytsearch:a\ud800", "incomplete character"),
        ("https://example.org/\udcff", "incomplete character"),
        ("@ab", "Give a full address"),
        ("@name/about", "Give a full address"),
        ("https://.", "Give a full address"),
        ("https://\u3002/x", "Give a full address"),
        ("RDEMabcdefghijkl", "is a mix without its first video"),
        (f"PL{'x' * 300}", "Give a full address"),
    ],
)
def test_what_names_no_playlist_is_refused_with_the_cure(text: str, cure: str) -> None:
    with pytest.raises(BadAddress, match=cure):
        playlist_address(text)


def test_an_address_that_grows_too_long_is_kept_as_it_is() -> None:
    text = f"https://example.org/{'ส' * 400}"
    address = playlist_address(text)
    assert address.url == text
    assert playlist_address(text.upper().replace("EXAMPLE", "example")) == address
    PlaylistSubmitted(url=address.url, playlist_id=address.playlist_id)


#: What addresses are made of, and what has no place in them.
# fmt: off
PARTS = [
    "https://", "http://", "Https://", "www.youtube.com", "youtu.be", "example.org", "[::1]", "[", "]", "/", "//",
    "@name",
    "@",
    "c/", "user/", "channel/", "watch?v=", "dQw4w9WgXcQ", "list=", LIST, "RDdQw4w9WgXcQ", "&", "?", "#", "first=3",
    "feeds/",
    "results?search_query=", "ytsearch", "ytsearch3:", "0", ":", ":443", ":80", ".", "..", "%", "%2F", "%00", "%ff",
    "%C3%A9",
    "é", "e\u0301", "ส", "\u3002", "\ud800", "\x00", "\x85", "\n", " ", "\u2028", "\u200b", "\ufeff", "\\", "xn--",
    "xn--a",
    "ß", "½", "℀", "videos", "a" * 64, "playlist", "\U000e0001", "|", '"', "<", "İ", "²", "١", "\x1f", "\xa0", "\xad",
    "\uffff",
]
# fmt: on


def test_whatever_is_written_is_refused_or_can_be_sent_and_read_again() -> None:
    rng, taken = random.Random(7), 0
    for _ in range(20_000):
        begin = rng.choice(
            ["", "", "https://", "https://www.youtube.com/", "https://m.youtube.com/@", "https://example.org/"]
        )
        text = begin + "".join(rng.choices(PARTS, k=rng.randrange(1, 8)))
        try:
            address = playlist_address(text)
        except BadAddress as error:
            str(error).encode()
            continue
        taken += 1
        assert playlist_address(address.url) == address, text
        message = PlaylistSubmitted(url=address.url, playlist_id=address.playlist_id)
        assert message.url == address.url
        with suppress(BadAddress):
            refuse_inner_host(address.url)
    assert taken > 2000
