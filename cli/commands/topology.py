"""The commands about the broker's exchanges, queues and users; for operators, past all services."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cli.context import AsJson, out, print_json, take_settings
from cli.display.tables import new_table
from cli.errors import REFUSED, CliError
from cli.servers.management import Management
from shared import logs
from shared.errors import Misconfigured
from shared.setting_rules.text import check_text
from shared.setting_rules.urls import amqp_address, http_address
from shared.settings import BrokerSettings, load
from shared.topology.definitions import Account, account_in, exchanges_and_queues, merge, users_and_permissions
from shared.topology.permissions import DELAYS, EVERY_ROLE, url_variable

if TYPE_CHECKING:
    from shared.messaging.connection import Broker

# The libraries of the servers are imported where they are used: neither --help nor TAB should wait for them.

#: Seconds to wait for the broker.
WAIT_SECONDS = 30

T = TypeVar("T")

topology = typer.Typer(
    no_args_is_help=True,
    help="The broker's exchanges, queues and users. These commands go to RabbitMQ directly: they need RABBITMQ_URL, "
    "from the environment or from --env-file.",
)


@topology.command()
def check(as_json: AsJson = False) -> None:
    """Whether all exchanges and queues are there. Exit code 1 if not. Any user of the broker may ask.

    Example: `fonoteca topology check || fonoteca topology apply`
    """
    from shared.messaging.declare import missing

    absent = _with_broker(missing)
    if as_json:
        print_json({"missing": absent})
    elif absent:
        out.print(f"missing: {', '.join(absent)}", markup=False)
    else:
        out.print("All exchanges and queues are there.")
    if absent:
        raise typer.Exit(1)


@topology.command()
def apply(
    management: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="RABBITMQ_MANAGEMENT_URL",
            help="RabbitMQ's management API, on port 15672 as a rule; needed to make users.",
        ),
    ] = None,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long to wait for a broker that is not there yet.")
    ] = WAIT_SECONDS,
) -> None:
    """Make what is missing. Needs RABBITMQ_URL of a user who may declare, to make users of an administrator.

    For each of RABBITMQ_URL_SCRAPER, …_RETRY, …_SYNC, …_API and …_AUDIT that is set, the user in it gets the password
    in it, and may do what that role needs and no more; so does that of …_SUBMITTER, who may only submit playlists. Each
    service then has its own as RABBITMQ_URL, beside RABBITMQ_DECLARE=false and RABBITMQ_USERS.

    Example: `fonoteca topology apply --management http://rabbitmq.example.org:15672`
    """
    from cli.servers.direct import all_right
    from shared.messaging.declare import declare

    all_right(_settings, _accounts, partial(_management, management))
    settings, accounts = _settings(), _accounts()
    if accounts and management is None:
        raise CliError(
            f"{url_variable(next(iter(accounts)))} names a user to make: give --management URL too, or import what "
            "`fonoteca topology definitions` prints with `rabbitmqctl import_definitions FILE` on the broker's host.",
            REFUSED,
        )
    vhost = account_in(settings.url.get_secret_value(), "RABBITMQ_URL").vhost
    for role, account in accounts.items():
        if account.vhost != vhost:
            raise CliError(
                f"{url_variable(role)} names the virtual host {account.vhost!r}, RABBITMQ_URL {vhost!r}: the queues "
                "are made in the latter, so all must name it.",
                REFUSED,
            )
    _with_broker(declare, wait)
    out.print("All exchanges and queues are there.")
    if accounts and management is not None:
        administrator = account_in(settings.url.get_secret_value(), "RABBITMQ_URL")
        Management(management, administrator).import_definitions(users_and_permissions(accounts))
        for role, account in accounts.items():
            out.print(f"{account.user} may do what {role} needs.", markup=False)


@topology.command()
def definitions() -> None:
    """Print everything as RabbitMQ's definitions, for `rabbitmqctl import_definitions FILE` or `load_definitions`.

    Users are in it as for `apply`, with hashed passwords.

    Example: `fonoteca topology definitions > definitions.json`
    """
    from cli.servers.direct import all_right

    all_right(_settings, _accounts)
    settings, accounts = _settings(), _accounts()
    vhost = account_in(settings.url.get_secret_value(), "RABBITMQ_URL").vhost
    print(json.dumps(merge(users_and_permissions(accounts), exchanges_and_queues(vhost)), indent=2))


@topology.command()
def permissions(as_json: AsJson = False) -> None:
    """What each role may do. With --json as the regular expressions that `rabbitmqctl set_permissions` takes.

    Example: `fonoteca topology permissions --json | jq .scraper`
    """
    if as_json:
        print_json({role: each.permissions() for role, each in EVERY_ROLE.items()})
        return
    table = new_table("role", "takes messages from", "sends messages to")
    for role, each in EVERY_ROLE.items():
        targets = [name for name in each.sends_to if name not in DELAYS]
        targets += [f"{DELAYS[0]} … {DELAYS[-1]}"] if DELAYS[0] in each.sends_to else []
        table.add_row(role, ", ".join(each.takes_from) or "nothing", ", ".join(targets))
    out.print(table)


def _settings() -> BrokerSettings:
    take_settings("RABBITMQ_URL")
    return load(BrokerSettings)


def _accounts() -> dict[str, Account]:
    """Role → its user, for each role whose address the environment has. Raises Misconfigured."""
    found: dict[str, Account] = {}
    wrong: list[str] = []
    for role in EVERY_ROLE:
        variable = url_variable(role)
        if not (url := os.environ.get(variable)):
            continue
        try:
            check_text(url)
            amqp_address(url)
        except ValueError as error:
            wrong.append(f"{variable} is wrong: {error}. It must be amqp://USER:PASSWORD@HOST/VHOST.")
            continue
        found[role] = account_in(url, variable)
    if wrong:
        raise Misconfigured("\n".join(wrong))
    return found


def _management(url: str | None) -> str | None:
    """The address of --management, if it is one. Raises Misconfigured."""
    if url is not None:
        try:
            check_text(url)
            http_address(url, path=True)
        except ValueError as error:
            raise Misconfigured(
                f"--management, or RABBITMQ_MANAGEMENT_URL, is wrong: {error}. Write it as http://HOST:15672."
            ) from None
    return url


def _with_broker(use: Callable[[Broker], Awaitable[T]], wait: float = WAIT_SECONDS) -> T:
    from shared.messaging.connection import connect

    settings = _settings()
    logs.configure("topology", "text", "error")

    async def call() -> T:
        async with await connect(settings, "topology", wait) as broker:
            return await use(broker)

    return asyncio.run(call())
