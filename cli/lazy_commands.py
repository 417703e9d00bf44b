"""Commands whose modules are imported when they are run: `fonoteca sync` needs no client for HTTP."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer

from cli.display.help import Group, style_help

#: Command or group → where its function or Typer is, in the order of --help.
COMMANDS = {
    "submit": "cli.commands.submit:submit",
    "status": "cli.commands.status:status",
    "playlists": "cli.commands.playlists:playlists",
    "sources": "cli.following.commands:sources",
    "notifications": "cli.notifications.command:notifications",
    "probe": "cli.measuring.command:probe",
    "videos": "cli.commands.videos:videos",
    "logs": "cli.commands.videos:logs",
    "reasons": "cli.commands.decisions:reasons",
    "retry": "cli.commands.decisions:retry",
    "abandon": "cli.commands.decisions:abandon",
    "delete": "cli.commands.decisions:delete",
    "egress": "cli.commands.egress:egress",
    "parked": "cli.commands.parked:parked",
    "keys": "cli.commands.keys:keys",
    "get": "cli.getting.command:get",
    "export": "cli.commands.export:export",
    "sync": "cli.commands.sync:sync",
    "audit": "cli.audit.command:audit",
    "migrate": "cli.commands.migrate:migrate",
    "backup": "cli.backup.command:backup",
    "restore": "cli.backup.command:restore",
    "topology": "cli.commands.topology:topology",
}


class _Commands(MutableMapping[str, Any]):
    """The commands by name, each imported when somebody looks at it."""

    def __init__(self) -> None:
        self._places = dict(COMMANDS)
        self._imported: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._imported:
            self._imported[name] = _imported(name, self._places[name])
        return self._imported[name]

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __setitem__(self, name: str, command: Any) -> None:
        raise TypeError(f"{name} belongs into COMMANDS")

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name} belongs into COMMANDS")


class LazyCommands(Group):
    """The root of the command line. What walks all of it (--help, TAB) imports all of it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = _Commands()


def _imported(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    # In a group of its own, since a Typer turns its only command into the program itself.
    around = typer.Typer(rich_markup_mode="markdown", add_completion=False)
    around.callback()(lambda: None)
    if isinstance(found, typer.Typer):
        around.add_typer(found, name=name)
    else:
        around.command(name)(found)
    style_help(around)
    group: Any = typer.main.get_command(around)
    return group.commands[name]
