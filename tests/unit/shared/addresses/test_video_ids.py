"""Ids of videos: a table, and properties over random ids from the corners of Unicode. The seed is fixed."""

import hashlib
import random
import re
from urllib.parse import quote, unquote

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.addresses.video_ids import MAX_EXTRACTOR, MAX_ID, video_id
from shared.contracts.base import PlaylistId, VideoId, WebUrl
from shared.storage.keys import folder_of, object_key, video_of

VIDEO_ID: TypeAdapter[str] = TypeAdapter(VideoId)
ALPHABET = [
    *("a", "Z", "0", "_", "-", ".", "~", "%", "+", " ", "/", "\\", ":", "?", "#", "&", "=", "'", '"'),
    *("\x00", "\n", "\t", "\x1b", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\uffff"),
    *("é", "e\u0301", "ɔ", "ส", "日", "😀", "\ud83d", "\ude00", "\udcff"),
    *("%2F", "~2F", "~~", "..", "../"),
]


def random_ids(number: int) -> set[str]:
    rng = random.Random(20260501)
    return {
        "".join(rng.choices(ALPHABET, k=rng.choice([1, 2, 3, 8, 40, 120, 199, 200, 201, 400]))) for _ in range(number)
    }


@pytest.mark.parametrize(
    ("extractor", "source_id", "expected"),
    [
        ("youtube", "dQw4w9WgXcQ", "youtube:dQw4w9WgXcQ"),
        ("Youtube", "-_aB.9", "youtube:-_aB.9"),
        ("generic", "a b/c", "generic:a~20b~2Fc"),
        ("generic", "100%", "generic:100~25"),
        ("generic", "a~b", "generic:a~7Eb"),
        ("generic", "a\x00b\n", "generic:a~00b~0A"),
        ("generic", "é", "generic:~C3~A9"),
        ("generic", "\ud800", "generic:~ED~A0~80"),
        ("generic", ".", "generic:~2E"),
        ("generic", "..", "generic:~2E~2E"),
        ("generic", "..a", "generic:~2E~2Ea"),
        ("generic", ".a", "generic:.a"),
        ("generic", "a.", "generic:a~2E"),
        ("generic", "", "generic:~"),
        ("youtube:tab", "a", "youtube+3atab:a"),
        ("a+b", "a", "a+2bb:a"),
        ("..", "a", "+2e+2e:a"),
        ("", "a", "+:a"),
        ("generic", "x" * MAX_ID, "generic:" + "x" * MAX_ID),
        (
            "generic",
            "x" * (MAX_ID + 1),
            f"generic:{'x' * (MAX_ID - 66)}~~{hashlib.sha256(b'x' * (MAX_ID + 1)).hexdigest()}",
        ),
    ],
)
def test_ids_that_are_named(extractor: str, source_id: str, expected: str) -> None:
    assert VIDEO_ID.validate_python(video_id(extractor, source_id)) == expected


def test_no_two_ids_become_one_and_every_one_is_valid() -> None:
    sources = random_ids(5000)
    # Ids that look like what others are quoted to, or cut to.
    sources |= {video_id("x", source).partition(":")[2] for source in sources}
    sources |= {quote(source.encode("utf-8", "surrogatepass")) for source in sources}
    made = {VIDEO_ID.validate_python(video_id("generic", source)) for source in sources}
    assert len(made) == len(sources)


def test_extractors_are_told_apart_and_bounded() -> None:
    names = {name.lower() for name in random_ids(3000)}
    made = {VIDEO_ID.validate_python(video_id(name, "a")) for name in names}
    assert len(made) == len(names)
    assert max(len(made_id) for made_id in made) <= MAX_EXTRACTOR + 2


def test_a_short_id_can_be_read_back() -> None:
    for source in random_ids(3000):
        quoted = video_id("generic", source).partition(":")[2]
        if "~~" not in quoted and quoted != "~":
            data = re.sub(rb"~([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), quoted.encode())
            assert data.decode("utf-8", "surrogatepass") == source or len(quoted) == MAX_ID


def test_every_store_can_carry_it() -> None:
    """Object keys, blob names, parts of an address: nothing is quoted again, no step is too long or means a folder."""
    for source in random_ids(3000):
        made = video_id("generic", source)
        assert quote(made, safe=":") == unquote(made) == made
        key = object_key(made, "mp3-320.mp3")
        assert video_of(key) == made
        assert key.isascii()
        assert len(key) < 1024
        for step in key.split("/"):
            assert 0 < len(step) <= 255
            assert step.strip(".") != ""


@pytest.mark.parametrize("old", ["..abc", "..", ".", "a.b"])
def test_the_folder_of_an_id_as_it_was_once_written_is_no_way_up(old: str) -> None:
    assert not {".", ".."} & set(folder_of(f"generic:{old}").split("/"))


@pytest.mark.parametrize("type_", [VideoId, PlaylistId])
@pytest.mark.parametrize(
    "bad", ["", "\ud800", "a\udc80", "a\x00b", "a\x1bb", "a\x7f", "a\x85b", "a\nb", "a b", "a\u2028", "a/b", "x" * 201]
)
def test_ids_that_no_store_can_carry_are_refused(type_: type[str], bad: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(type_).validate_python(f"youtube:{bad}")


@pytest.mark.parametrize("bad", ["/\ud83d", "/\x01", "/\x7f", "/\x9f", "/a\nb", "/a b", "/" + "x" * 2048])
def test_addresses_that_no_message_can_carry_are_refused(bad: str) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(WebUrl)
    assert adapter.validate_python("https://a.b/é") == "https://a.b/é"
    with pytest.raises(ValidationError):
        adapter.validate_python(f"https://a.b{bad}")
    with pytest.raises(ValidationError):
        adapter.validate_python(f"https://a{bad.lstrip('/')}.b/" if bad[1] != "x" else "https://")
