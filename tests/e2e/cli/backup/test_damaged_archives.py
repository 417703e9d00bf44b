"""Damaged and truncated archives are refused, in one sentence and before anything is written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.archives.stored import video_id
from dev.stack import Stack
from shared.storage.keys import object_key
from tests.e2e.cli.backup.commands import documents, own_place, rewrite, run, said


def test_a_flipped_byte_is_refused(servers: Stack, copy: Path) -> None:
    spoilt = copy / "objects" / object_key(video_id(3), "mp3-320.mp3")
    flip(spoilt)
    checked = said({}, "backup", "--to", str(copy), "--check", code=1)
    assert [damage["name"] for damage in checked["damaged"]] == [str(spoilt.relative_to(copy))]
    fresh = own_place(servers)
    refused = run(fresh, "restore", "--from", str(copy))
    assert refused.returncode == 1
    assert f"{spoilt} is damaged: its SHA-256 is" in refused.stderr
    spoilt.unlink()
    refused = run(fresh, "restore", "--from", str(copy))
    assert (refused.returncode, "it is missing" in refused.stderr) == (1, True)
    done = said(fresh, "restore", "--from", str(copy), "--skip-damaged", code=1)
    assert done["fetched_again"] == [video_id(3)]
    assert said(fresh, "audit", "--scrub")["violations"] == []


def test_a_damaged_catalog_is_refused_before_anything_is_written(servers: Stack, copy: Path) -> None:
    flip(next(copy.glob("catalog-*/logs.jsonl.gz")))
    fresh = own_place(servers)
    refused = run(fresh, "restore", "--from", str(copy))
    assert refused.returncode == 2
    assert "logs.jsonl.gz: its SHA-256 is" in refused.stderr
    assert "Nothing was restored" in refused.stderr
    assert documents(fresh, "restores") == {}


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_off(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text[: len(text) // 2])


def change_a_number(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"lines": 1,', '"lines": 2,', 1))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (cut_off, "manifest.json is damaged: it is truncated or was changed"),
        (change_a_number, "manifest.json is damaged: it is truncated or was changed"),
        (lambda folder: rewrite(folder, format_version=2, fonoteca="9.9.9"), "written by a newer Fonoteca (9.9.9;"),
        (lambda folder: (folder / "manifest.json").unlink(), "is an incomplete backup: it has no manifest yet"),
        (shutil.rmtree, "There is no archive in"),
    ],
)
def test_an_archive_that_cannot_be_trusted_is_refused(servers: Stack, copy: Path, spoil: Any, sentence: str) -> None:
    spoil(copy)
    for command in (("backup", "--to", str(copy), "--check"), ("restore", "--from", str(copy))):
        refused = run(own_place(servers), *command)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
        assert sentence in refused.stderr
