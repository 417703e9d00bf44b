"""The command about scrapers that rest."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.context import AsJson, client, out, print_json
from cli.showing import coloured, moment, plain
from cli.tables import new_table


def egress(
    resume: Annotated[
        str | None, typer.Option(metavar="NAME", help="Let this egress try one video now instead of resting on.")
    ] = None,
    storage: Annotated[bool, typer.Option("--storage", help="With --resume: its storage breaker.")] = False,
    as_json: AsJson = False,
) -> None:
    """Whether scrapers take work, and if not, why and until when: a source that refuses them, a store that is full.

    Examples:

    - `fonoteca egress`
    - `fonoteca egress --resume radio-house`
    """
    api = client()
    found = api.resume(resume, "storage" if storage else "egress") if resume is not None else api.breakers()
    if as_json:
        print_json(found)
        return
    if resume is not None:
        out.print(f"{resume} is tried again within a few seconds; `fonoteca egress` shows what came of it.")
        return
    table = new_table("egress", "breaker", "state", "until", "why")
    for row in found:
        until = moment(row["until"]) or ("a person resumes it" if row["state"] == "open" else "")
        why = f"{row['reason']}: {row['detail']}" if row["reason"] else ""
        table.add_row(row["egress"], row["kind"], coloured(row["state"]), until, plain(why))
    out.print(table)
