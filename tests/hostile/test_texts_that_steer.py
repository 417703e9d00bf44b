"""Texts of a source that would steer a terminal, begin a line of a log, or be run by a spreadsheet."""

from __future__ import annotations

import csv
import io
import json

import pytest
from rich.table import Table

from cli.csv_cells import cell
from cli.json_text import json_text
from cli.safe_console import SafeConsole
from cli.showing import plain, tidy

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
