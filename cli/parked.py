"""Commands about messages that no code could process."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cli.client import REFUSED, CliError
from cli.context import AsJson, client, out, print_json
from cli.showing import clock, plain
from cli.tables import new_table

parked = typer.Typer(help="Messages that no code could process.", no_args_is_help=True)


@parked.command("list")
def list_parked(
    queue: Annotated[str | None, typer.Option(help="Only from this queue, e.g. scraper.playlists.")] = None,
    as_json: AsJson = False,
) -> None:
    """List parked messages. With --json one object a line."""
    found = client().parked(queue)
    if as_json:
        for message in found:
            print(json.dumps(message, ensure_ascii=False))
        return
    table = new_table("id", "queue", "when", "bytes", "why")
    for message in found:
        table.add_row(
            message["id"],
            message["queue"],
            clock(message["parked_at"]),
            str(message["size_bytes"]),
            plain(message["reason"]),
        )
    out.print(table if table.row_count else "Nothing is parked.")


Id = Annotated[str, typer.Argument(metavar="ID", help="As `fonoteca parked list` shows it.")]


@parked.command()
def show(id_: Id) -> None:
    """Show a parked message whole, as JSON."""
    print_json(client().parked_message(id_))


@parked.command()
def replay(id_: Id) -> None:
    """Send a parked message back to its queue, as after an upgrade that can process it."""
    out.print(f"{id_} is back on its way to {client().replay(id_)['queue']}.", markup=False)


@parked.command()
def drop(id_: Id, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Drop a parked message for good; its last copy is printed."""
    if not yes and not typer.confirm(f"Drop {id_} for good?", err=True):
        raise CliError("Nothing was dropped.", REFUSED)
    print_json(client().drop_parked(id_))
