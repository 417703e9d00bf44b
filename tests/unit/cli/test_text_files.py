"""Lists of playlists in whatever encoding a person's program writes, and what is said of other files."""

from __future__ import annotations

import codecs
import io
import os
from pathlib import Path

import pytest

from cli.arguments.playlist_file import read_lines
from cli.arguments.text_files import decoded, lines_of, read_text
from cli.errors import CliError

TEXT = "# soirées: Ɖɔ wé 🎧\r\nPLabcdefghij1234\r\n-7KmGQkHvFM   # a video\r\n"
ADDRESSES = ["PLabcdefghij1234", "-7KmGQkHvFM"]


def addresses(text: str) -> list[str]:
    return [line.address for line in read_lines(lines_of(text))]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT.encode(), id="utf-8"),
        pytest.param(codecs.BOM_UTF8 + TEXT.encode(), id="utf-8 with a mark"),
        pytest.param(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), id="PowerShell's"),
        pytest.param(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), id="utf-16, big end first"),
        pytest.param(codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), id="utf-32"),
        pytest.param(codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), id="utf-32, big end first"),
        pytest.param(TEXT.encode("utf-16-le"), id="utf-16 without a mark"),
        pytest.param(TEXT.encode("utf-16-be"), id="utf-16, big end first, without a mark"),
        pytest.param(TEXT.encode("utf-32-le"), id="utf-32 without a mark"),
        pytest.param(TEXT.encode("utf-32-be"), id="utf-32, big end first, without a mark"),
        pytest.param(TEXT.encode() + b"\x1a", id="DOS"),
        pytest.param(TEXT.replace("\r\n", "\r").encode(), id="old Macs"),
    ],
)
def test_a_list_is_read_in_every_encoding(data: bytes) -> None:
    assert addresses(decoded(data, "playlist.txt")) == ADDRESSES


def test_a_list_with_long_comments_in_another_script_is_read_without_a_mark() -> None:
    text = "# 我的播放列表 我的播放列表\nPLabcdefghij1234\n-7KmGQkHvFM\n"
    for encoding in ("utf-16-le", "utf-16-be"):
        assert addresses(decoded(text.encode(encoding), "playlist.txt")) == ADDRESSES


def test_a_file_of_nothing_is_an_empty_text() -> None:
    assert [decoded(data, "x") for data in (b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF32_LE)] == [""] * 4


def test_lines_have_the_numbers_that_editors_show() -> None:
    text = "# a\u2028b\x85c\nPLabcdefghij1234\r\n\rPLabcdefghij5678"
    assert [line.number for line in read_lines(lines_of(text))] == [2, 4]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("# soirées\nPLabcdefghij1234\n".encode("latin-1"), id="latin-1"),
        pytest.param("# soirées €\nPLabcdefghij1234\n".encode("cp1252"), id="cp1252"),
        pytest.param("# Ɖɔ\nPLabcdefghij1234\n".encode("utf-16")[:-1], id="half of utf-16"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0", id="a picture"),
        pytest.param(b"ID3\x04\0\0\0\0\0#TSSE\0\0\0\x0f\0\0\3", id="an mp3"),
        pytest.param(b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0", id="a spreadsheet"),
        pytest.param(b"\x7fELF\x02\x01\x01\0", id="a program"),
        pytest.param(b"\x1f\x8b\x08\x00", id="packed"),
        pytest.param(b"\0" * 100, id="nothing but NUL"),
        pytest.param(b"PLabc\x1b[0m", id="a terminal's colours"),
        pytest.param(os.urandom(4096), id="noise"),
    ],
)
def test_what_is_no_text_is_told_with_the_cure(data: bytes) -> None:
    with pytest.raises(CliError, match=r"playlist\.txt is not (text|UTF-8; it looks).*Save it as UTF-8") as caught:
        decoded(data, "playlist.txt")
    assert caught.value.code == 2


def test_latin_1_is_named_with_the_command_that_converts_it() -> None:
    for name, named in (("my list.txt", " 'my list.txt' > utf-8.txt`"), ("Standard input", "-t utf-8`")):
        with pytest.raises(CliError) as caught:
            decoded("# soirées\nPLabcdefghij1234\n".encode("latin-1"), name)
        assert named in str(caught.value)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    for name, told in (
        (str(tmp_path), "is a folder"),
        (str(tmp_path / "none"), "There is no file"),
        (str(tmp_path / "none" / "x"), "There is no file"),
        ("a\0b", "cannot be read"),
        ("x" * 5000, "cannot be read"),
    ):
        with pytest.raises(CliError, match=told) as caught:
            read_text(name)
        assert caught.value.code == 2


def test_standard_input_is_read_likewise(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (TEXT.encode("utf-16"), TEXT.encode()):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert addresses(read_text("-")) == ADDRESSES
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(CliError, match=r"Standard input is closed\. Give a file"):
        read_text("-")
