"""Names of files made of titles, whoever made the titles."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from cli.errors import CliError
from cli.getting.destinations import Destinations
from cli.getting.template import DEFAULT, FIELDS, PART_BYTES, Template, values_of
from cli.getting.wanted import NotFetched, WantedFile
from services.api.http.dispositions import disposition
from shared.untrusted.file_names import MAX_BYTES, cut, safe_name

#: Title → the name that it becomes; None: anything that is safe.
TITLES: dict[str, str | None] = {
    "Fɔ̀ngbè: leçon 1": "Fɔ̀ngbè_ leçon 1",
    "Cafe\u0301": "Café",
    "../../etc/passwd": "_.._.._etc_passwd",
    "..": "_",
    ".": "_",
    "": "_",
    "   ": "_",
    "\u200b\ufeff": "_",
    "/": "_",
    "a/b\\c": "a_b_c",
    ".hidden": "_.hidden",
    "-rf": "_-rf",
    "~root": "_~root",
    "CON": "_CON",
    "nul.txt": "_nul.txt",
    "com1": "_com1",
    "LPT²": "_LPT²",
    "console": "console",
    "end. . .": "end",
    "a\x00b\nc\td\x1b[2Je": "a b c d [2Je",
    "gpj.\u202egnp": "gpj. gnp",
    "half \ud800 of one": "half of one",
    'what? "this" <that> | *all*': "what_ _this_ _that_ _ _all_",
    "नि\u200cष्ठा": "नि\u200cष्ठा",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family": "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
    "x" * 5000: None,
    "ɖ" * 5000: None,
    "\U0001f600" * 100: None,
    "e" + "\u0323\u0302\u0301" * 300: None,
    "a\u2028b\u2029c\x85d": "a b c d",
}


def is_safe(name: str) -> bool:
    return (
        0 < len(name.encode()) <= MAX_BYTES
        and name == unicodedata.normalize("NFC", name)
        and not set(name) & set('/\\:*?"<>|')
        and name not in (".", "..")
        and name[0] not in ".-~ "
        and name[-1] not in ". "
        and all(letter.isprintable() or letter in "\u200c\u200d" for letter in name)
    )


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_a_title_becomes_one_safe_name(title: str) -> None:
    name = safe_name(title)
    assert is_safe(name)
    assert TITLES[title] in (None, name)


@pytest.mark.parametrize("letter", ["a", "ɖ", "日", "\U0001f600", "e\u0323\u0302"])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 6, 7, 100])
def test_a_cut_keeps_letters_whole(letter: str, size: int) -> None:
    kept = cut(letter * 60, size)
    assert len(kept.encode()) <= size
    assert kept.replace(letter, "") == ""


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_a_browser_is_told_a_name_that_is_safe_in_both_spellings(title: str) -> None:
    header = disposition("attachment", title, "mp3")
    header.encode("ascii")
    plain, _, encoded = header.partition("; filename*=UTF-8''")
    quoted = plain.removeprefix('attachment; filename="').removesuffix('"')
    assert quoted.endswith(".mp3")
    assert not set(quoted) & set('"\\/%;\r\n')
    assert all(letter.isalnum() or letter in "-._~%" for letter in encoded)
    assert encoded.endswith(".mp3")


def video(id_: str = "youtube:dQw4w9WgXcQ", **known: Any) -> dict[str, Any]:
    fields = ("title", "channel", "upload_date", "language", "licence")
    return {"id": id_, "accession": 7, **dict.fromkeys(fields), **known}


def test_the_default_says_what_it_is() -> None:
    known = video(title="Leçon 1/2", channel="Radio: Zou", upload_date="20260314")
    assert Template(DEFAULT).path(values_of(known, "mp3-320", "mp3")) == (
        "Radio_ Zou/2026-03-14 Leçon 1_2 [dQw4w9WgXcQ].mp3"
    )
    assert Template(DEFAULT).path(values_of(video(), "mp3-320", "mp3")) == (
        "unknown channel/undated dQw4w9WgXcQ [dQw4w9WgXcQ].mp3"
    )
    other = values_of(video("soundcloud:dQw4w9WgXcQ", upload_date="soon"), "original", "subtitles.fr.vtt")
    assert Template(DEFAULT).path(other) == (
        "unknown channel/undated soundcloud-dQw4w9WgXcQ [soundcloud-dQw4w9WgXcQ].subtitles.fr.vtt"
    )


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
@pytest.mark.parametrize("template", [DEFAULT, "{title}.{ext}", "{title}/{channel} {title}.{ext}", "{licence}.{ext}"])
def test_no_text_leaves_its_place_in_a_template(title: str, template: str) -> None:
    known = video(title=title, channel=title, licence=title, language=title)
    path = Template(template).path(values_of(known, "mp3-320", "mp3"))
    steps = path.split("/")
    assert len(steps) == template.count("/") + 1
    assert all(map(is_safe, steps))
    # There is room for what marks it as not whole yet.
    assert len(steps[-1].encode()) <= MAX_BYTES - PART_BYTES
    assert steps[-1].endswith(" [dQw4w9WgXcQ].mp3" if "[{id}]" in template else ".mp3")


def test_what_is_long_ends_with_what_tells_it_apart() -> None:
    ids = [f"someextractor:{'x' * 190}{n}" for n in range(2)]
    paths = {Template("{id}.{ext}").path(values_of(video(id_, title="t"), "mp3-320", "mp3")) for id_ in ids}
    assert len(paths) == 2
    long_ids = [f"{'e' * 90}:{'x' * 198}{n}" for n in range(2)]
    paths = {Template(DEFAULT).path(values_of(video(id_), "mp3-320", "mp3")) for id_ in long_ids}
    assert len(paths) == 2
    assert all(len(path.rpartition("/")[2].encode()) <= MAX_BYTES - PART_BYTES for path in paths)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{title}", "must end with .{ext}"),
        ("{title}.mp3", "must end with .{ext}"),
        ("/etc/{id}.{ext}", "below the folder"),
        ("../{id}.{ext}", "below the folder"),
        ("a//{id}.{ext}", "below the folder"),
        ("./{id}.{ext}", "below the folder"),
        ("{nonsense}.{ext}", "no field {nonsense}. The fields are id, title"),
        ("{title.__class__}.{ext}", "no field {title.__class__}"),
        ("{title[0]}.{ext}", "no field {title[0]}"),
        ("{title!r}.{ext}", "no field {title!r}"),
        ("{title:>99999999}.{ext}", "no field {title:>99999999}"),
        ("{}.{ext}", "no field {}"),
        ("{title.{ext}", "--name"),
        ("}.{ext}", "a literal brace twice"),
        ("x" * 300 + ".{ext}", "may have at most 200 characters"),
    ],
)
def test_a_template_that_makes_no_names_is_refused(text: str, told: str) -> None:
    with pytest.raises(CliError) as refused:
        Template(text)
    assert told in str(refused.value)
    assert refused.value.code == 2


def test_every_field_can_be_used() -> None:
    values = values_of(video(), "mp3-320", "mp3")
    assert set(values) == set(FIELDS)
    assert Template("{{" + "{" + "} {".join(FIELDS) + "}.{ext}").path(values).startswith("{dQw4w9WgXcQ dQw4w9WgXcQ")


def wanted(id_: str, content: bytes = b"", **known: Any) -> WantedFile:
    return WantedFile(
        video(id_, **known), "mp3-320.mp3", "mp3", "mp3-320", hashlib.sha256(content).hexdigest(), len(content)
    )


def test_no_two_recordings_get_one_name(tmp_path: Path) -> None:
    destinations = Destinations(tmp_path, Template("{title}.{ext}"), overwrite=False)
    found = [
        destinations.destination_of(wanted(f"youtube:{id_}", title=title)).path.name
        for id_, title in [
            ("aaaaaaaaaaa", "Conte"),
            ("bbbbbbbbbbb", "CONTE"),
            ("BBBBBBBBBBB", "conte"),
            ("ccccccccccc", "Conte?"),
            ("ddddddddddd", "Conte*"),
        ]
    ]
    assert found[:2] == ["Conte.mp3", "CONTE [bbbbbbbbbbb].mp3"]
    assert found[3:] == ["Conte_.mp3", "Conte_ [ddddddddddd].mp3"]
    # Nothing but the case of its letters tells its id from another one's.
    assert found[2].startswith("conte ~")
    assert len({name.casefold() for name in found}) == 5


def test_what_is_there_and_whole_keeps_its_name_in_every_run(tmp_path: Path) -> None:
    (tmp_path / "Conte.mp3").write_bytes(b"one")
    (tmp_path / "Conte [bbbbbbbbbbb].mp3").write_bytes(b"two")
    for order in (("a", "b"), ("b", "a")):
        destinations = Destinations(tmp_path, Template("{title}.{ext}"), overwrite=False)
        contents = {"a": b"one", "b": b"two"}
        found = {
            id_: destinations.destination_of(wanted(f"youtube:{id_ * 11}", contents[id_], title="Conte"))
            for id_ in order
        }
        assert {id_: (place.path.name, place.there) for id_, place in found.items()} == {
            "a": ("Conte.mp3", True),
            "b": ("Conte [bbbbbbbbbbb].mp3", True),
        }


def test_what_somebody_else_wrote_is_kept_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / "undated t [aaaaaaaaaaa].mp3"
    file.write_bytes(b"my own tags")
    template = Template("{upload_date} {title} [{id}].{ext}")
    one = wanted("youtube:aaaaaaaaaaa", b"of the store", title="t")
    with pytest.raises(NotFetched, match="has other content and is kept; --overwrite replaces it"):
        Destinations(tmp_path, template, overwrite=False).destination_of(one)
    assert Destinations(tmp_path, template, overwrite=True).destination_of(one) == (file, False)
    # Of the same length, another content.
    file.write_bytes(b"of a change.")
    with pytest.raises(NotFetched):
        Destinations(tmp_path, template, overwrite=False).destination_of(one)
    file.write_bytes(b"of the store")
    assert Destinations(tmp_path, template, overwrite=False).destination_of(one) == (file, True)
    file.unlink()
    file.symlink_to(tmp_path / "nowhere")
    with pytest.raises(NotFetched):
        Destinations(tmp_path, template, overwrite=False).destination_of(one)
