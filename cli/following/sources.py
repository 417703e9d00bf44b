"""`fonoteca sources`: followed channels and playlists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer

from cli.api.answers import Json
from cli.api.sources import Sources, definition_in
from cli.arguments.filters import RULES
from cli.arguments.source_fields import source_definition, source_fields
from cli.context import AsJson, client, confirm, out, print_json, print_json_line
from cli.display.formatting import coloured, plain
from cli.display.tables import new_table, title
from cli.display.times import moment
from shared.following.sources_file import write_sources

#: Looks that `show` prints.
SHOWN_LOOKS = 10

sources = typer.Typer(invoke_without_command=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `fonoteca sources` shows it.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Every = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="6h, 90m, 2d; auto: by the source's own rhythm; cron 0 */2 * * * Africa/Porto-Novo."
    ),
]
First = Annotated[
    str | None, typer.Option(metavar="N", help="How many of the newest entries the first look takes; all: every one.")
]
Profiles = Annotated[
    list[str] | None, typer.Option("--profile", "-p", metavar="NAME", help="What to store of each new video.")
]
Priority = Annotated[Literal["normal", "high"] | None, typer.Option(help="high: do not wait behind the normal queue.")]
FilterRules = Annotated[
    list[str] | None,
    typer.Option(
        "--filter", metavar="RULE=VALUE", help="Take only what this rule lets through: " + ", ".join(RULES) + "."
    ),
]
Feed = Annotated[str | None, typer.Option(metavar="URL", help="The address of its feed; auto; off.")]
Keep = Annotated[
    str | None,
    typer.Option(metavar="HOW", help="What stays: all; the newest (200); for days after storing (90d)."),
]
Labels = Annotated[list[str] | None, typer.Option("--label", metavar="NAME=VALUE", help="A word of your own.")]


@sources.callback()
def list_sources(context: typer.Context, as_json: AsJson = False) -> None:
    """List followed sources: channels and playlists that are looked at on a schedule.

    --json prints one object per line.

    Examples:

    - `fonoteca sources add radio-zou @radio-zou --every 6h`
    - `fonoteca sources --json | jq -r 'select(.failures > 0) | .name'`
    - `fonoteca sources apply sources.yaml --dry-run`
    """
    if context.invoked_subcommand is not None:
        return
    found = Sources(client()).all()
    if as_json:
        for source in found:
            print_json_line(source)
        return
    rows = list(found)
    if not rows:
        out.print("No source is followed. `fonoteca sources add NAME ADDRESS` follows one.")
        return
    table = new_table("name", "state", "next look", "last", "found", "what")
    for source in rows:
        table.add_row(
            source["name"],
            coloured(source["state"]),
            "" if source["state"] in ("paused", "same") else moment(source["due_at"]),
            moment(source["last"]["at"]) if source["last"] else "never",
            _found(source),
            title(source["title"] or source["url"]),
        )
    out.print(table)


@sources.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a source: its definition, its schedule with the reason for it, and its latest looks.

    Example: `fonoteca sources show radio-zou`
    """
    api = Sources(client())
    source, looks = api.one(name), api.looks(name, SHOWN_LOOKS)
    if as_json:
        print_json({**source, "looks": looks})
        return
    out.print(write_sources([definition_in(source)]).removeprefix("sources:\n"), markup=False, end="")
    out.print(f"\nstate     {coloured(source['state'])}{_same(source)}")
    out.print(f"schedule  {plain(source['schedule'])}")
    out.print(f"next      {moment(source['due_at'])}")
    out.print(f"push      {_push(source['push'])}")
    if not looks:
        out.print("It has not been looked at yet.")
        return
    table = new_table("look", "when", "how", "requests", "new", "filtered", "gone", "why")
    for look in looks:
        failure = look["failure"]
        table.add_row(
            str(look["look"]),
            moment(look["at"]),
            look["rung"] if look["hint"] is None else f"{look['rung']}, {look['hint']}",
            *(str(look[count]) for count in ("requests", "new", "filtered", "gone")),
            plain(f"{failure['reason']}: {failure['detail']}" if failure else ""),
        )
    out.print(table)


@sources.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name here: lower-case letters, digits, hyphens.")],
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Everything that `fonoteca submit` takes.")],
    every: Every = None,
    first: First = None,
    profile: Profiles = None,
    priority: Priority = None,
    filter_: FilterRules = None,
    feed: Feed = None,
    keep: Keep = None,
    label: Labels = None,
    as_json: AsJson = False,
) -> None:
    """Follow a channel or playlist. Its first look is due at once.

    Examples:

    - `fonoteca sources add radio-zou @radio-zou --every auto`
    - `fonoteca sources add lectures PL… --first all --filter min_seconds=600`
    """
    given = source_fields(
        address=address,
        every=every,
        first=first,
        profiles=profile,
        priority=priority,
        filters=filter_,
        feed=feed,
        keep=keep,
        labels=label,
    )
    _print(Sources(client()).add(source_definition({"name": name, **given})), "followed", as_json)


@sources.command()
def edit(
    name: Name,
    address: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Another address.")] = None,
    every: Every = None,
    first: First = None,
    profile: Profiles = None,
    priority: Priority = None,
    filter_: FilterRules = None,
    feed: Feed = None,
    keep: Keep = None,
    label: Labels = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given of a source; the rest stays. --filter and --label replace all that were there.

    Other filters are also applied to what the old ones left out.

    Example: `fonoteca sources edit radio-zou --every 30m`
    """
    api = Sources(client())
    given = source_fields(
        address=address,
        every=every,
        first=first,
        profiles=profile,
        priority=priority,
        filters=filter_,
        feed=feed,
        keep=keep,
        labels=label,
    )
    before = definition_in(api.one(name)).stored()
    _print(api.change(source_definition({**before, **given})), "changed", as_json)


@sources.command()
def pause(name: Name, as_json: AsJson = False) -> None:
    """Do not look at a source until it is resumed.

    Example: `fonoteca sources pause radio-zou`
    """
    _print(Sources(client()).enable(name, enabled=False), "paused", as_json)


@sources.command()
def resume(name: Name, as_json: AsJson = False) -> None:
    """Look at a paused source again.

    Example: `fonoteca sources resume radio-zou`
    """
    _print(Sources(client()).enable(name, enabled=True), "resumed", as_json)


@sources.command()
def check(
    name: Name,
    full: Annotated[bool, typer.Option("--full", help="Read the list to its end, for what is late or gone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at a source as soon as its site may be asked.

    Example: `fonoteca sources check radio-zou --full`
    """
    _print(Sources(client()).check(name, full=full), "looked at soon", as_json)


@sources.command()
def backfill(
    name: Name,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Only what was published since; default: everything."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take the back catalogue of a source too, at its next look, which is due at once.

    Lists rarely state dates. So with --since the page of each recording is read once, at the usual pace, and what is
    older is left out by the filter published_from, which the source then has.

    Example: `fonoteca sources backfill radio-zou --since 2025-01-01`
    """
    api = Sources(client())
    fields = definition_in(api.one(name)).stored() | {"first": "all"}
    if since is not None:
        fields["filters"] = {**fields.get("filters", {}), "published_from": since.date()}
    _print(api.change(source_definition(fields)), "takes its back catalogue", as_json)


@sources.command()
def remove(name: Name, yes: Yes = False, as_json: AsJson = False) -> None:
    """Follow a source no longer. What was stored of it stays.

    Example: `fonoteca sources remove radio-zou`
    """
    api = Sources(client())
    if not yes:
        confirm(f"Follow {name} ({api.one(name)['url']}) no longer?", "Nothing was removed.")
    _print(api.remove(name), "removed", as_json)


def _print(source: Json, done: str, as_json: bool) -> None:
    if as_json:
        print_json(source)
    else:
        out.print(f"{done}: {source['name']}  {source['url']}  ({source['schedule']}){_same(source)}", markup=False)


def _same(source: Json) -> str:
    return f" as {source['same_as']}: the same list, so only that one is looked at" if source["same_as"] else ""


def _push(push: Json) -> str:
    words = f"subscribed until {moment(push['until'])}" if push["until"] else push["state"]
    return plain(f"{words}: {push['problem']}" if push["problem"] else words)


def _found(source: Json) -> str:
    last = source["last"]
    if last is None:
        return ""
    return last["failure"]["reason"] if last["failure"] else f"{last['new']} new"
