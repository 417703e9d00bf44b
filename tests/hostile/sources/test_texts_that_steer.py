"""Texts of a source that would steer a terminal, begin a line of a log, or be run by a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.table import Table

from cli.display.csv_cells import cell
from cli.display.formatting import plain, tidy
from cli.display.json_text import json_text
from cli.display.safe_console import SafeConsole
from services.api.feeds.addresses import Addresses
from services.api.feeds.m3u import entry, head
from services.api.feeds.recording import recording_of
from services.api.feeds.rss import Feed, rss
from services.api.http.dispositions import disposition
from shared.untrusted.file_names import safe_name

STEERING = {
    "clears the screen": "\x1b[2J",
    "sets the title": "\x1b]0;owned\x07",
    "C1 control sequence": "\x9b2J",
    "C1 string": "\x90payload\x9c",
    "moves back": "good\x08\x08\x08\x08evil",
    "begins the line again": "good\revil",
    "rings": "\x07",
    "null": "a\x00b",
    "delete": "a\x7fb",
    "turns the direction": "\u202efdp.exe",
    "isolates a direction": "\u2067abc\u2069",
    "marks a direction": "\u200fabc",
    "another line": "a\u2028b\u2029c",
    "next line": "a\x85b",
    "vertical": "a\x0bb\x0cc",
    "link": "\x1b]8;;http://a.example\x1b\\text\x1b]8;;\x1b\\",
    "half a character": "a\ud800b",
}
FORMULAS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM",
    "\u22121",
    "=cmd|' /C calc'!A0",
]
UNSEEN = ["", "\u200b", "\ufeff", "\u202f", "\u200c", "\u200d", "\u00a0", " "]
BEFORE = [*UNSEEN, "\t", "\r", "\n", "a,", "a;", "a|", "a\t", "a\r\n", 'a",', 'a"', "a'", "a, ", "\t\t"]


def written_by(console_text: object) -> str:
    written = io.StringIO()
    SafeConsole(file=written, force_terminal=True, width=200, color_system=None).print(console_text)
    return written.getvalue()


def steers(text: str) -> bool:
    return any(not letter.isprintable() and letter != "\n" for letter in text)


@pytest.mark.parametrize("text", STEERING.values(), ids=STEERING.keys())
def test_a_terminal_is_not_steered(text: str) -> None:
    table = Table(text)
    table.add_row(text)
    written = [written_by(text), written_by(table), written_by(plain(text)), tidy(text)]
    assert not any(map(steers, written))


@pytest.mark.parametrize("text", STEERING.values(), ids=STEERING.keys())
def test_json_is_escaped_and_reads_back_as_it_was(text: str) -> None:
    written = json_text({"title": text})
    assert not steers(written)
    written.encode()
    assert json.loads(written)["title"] == text


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("formula", FORMULAS)
def test_no_spreadsheet_runs_a_cell(formula: str, before: str) -> None:
    written = io.StringIO()
    csv.writer(written).writerow([cell(before + formula), "x"])
    line = written.getvalue()
    # However the line is taken apart, with quotes or without.
    for separator in ",;|\t":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            for row in csv.reader(io.StringIO(line), delimiter=separator, quoting=quoting):
                assert not [part for part in row if part.lstrip(' \u00a0"\t\r\n').startswith(formula[0])]


@pytest.mark.parametrize(
    "value",
    ["youtube:-wtIMTCHWuI", "https://www.youtube.com/watch?v=-a&list=PL=1", "audio/youtube/-w/-wtI/mp3-320.mp3", "a1"],
)
def test_what_has_to_stay_as_it_is_stays(value: str) -> None:
    assert cell(value) == value
    assert cell([value, value]) == f"{value} {value}" or " " in str(cell([value, value]))


def test_letters_of_all_scripts_stay() -> None:
    text = "Fɔ̀ngbè · العربية · हिन्दी क्ष · नि\u200cष्ठा · 日本語 · \U0001f600"
    assert written_by(text).strip() == text
    assert cell(text) == text
    assert json.loads(json_text(text)) == text


#: What would end a text of XML, begin markup, or begin a line of a list for players.
MARKUP = {
    "ends a section": "a]]>b",
    "begins a section": "<![CDATA[a",
    "an entity": "&xxe; &#0; &#xFFFE;",
    "a document type": '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>',
    "an end of its element": "</title></item><enclosure url='http://evil.example'/>",
    "an end of an attribute": '" onload="alert(1)',
    "a script": "<script>alert(1)</script>",
    "no character": "a\ufffeb\uffffc\U0001fffed",
    "a line of its own": "a\nhttp://evil.example/x.mp3",
    "another entry": "a\r\n#EXTINF:1,b\r\nhttp://evil.example/x.mp3",
    "a header of its own": 'a"\r\nSet-Cookie: x=y; filename="b',
    "a folder above": "../../../etc/passwd",
}
HOSTILE = {**STEERING, **MARKUP}
ADDRESSES = Addresses("https://archive.example")


def stored(title: str, video_id: str = "youtube:aaaaaaaaaaa") -> Any:
    """A stored video in which a stranger decides every text."""
    return {
        "_id": video_id,
        "title": title,
        "url": f"https://www.youtube.com/watch?v={title}",
        "metadata": {"channel": title, "licence": title, "upload_date": title},
        "audio": {
            "profile": "mp3-320",
            "key": "audio/youtube/aa/aaaaaaaaaaa/mp3-320.mp3",
            "size_bytes": 1234,
            "duration_seconds": 61.6,
            "stored_at": datetime(2026, 5, 1, tzinfo=UTC),
        },
    }


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_feed_stays_one_document_with_one_recording(text: str) -> None:
    recording = recording_of(stored(text), None)
    assert recording is not None
    playlist: Any = {"_id": "youtube:PLx", "title": text, "channel": text, "url": text}
    written = rss(Feed(playlist, [recording], ADDRESSES, {"profile": text.encode(errors="replace").decode()}, None))
    channel = ElementTree.fromstring(written)[0]
    [item] = channel.findall("item")
    [enclosure] = item.findall("enclosure")
    assert enclosure.attrib == {
        "url": "https://archive.example/v1/videos/youtube:aaaaaaaaaaa/files/mp3-320.mp3",
        "length": "1234",
        "type": "audio/mpeg",
    }
    assert item.findtext("guid") == "youtube:aaaaaaaaaaa"
    assert item.findtext("pubDate") == "Fri, 01 May 2026 00:00:00 +0000"
    assert not any(steers(element.text or "") for element in channel.iter())
    # Letters stay what they were; where there are none, the id has to do.
    letters = [letter for letter in text if letter.isprintable() and letter.isalnum()]
    assert [letter for letter in item.findtext("title", "") if letter.isalnum()] == letters or not letters


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_list_for_players_has_two_lines_for_each_recording(text: str) -> None:
    recording = recording_of(stored(text), None)
    assert recording is not None
    playlist: Any = {"_id": "youtube:PLx", "title": text}
    written = head(playlist) + entry(recording, ADDRESSES)
    assert not steers(written)
    first, name, about, address = written.splitlines()
    assert (first, name[:10], about[:11]) == ("#EXTM3U", "#PLAYLIST:", "#EXTINF:62,")
    assert address == "https://archive.example/v1/videos/youtube:aaaaaaaaaaa/files/mp3-320.mp3"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_name_for_saving_is_one_header_and_one_file(text: str) -> None:
    header = disposition("attachment", text, "mp3")
    assert header.isascii()
    assert not steers(header)
    assert header.count('"') == 2
    assert "/" not in header
    name = safe_name(text)
    assert not steers(name)
    assert "/" not in name
    assert name not in ("", ".", "..")


@pytest.mark.parametrize("broken", [{"audio": {}}, {"url": None, "audio": 5}, {"metadata": None}, {"audio": None}])
def test_a_feed_leaves_out_what_is_not_as_it_must_be(broken: dict[str, Any]) -> None:
    assert recording_of(stored("x") | broken, None) is None
