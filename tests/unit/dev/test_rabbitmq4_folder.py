"""RabbitMQ 4 in a folder: a set-up that was interrupted starts again, one that came to its end is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dev.servers.rabbitmq_programs import CONTROL, ROOT_VARIABLE, SERVER, command_of, plugins_variable, server_version
from dev.versions import rabbitmq4
from dev.versions.rabbitmq4 import MIRROR_VARIABLE, NotInstallable, install, mirror

#: What debootstrap does, as far as it matters here: packages into a cache, a system into a folder, or an end midway.
DEBOOTSTRAP = """#!/bin/sh
set -e
for word; do case $word in --cache-dir=*) cache=${word#*=};; esac; done
while [ $# -gt 3 ]; do shift; done
[ -z "$MIDWAY" ] || { touch "$cache/one.deb"; mkdir -p "$2/usr"; touch "$2/usr/half"; echo "E: no route" ; exit 1; }
mkdir -p "$2/usr/lib/rabbitmq/bin" "$2/usr/lib/rabbitmq/lib/rabbitmq_server-4.0.5/plugins"
touch "$2/usr/lib/rabbitmq/bin/rabbitmq-server"
echo "$1 $3 $(ls "$cache" | wc -l)" >> "$MADE"
"""
SETPRIV = """#!/bin/sh
while [ "$1" != debootstrap ]; do shift; done
exec "$@"
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A line for each system that was made: release, mirror, packages that were there already."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in {"debootstrap": DEBOOTSTRAP, "setpriv": SETPRIV}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("MADE", str(tmp_path / "made"))
    monkeypatch.setenv(MIRROR_VARIABLE, "http://mirror.example/debian")
    monkeypatch.setattr(rabbitmq4, "_check_rights", lambda: None)
    return tmp_path / "made"


def test_it_is_made_once(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    assert install(folder) == install(folder) == folder / "root"
    assert made.read_text() == "trixie http://mirror.example/debian 0\n"
    assert sorted(path.name for path in folder.iterdir()) == ["installed", "lock", "root"]


def test_an_interrupted_set_up_starts_again_with_the_packages_it_had(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    monkeypatch.setenv("MIDWAY", "1")
    with pytest.raises(NotInstallable, match=r"(?s)no route.*RABBITMQ4_MIRROR"):
        install(folder)
    monkeypatch.delenv("MIDWAY")
    root = install(folder)
    assert made.read_text() == "trixie http://mirror.example/debian 1\n"
    assert not (root / "usr/half").exists()


@pytest.mark.parametrize("harm", ["stamp", "other packages", "program"])
def test_a_folder_that_is_not_whole_is_made_again(made: Path, tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "folder"
    root = install(folder)
    if harm == "stamp":
        (folder / "installed").unlink()
    elif harm == "other packages":
        (folder / "installed").write_text("bookworm rabbitmq-server")
    else:
        (root / SERVER.lstrip("/")).unlink()
    install(folder)
    assert len(made.read_text().splitlines()) == 2
    assert (root / SERVER.lstrip("/")).exists()


def test_whoever_may_not_is_told_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotInstallable, match="need root"):
        install(tmp_path / "folder")


def test_without_a_mirror_of_debian_the_variable_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstallable, match=MIRROR_VARIABLE):
        mirror()


def test_the_programs_of_the_folder_are_run_in_it(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(install(tmp_path / "folder")))
    command = command_of(CONTROL, tmp_path / "home", "status")
    assert command[:3] == ["unshare", "--mount", "--"]
    assert command[-4:] == [str(tmp_path / "folder/root"), str(tmp_path / "home"), CONTROL, "status"]
    assert plugins_variable() == {"RABBITMQ_PLUGINS_DIR": "/usr/lib/rabbitmq/lib/rabbitmq_server-4.0.5/plugins"}
    assert server_version() == "4.0.5"


def test_without_the_variable_this_machines_programs_are_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    assert command_of(CONTROL, tmp_path, "status") == [CONTROL, "status"]
    assert (plugins_variable(), server_version()) == ({}, None)
