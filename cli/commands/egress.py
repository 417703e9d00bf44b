"""`fonoteca egress`: whether scrapers take work, and how much they have requested."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.api.answers import Json
from cli.api.client import Client
from cli.api.measurements import Measurements
from cli.context import AsJson, client, out, print_json
from cli.display.formatting import coloured, plain
from cli.display.measurements import rate
from cli.display.tables import new_table
from cli.display.times import moment

#: The share of the usual rate from which on an egress is slow, as the alert has it.
SLOW = 0.5

Resume = Annotated[
    str | None, typer.Option(metavar="NAME", help="Let this egress try one video now instead of waiting.")
]
Source = Annotated[
    str | None, typer.Option(metavar="SOURCE", help="With --resume: only this source, e.g. youtube or a host.")
]
Storage = Annotated[bool, typer.Option("--storage", help="With --resume: the storage breaker of this egress.")]
Budgets = Annotated[bool, typer.Option("--budgets", help="Show only the request budgets.")]


def egress(
    resume: Resume = None,
    source: Source = None,
    storage: Storage = False,
    budgets: Budgets = False,
    as_json: AsJson = False,
) -> None:
    """Show whether scrapers take work, and if not, why and until when.

    A scraper rests when a source blocks it or the object store is full. Each source has its own breaker: a block by one
    source does not affect the others.

    The requests of the last hour are shown too, where a budget limits them, and how fast downloads come: the middle
    rate of the last three hours, and of the two weeks before. --json prints the breakers alone; together
    with --budgets, the budgets alone.

    Examples:

    - `fonoteca egress`
    - `fonoteca egress --resume radio-house`
    - `fonoteca egress --resume radio-house --source youtube`
    """
    if source is not None and (resume is None or storage):
        raise typer.BadParameter("it goes with --resume NAME, and not with --storage", param_hint="--source")
    api = client()
    if resume is not None:
        _resume(api, resume, "storage" if storage else "egress", source, as_json=as_json)
    elif budgets:
        _show_budgets(api.budgets(), as_json=as_json)
    elif as_json:
        print_json(api.breakers())
    else:
        _show_breakers(api.breakers())
        if spent := api.budgets():
            out.print()
            _show_budgets(spent, as_json=False)
        if found := Measurements(api).rates():
            out.print()
            _show_rates(found)


def _resume(api: Client, name: str, kind: str, source: str | None, *, as_json: bool) -> None:
    found = api.resume(name, kind, source)
    if as_json:
        print_json(found)
        return
    tries = f"{name} tries {source}" if source is not None else f"{name} tries"
    out.print(f"{tries} again within a few seconds; `fonoteca egress` shows the result.", markup=False)


def _show_breakers(found: list[Json]) -> None:
    table = new_table("egress", "asks", "state", "until", "why")
    for row in found:
        until = moment(row["until"]) or ("a person resumes it" if row["state"] == "open" else "")
        why = f"{row['reason']}: {row['detail']}" if row["reason"] else ""
        table.add_row(row["egress"], row["source"] or row["kind"], coloured(row["state"]), until, plain(why))
    out.print(table)


def _show_rates(found: list[Json]) -> None:
    table = new_table("egress", "source", "rate now", "usually", "of it")
    for row in found:
        share = row["share"]
        part = "–" if share is None else f"{share:.0%}"
        slow = share is not None and share < SLOW
        table.add_row(
            row["egress"], row["source"], rate(row["recent"]), rate(row["usual"]), f"[red]{part}[/]" if slow else part
        )
    out.print(table)


def _show_budgets(found: list[Json], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    table = new_table("egress", "source", "requests of this hour", "asks again")
    for row in found:
        asked = f"{row['spent']:,} of {row['budget']:,}"
        table.add_row(row["egress"], row["source"], asked, moment(row["free_at"]) or "now")
    out.print(table if found else "No egress has a request budget, or none has sent a request yet.")
