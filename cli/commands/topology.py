"""`fonoteca topology`: the broker's exchanges, queues and users, for operators. The API is not involved."""

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

# The server libraries are imported where they are used: neither --help nor TAB should wait for them.

#: Seconds to wait for the broker.
WAIT_SECONDS = 30
ALL_EXIST = "All exchanges and queues exist."

T = TypeVar("T")

topology = typer.Typer(
    no_args_is_help=True,
    help="Create and check the broker's exchanges, queues and users. These commands connect to RabbitMQ directly; set "
    "RABBITMQ_URL in the environment or in --env-file.",
)


ManagementUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="RABBITMQ_MANAGEMENT_URL",
        help="RabbitMQ's management API, usually on port 15672; needed to create users.",
    ),
]
WaitSeconds = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="How long to wait for a broker that is not running yet.")
]


@topology.command()
def check(as_json: AsJson = False) -> None:
    """Check that all exchanges and queues exist. Exit code 1 if one is missing. Any user of the broker may run this.

    Example: `fonoteca topology check || fonoteca topology apply`
    """
    from shared.messaging.declare import missing

    absent = _with_broker(missing)
    if as_json:
        print_json({"missing": absent})
    elif absent:
        out.print(f"missing: {', '.join(absent)}", markup=False)
    else:
        out.print(ALL_EXIST)
    if absent:
        raise typer.Exit(1)


@topology.command()
def apply(management: ManagementUrl = None, wait: WaitSeconds = WAIT_SECONDS) -> None:
    """Create missing exchanges and queues, and the users of the services.

    RABBITMQ_URL must name a user with the right to declare; to create users, an administrator.

    For each of RABBITMQ_URL_SCRAPER, …_RETRY, …_SYNC, …_API and …_AUDIT that is set, the user in it gets the password
    in it and exactly the permissions of that role. The user in …_SUBMITTER may only submit playlists. Then give each
    service its own address as RABBITMQ_URL, together with RABBITMQ_DECLARE=false and RABBITMQ_USERS.

    Example: `fonoteca topology apply --management http://rabbitmq.example.org:15672`
    """
    from cli.servers.direct import check_all
    from shared.messaging.declare import declare

    check_all(_settings, _accounts, partial(_check_management, management))
    administrator, accounts = _administrator(), _accounts()
    _check_accounts(accounts, administrator.vhost, management)
    _with_broker(declare, wait)
    out.print(ALL_EXIST)
    if accounts and management is not None:
        Management(management, administrator).import_definitions(users_and_permissions(accounts))
        for role, account in accounts.items():
            out.print(f"{account.user} has the permissions of {role}.", markup=False)


@topology.command()
def definitions() -> None:
    """Print everything as RabbitMQ definitions, for `rabbitmqctl import_definitions FILE` or `load_definitions`.

    They include the users that `fonoteca topology apply` creates, with hashed passwords.

    Example: `fonoteca topology definitions > definitions.json`
    """
    from cli.servers.direct import check_all

    check_all(_settings, _accounts)
    accounts, vhost = _accounts(), _administrator().vhost
    print(json.dumps(merge(users_and_permissions(accounts), exchanges_and_queues(vhost)), indent=2))


@topology.command()
def permissions(as_json: AsJson = False) -> None:
    """Show what each role may do. --json prints the regular expressions that `rabbitmqctl set_permissions` takes.

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


def _check_accounts(accounts: dict[str, Account], vhost: str, management: str | None) -> None:
    """Raise CliError if the users cannot be created, or would not see the queues in `vhost`."""
    if accounts and management is None:
        raise CliError(
            f"{url_variable(next(iter(accounts)))} names a user to create: give --management URL too, or import what "
            "`fonoteca topology definitions` prints with `rabbitmqctl import_definitions FILE` on the broker's host.",
            REFUSED,
        )
    for role, account in accounts.items():
        if account.vhost != vhost:
            raise CliError(
                f"{url_variable(role)} names the virtual host {account.vhost!r}, but RABBITMQ_URL names {vhost!r}. "
                "Write the same virtual host in both: the queues are created in that of RABBITMQ_URL.",
                REFUSED,
            )


def _settings() -> BrokerSettings:
    take_settings("RABBITMQ_URL")
    return load(BrokerSettings)


def _administrator() -> Account:
    """Return the user in RABBITMQ_URL. Raises Misconfigured."""
    return account_in(_settings().url.get_secret_value(), "RABBITMQ_URL")


def _accounts() -> dict[str, Account]:
    """Return role → its user, for each role whose address is set. Raises Misconfigured, naming all wrong addresses."""
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
            wrong.append(f"{variable} is wrong: {error}. Write it as amqp://USER:PASSWORD@HOST/VHOST.")
            continue
        found[role] = account_in(url, variable)
    if wrong:
        raise Misconfigured("\n".join(wrong))
    return found


def _check_management(url: str | None) -> None:
    """Raise Misconfigured if the address of --management is wrong."""
    if url is None:
        return
    try:
        check_text(url)
        http_address(url, path=True)
    except ValueError as error:
        raise Misconfigured(
            f"--management, or RABBITMQ_MANAGEMENT_URL, is wrong: {error}. Write it as http://HOST:15672."
        ) from None


def _with_broker(use: Callable[[Broker], Awaitable[T]], wait: float = WAIT_SECONDS) -> T:
    from shared.messaging.connection import connect

    settings = _settings()
    logs.configure("topology", "text", "error")

    async def call() -> T:
        async with await connect(settings, "topology", wait) as broker:
            return await use(broker)

    return asyncio.run(call())
