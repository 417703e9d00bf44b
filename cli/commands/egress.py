"""The command about scrapers that rest."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.api.client import Json
from cli.context import AsJson, client, out, print_json
from cli.display.formatting import coloured, plain
from cli.display.tables import new_table
from cli.display.times import moment


def egress(
    resume: Annotated[
        str | None, typer.Option(metavar="NAME", help="Let this egress try one video now instead of resting on.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="With --resume: only of this source, e.g. youtube or a host.")
    ] = None,
    storage: Annotated[bool, typer.Option("--storage", help="With --resume: its storage breaker.")] = False,
    budgets: Annotated[bool, typer.Option("--budgets", help="Only the budgets of requests.")] = False,
    as_json: AsJson = False,
) -> None:
    """Whether scrapers take work, and if not, why and until when: a source that refuses them, a store that is full.

    What one source refuses is nothing to the others: each is left alone by itself.

    Also the requests of the last hour, where there is a budget for them; with --budgets and --json those alone.

    Examples:

    - `fonoteca egress`
    - `fonoteca egress --resume radio-house`
    - `fonoteca egress --resume radio-house --source youtube`
    """
    if source is not None and (resume is None or storage):
        raise typer.BadParameter("it goes with --resume NAME, and not with --storage", param_hint="--source")
    api = client()
    if budgets and resume is None:
        _show_budgets(api.budgets(), as_json=as_json)
        return
    kind = "storage" if storage else "egress"
    found = api.resume(resume, kind, source) if resume is not None else api.breakers()
    if as_json:
        print_json(found)
        return
    if resume is not None:
        whom = f"{resume} tries {source}" if source is not None else f"{resume} tries"
        out.print(f"{whom} again within a few seconds; `fonoteca egress` shows what came of it.", markup=False)
        return
    table = new_table("egress", "asks", "state", "until", "why")
    for row in found:
        until = moment(row["until"]) or ("a person resumes it" if row["state"] == "open" else "")
        why = f"{row['reason']}: {row['detail']}" if row["reason"] else ""
        table.add_row(row["egress"], row["source"] or row["kind"], coloured(row["state"]), until, plain(why))
    out.print(table)
    if spent := api.budgets():
        out.print()
        _show_budgets(spent, as_json=False)


def _show_budgets(found: list[Json], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    table = new_table("egress", "source", "requests of this hour", "asks again")
    for row in found:
        asked = f"{row['spent']:,} of {row['budget']:,}"
        table.add_row(row["egress"], row["source"], asked, moment(row["free_at"]) or "now")
    out.print(table if found else "No egress has a budget of requests, or none has asked for anything yet.")
