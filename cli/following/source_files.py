"""`fonoteca sources apply` and `export`: followed sources as a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cli.api.sources import Sources, definition_in
from cli.arguments.text_files import read_text
from cli.context import AsJson, client, err, out, print_json
from cli.display.formatting import counted
from cli.errors import REFUSED, CliError
from shared.following.changes import changes_between
from shared.following.definition import SourceDefinition
from shared.following.sources_file import WrongSources, parse_sources, write_sources


def export(as_json: AsJson = False) -> None:
    """Print all followed sources as a file that `fonoteca sources apply` takes.

    Example: `fonoteca sources export > sources.yaml`
    """
    found = [definition_in(source) for source in Sources(client()).all()]
    if as_json:
        print_json({"sources": [definition.stored() for definition in found]})
    else:
        print(write_sources(found), end="")


def apply(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A YAML file of sources; - reads standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what differs, and change nothing.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Also remove sources that are not in the file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the followed sources those of a file. Applying it again changes nothing.

    Every wrong line is named, and nothing is applied then.

    Examples:

    - `fonoteca sources apply sources.yaml --dry-run`
    - `fonoteca sources export | fonoteca sources apply -`
    """
    wanted = _wanted(file)
    api = Sources(client())
    known = {source["name"]: definition_in(source) for source in api.all()}
    changes = changes_between(known, wanted, prune=prune)
    if not dry_run:
        by_name = {definition.name: definition for definition in wanted}
        for name in changes.added:
            api.add(by_name[name])
        for name in changes.changed:
            api.change(by_name[name])
        for name in changes.removed:
            api.remove(name)
    if as_json:
        print_json(asdict(changes) | {"applied": not dry_run})
        return
    for name in changes.added:
        out.print(f"[green]+[/] {name}")
    for name, fields in changes.changed.items():
        out.print(f"[yellow]~[/] {name}: {', '.join(fields)}")
    for name in changes.removed:
        out.print(f"[red]-[/] {name}")
    done = "differ; nothing was changed" if dry_run else "applied"
    number = len(changes.added) + len(changes.changed) + len(changes.removed)
    err.print(f"{counted(number, 'source')} {done}, {changes.unchanged} unchanged.")


def _wanted(file: str) -> list[SourceDefinition]:
    try:
        # Whether an inner address may be followed is a setting of the API, which checks it again.
        return parse_sources(read_text(file, "Save it as UTF-8 text."), private_hosts=True)
    except WrongSources as error:
        raise CliError(f"{file} is wrong, so nothing was applied. Correct these lines:\n{error}", REFUSED) from error
