"""`fonoteca notifications`: who is told of events, whether that works, a test, and a resumption."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.api.answers import Json
from cli.api.notifications import Notifications
from cli.context import AsJson, client, out, print_json, print_json_line
from cli.display.formatting import coloured, plain, tidy
from cli.display.tables import new_table, title
from cli.display.times import moment

#: Deliveries that `show` prints by default, and at most: the API's limit.
SHOWN_DELIVERIES, MAX_DELIVERIES = 20, 500

notifications = typer.Typer(invoke_without_command=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `fonoteca notifications` shows it.")]


@notifications.callback()
def list_endpoints(context: typer.Context, as_json: AsJson = False) -> None:
    """List endpoints: web addresses, people and hooks that are told of events. All of it needs a key of scope admin.

    The file NOTIFY_ENDPOINTS_FILE of the notify service defines them. --json prints one object per line.

    Examples:

    - `fonoteca notifications test radio-site`
    - `fonoteca notifications --json | jq -r 'select(.state == "paused") | .name'`
    """
    if context.invoked_subcommand is not None:
        return
    found = Notifications(client()).all()
    if as_json:
        for endpoint in found:
            print_json_line(endpoint)
        return
    rows = list(found)
    if not rows:
        out.print("There is no endpoint. Add one to the file NOTIFY_ENDPOINTS_FILE, and restart the notify service.")
        return
    table = new_table("endpoint", "kind", "state", "last delivery", "where")
    for endpoint in rows:
        table.add_row(
            endpoint["name"],
            endpoint["kind"],
            _state(endpoint),
            _last(endpoint),
            title(tidy(endpoint["where"])),
        )
    out.print(table)


@notifications.command()
def show(
    name: Name,
    number: Annotated[
        int, typer.Option("--number", "-n", min=1, max=MAX_DELIVERIES, help="How many deliveries.")
    ] = SHOWN_DELIVERIES,
    as_json: AsJson = False,
) -> None:
    """Show an endpoint and its latest deliveries. They are kept for a month.

    Examples:

    - `fonoteca notifications show radio-site`
    - `fonoteca notifications show radio-site --json | jq -r '.deliveries[] | select(.outcome == "failed") | .error'`
    """
    api = Notifications(client())
    endpoint, deliveries = api.one(name), api.deliveries(name, number)
    if as_json:
        print_json({**endpoint, "deliveries": deliveries})
        return
    for label, value in _facts(endpoint).items():
        if value:
            out.print(f"{label:<9} {value}", soft_wrap=True)
    if not deliveries:
        out.print("Nothing was delivered within a month. `fonoteca notifications test` sends a test.")
        return
    out.print()
    table = new_table("when", "outcome", "tries", "status", "what", "error")
    for delivery in deliveries:
        table.add_row(
            moment(delivery["at"]),
            coloured(delivery["outcome"]),
            str(delivery["attempts"]),
            "" if delivery["status"] is None else str(delivery["status"]),
            plain(f"{delivery['event_type']} {delivery['subject']}"),
            plain(delivery["error"]),
        )
    out.print(table)


@notifications.command("test")
def send_test(name: Name, as_json: AsJson = False) -> None:
    """Send a test to an endpoint. Its delivery has the event id that is printed.

    Example: `fonoteca notifications test radio-site`, then `fonoteca notifications show radio-site`
    """
    sent = Notifications(client()).test(name)
    if as_json:
        print_json(sent)
        return
    out.print(f"sent: event {sent['event_id']} to {sent['endpoint']}", markup=False)
    out.print(f"`fonoteca notifications show {sent['endpoint']}` shows what became of it.", markup=False)


@notifications.command()
def resume(name: Name, as_json: AsJson = False) -> None:
    """Resume an endpoint that was paused after failures. What happened in between is not sent later.

    Example: `fonoteca notifications resume radio-site`
    """
    endpoint = Notifications(client()).resume(name)
    if as_json:
        print_json(endpoint)
    else:
        out.print(f"resumed: {endpoint['name']}  {tidy(endpoint['where'])}", markup=False)


@notifications.command()
def notices(as_json: AsJson = False) -> None:
    """List the conditions that are going on and that people are told of, such as a followed source that fails.

    --json prints one object per line.

    Example: `fonoteca notifications notices --json | jq -r .title`
    """
    found = Notifications(client()).notices()
    if as_json:
        for notice in found:
            print_json_line(notice)
        return
    if not found:
        out.print("Nothing is going on that anybody is told of.")
        return
    table = new_table("since", "kind", "what")
    for notice in found:
        table.add_row(moment(notice["at"]), plain(notice["kind"]), plain(notice["title"]))
    out.print(table)


def _facts(endpoint: Json) -> dict[str, str]:
    """Return label → value, as markup; an empty value is not shown."""
    rule = endpoint["rule"] or {}
    labels = ", ".join(f"{name}={value}" for name, value in rule.get("labels", {}).items())
    paused = (
        f", since {moment(endpoint['paused_at'])}: {plain(endpoint['paused_why'])}" if endpoint["paused_at"] else ""
    )
    return {
        "kind": endpoint["kind"],
        "where": plain(endpoint["where"]),
        "told of": plain(_told(endpoint)),
        "digest": plain(rule.get("digest")),
        "summary": plain(rule.get("summary")),
        "labels": plain(labels),
        "state": f"{_state(endpoint)}{paused}",
        "failures": str(endpoint["failures"] or ""),
    }


def _state(endpoint: Json) -> str:
    # A pause of a followed source is somebody's wish; that of an endpoint is a failure.
    return "[red]paused[/]" if endpoint["state"] == "paused" else coloured(endpoint["state"])


def _told(endpoint: Json) -> str:
    """Return what an endpoint is told of: kinds of notices for people, types of events for the others."""
    return ", ".join(endpoint["rule"]["tell"] if endpoint["rule"] else endpoint["types"])


def _last(endpoint: Json) -> str:
    last = endpoint["last"]
    return f"{coloured(last['outcome'])} {moment(last['at'])}" if last else "never"
