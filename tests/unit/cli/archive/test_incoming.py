"""A file that is being copied gets its name in one step, or leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.backup.folder import INCOMING, ArchiveFolder
from cli.backup.incoming import IncomingFile
from cli.errors import CliError


@pytest.fixture
def folder(tmp_path: Path) -> ArchiveFolder:
    (tmp_path / INCOMING).mkdir()
    return ArchiveFolder(tmp_path)


def incoming(folder: ArchiveFolder) -> list[Path]:
    return list((folder.path / INCOMING).iterdir())


def test_a_closed_file_replaces_what_had_its_name(folder: ArchiveFolder) -> None:
    folder.file("objects/a").parent.mkdir()
    folder.file("objects/a").write_bytes(b"before")
    with IncomingFile(folder) as file:
        file.write(b"one ")
        file.write(b"two")
        file.close()
        assert folder.file("objects/a").read_bytes() == b"before"
        file.move_to("objects/a")
    assert folder.file("objects/a").read_bytes() == b"one two"
    assert incoming(folder) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_nothing(folder: ArchiveFolder, error: type[BaseException]) -> None:
    def interrupted() -> None:
        with IncomingFile(folder) as file:
            file.write(b"x" * 100_000)
            raise error

    with pytest.raises(error):
        interrupted()
    assert incoming(folder) == []
    assert not folder.file("objects/a").exists()


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="Name a folder that you may write to"):
        IncomingFile(ArchiveFolder(tmp_path))
