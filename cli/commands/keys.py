"""`fonoteca keys`: the keys of the API."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cli.context import AsJson, client, err, out, print_json
from cli.display.formatting import coloured, plain
from cli.display.tables import new_table
from cli.display.times import clock, moment

keys = typer.Typer(help="Create, list and revoke API keys. Needs a key of scope admin.", no_args_is_help=True)

ScopeName = Literal["listen", "read", "submit", "admin"]


@keys.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name for people: who uses the key, and for what.")],
    scope: Annotated[
        ScopeName,
        typer.Option(
            help="What the key allows. listen: feeds and files, for podcast players; read: see everything; submit: "
            "also submit playlists; admin: everything."
        ),
    ] = "read",
    days: Annotated[
        int | None,
        typer.Option(
            min=1, max=3650, metavar="N", help="Days until the key expires. Default: it is valid until it is revoked."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create a key and print it. It is shown only once, since only its hash is stored.

    Examples:

    - `fonoteca keys create "radio team" --scope submit --days 90`
    - `KEY=$(fonoteca keys create nightly --scope submit)`
    """
    made = client().make_key(name, scope, days)
    if as_json:
        print_json(made)
        return
    until = f"until {clock(made['expires_at'])}" if made["expires_at"] else "until it is revoked"
    err.print(f"key {made['id']}, scope {made['scope']}, {until}. Save it now; it is not shown again:", markup=False)
    print(made["key"])


@keys.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all keys: their scopes, when they expire and when they were last used.

    Example: `fonoteca keys list --json | jq '.[] | select(.revoked_at == null)'`
    """
    found = client().keys()
    if as_json:
        print_json(found)
        return
    if not found:
        out.print("There is no key other than API_KEY. `fonoteca keys create` creates one.")
        return
    table = new_table("id", "name", "scope", "created", "expires", "last used")
    for key in found:
        expires = (
            f"{coloured('revoked')} {moment(key['revoked_at'])}" if key["revoked_at"] else moment(key["expires_at"])
        )
        table.add_row(
            key["id"],
            plain(key["name"]),
            key["scope"],
            moment(key["created_at"]),
            expires or "never",
            moment(key["used_at"]) or "never",
        )
    out.print(table)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `fonoteca keys list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Revoke a key immediately and for good.

    Example: `fonoteca keys revoke 1f0c…`
    """
    found = client().revoke(key_id)
    if as_json:
        print_json(found)
    else:
        out.print(f"revoked {found['id']} ({found['name']}) {clock(found['revoked_at'])}", markup=False)
