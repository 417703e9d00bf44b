"""`fonoteca parked`: messages that no service could process."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.context import AsJson, client, confirm, out, print_json, print_json_line
from cli.display.formatting import plain, tidy
from cli.display.tables import new_table
from cli.display.times import moment

parked = typer.Typer(help="List, show, replay and drop messages that no service could process.", no_args_is_help=True)


@parked.command("list")
def list_parked(
    queue: Annotated[
        str | None, typer.Option(metavar="QUEUE", help="Only messages from this queue, e.g. scraper.playlists.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List parked messages. --json prints one object per line.

    Example: `fonoteca parked list --queue scraper.playlists`
    """
    found = client().parked(queue)
    if as_json:
        for message in found:
            print_json_line(message)
        return
    table = new_table("id", "queue", "when", "bytes", "why")
    for message in found:
        table.add_row(
            message["id"],
            message["queue"],
            moment(message["parked_at"]),
            str(message["size_bytes"]),
            plain(message["reason"]),
        )
    out.print(table if table.row_count else "Nothing is parked.")


Id = Annotated[str, typer.Argument(metavar="ID", help="As `fonoteca parked list` shows it.")]


@parked.command()
def show(id_: Id) -> None:
    """Show a complete parked message as JSON.

    Example: `fonoteca parked show 6720… | jq -r .body`
    """
    print_json(client().parked_message(id_))


@parked.command()
def replay(id_: Id, as_json: AsJson = False) -> None:
    """Send a parked message back to its queue, for example after an upgrade that can process it.

    Example: `fonoteca parked list --json | jq -r .id | xargs -n1 fonoteca parked replay`
    """
    found = client().replay(id_)
    if as_json:
        print_json(found)
    else:
        out.print(f"{id_} was sent back to {found['queue']}.", markup=False)


@parked.command()
def drop(
    id_: Id, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False
) -> None:
    """Drop a parked message for good, and print its last copy as JSON.

    Example: `fonoteca parked drop 6720… --yes >> dropped.json`
    """
    api = client()
    if not yes:
        # Read before the question: nobody should have to confirm the removal of what does not exist.
        found = api.parked_message(id_)
        what = f"{id_} from {found['queue']} ({found['size_bytes']} bytes: {tidy(found['reason'])})"
        confirm(f"Drop {what} for good?", "Nothing was dropped.")
    print_json(api.drop_parked(id_))
