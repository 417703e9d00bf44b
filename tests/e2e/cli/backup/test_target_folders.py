"""Folders that hold other files, or an archive that a mistake would empty, stay as they are."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.archives.stored import catalog_of, store_videos
from dev.stack import Stack
from tests.e2e.cli.backup.commands import Exports, own_place, run, said


def test_a_folder_with_something_else_in_it_is_left_alone(source: Exports, tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    refused = run(source, "backup", "--to", str(tmp_path))
    assert (refused.returncode, "holds other files, and no archive" in refused.stderr) == (2, True)
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.odt"]


@pytest.mark.parametrize("name", ["incoming/scan.pdf", "catalog-2019/photo.jpg", "objects/vase.obj", "manifest.part"])
def test_folders_of_others_that_are_called_like_ours_are_left_alone(source: Exports, tmp_path: Path, name: str) -> None:
    theirs = tmp_path / name
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("years of work")
    refused = run(source, "backup", "--to", str(tmp_path))
    assert (refused.returncode, "holds other files, and no archive" in refused.stderr) == (2, True)
    assert theirs.read_text() == "years of work"


def test_a_folder_beside_the_catalog_of_an_archive_stays(source: Exports, copy: Path) -> None:
    (copy / "catalog-of-mine").mkdir()
    said(source, "backup", "--to", str(copy))
    assert (copy / "catalog-of-mine").is_dir()


@pytest.mark.parametrize("mistake", ["another database", "everything is fetched again"])
def test_an_archive_is_not_emptied_without_a_deletion(servers: Stack, tmp_path: Path, mistake: str) -> None:
    place, folder = own_place(servers), tmp_path / "archive"
    asyncio.run(store_videos(place, range(12), 100))
    first = said(place, "backup", "--to", str(folder))
    if mistake == "another database":
        place |= {"MONGO_DATABASE": own_place(servers)["MONGO_DATABASE"]}
    else:
        asyncio.run(_queue_everything(place))
    refused = run(place, "backup", "--to", str(folder))
    assert refused.returncode == 2
    assert "The previous archive was not changed." in refused.stderr
    checked = said({}, "backup", "--to", str(folder), "--check")
    assert (checked["archive"], checked["objects"], checked["damaged"]) == (first["archive"], 12, [])


async def _queue_everything(place: Exports) -> None:
    """As `fonoteca audit --repair` does after the loss of the bucket."""
    catalog = await catalog_of(place)
    await catalog.videos.update_many({}, {"$set": {"state": "queued"}, "$unset": {"audio": ""}})
    await catalog.close()
