"""Users of the broker who may do what their role needs and no more, and how they and the queues get there."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aio_pika
import pytest
from aiormq.exceptions import ChannelAccessRefused
from pydantic import SecretStr

from dev.servers.rabbitmq import add_vhost, delete_vhost, enable_management
from dev.stack import Stack
from shared import waiting
from shared.contracts import PlaylistSubmitted
from shared.errors import Misconfigured, Unavailable
from shared.messaging.connection import connect
from shared.messaging.declare import declare, ensure_topology, missing
from shared.messaging.publisher import Publisher
from shared.settings import BrokerSettings
from shared.topology import (
    EVENTS_STREAM,
    EXCHANGES,
    PARKING_EXCHANGE,
    PARKING_QUEUES,
    QUEUES,
    ROUTES,
    VIDEOS_QUEUE,
    WORK_QUEUES,
)
from shared.topology.definitions import account_in
from shared.topology.permissions import DELAYS, ROLES, url_variable

FONOTECA = str(Path(sys.executable).parent / "fonoteca")
VHOST = "permissions"


@pytest.fixture(scope="module")
def urls(servers: Stack) -> Iterator[dict[str, str]]:
    """RABBITMQ_URL of an administrator and RABBITMQ_URL_… of users that are not there yet, in an empty virtual host."""
    admin = add_vhost(servers.state, servers.exports["RABBITMQ_URL"], VHOST)
    where = admin.rsplit("@", 1)[1]
    users = {url_variable(role): f"amqp://{VHOST}-{role}:a%2Fpassword-of-{role}@{where}" for role in ROLES}
    yield {"RABBITMQ_URL": admin, **users}
    delete_vhost(servers.state, VHOST)


def fonoteca(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")}
    command = [FONOTECA, "topology", *arguments]
    return subprocess.run(command, env={**known, **environment}, capture_output=True, text=True, check=False)


def settings(url: str, *, declare: bool = True) -> BrokerSettings:
    return BrokerSettings(url=SecretStr(url), declare=declare)


@pytest.fixture(scope="module")
def applied(servers: Stack, urls: dict[str, str]) -> dict[str, str]:
    """`urls`, after `fonoteca topology apply`."""
    done = fonoteca("apply", RABBITMQ_MANAGEMENT_URL=enable_management(servers.state), **urls)
    assert done.returncode == 0, done.stderr
    for role in ROLES:
        assert f"{VHOST}-{role} has the permissions of {role}." in done.stdout
    return urls


@pytest.fixture(params=sorted(ROLES))
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def channel(applied: dict[str, str], role: str) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    """A channel of the role's user."""
    connection = await aio_pika.connect(applied[url_variable(role)])
    async with connection:
        yield await connection.channel()


async def test_a_service_waits_for_a_topology_that_it_may_not_make(urls: dict[str, str]) -> None:
    async with await connect(settings(urls["RABBITMQ_URL"]), "tests", 10) as broker:
        assert set(await missing(broker)) >= {"fonoteca.work", "scraper.videos", "delay.l16", "parking.sync.stored"}
        with pytest.raises(Unavailable, match=r"RabbitMQ lacks fonoteca.work.*run `fonoteca topology apply`"):
            await ensure_topology(broker, settings(urls["RABBITMQ_URL"], declare=False), wait_seconds=0)
    done = fonoteca("check", "--json", RABBITMQ_URL=urls["RABBITMQ_URL"])
    assert done.returncode == 1
    assert "scraper.videos" in json.loads(done.stdout)["missing"]


def test_apply_says_what_it_needs(urls: dict[str, str]) -> None:
    unset = fonoteca("apply", **urls)
    assert (unset.returncode, "give --management URL too" in unset.stderr) == (2, True)
    elsewhere = fonoteca(
        "apply",
        "--management",
        "http://127.0.0.1:9",
        **{**urls, "RABBITMQ_URL_SYNC": urls["RABBITMQ_URL_SYNC"].replace(VHOST, "x").replace("/x", "/other")},
    )
    assert (elsewhere.returncode, "names the virtual host 'other'" in elsewhere.stderr) == (2, True)
    nobody = fonoteca("apply", "--management", "http://127.0.0.1:9", **urls)
    assert (nobody.returncode, "cannot be reached" in nobody.stderr) == (69, True)
    without_password = fonoteca("apply", RABBITMQ_URL=urls["RABBITMQ_URL"], RABBITMQ_URL_SYNC="amqp://host/v")
    assert (without_password.returncode, "RABBITMQ_URL_SYNC must be" in without_password.stderr) == (78, True)


async def test_a_service_waits_for_its_user_to_be_made(
    urls: dict[str, str], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = asyncio.Event()
    said: dict[str, str] = {}

    def note(event: str, **about: str) -> None:
        said.update(about, event=event)
        waits.set()

    monkeypatch.setattr(waiting.log, "warning", note)
    own = settings(urls["RABBITMQ_URL_RETRY"], declare=False)
    with pytest.raises(Misconfigured, match="refused the user name or password of RABBITMQ_URL"):
        await connect(own, "tests", 120)
    starting = asyncio.create_task(connect(own, "retry", 120, 120))
    await waits.wait()
    assert said["event"] == "server.not_admitted_yet"
    assert "refused the user name or password of RABBITMQ_URL" in said["problem"]
    # The job of the topology runs.
    request.getfixturevalue("applied")
    async with await starting as broker:
        await ensure_topology(broker, own, 120)


async def test_applying_again_is_harmless_and_declares_what_the_code_declares(applied: dict[str, str]) -> None:
    async with await connect(settings(applied["RABBITMQ_URL"]), "tests", 10) as broker:
        await declare(broker)
    assert fonoteca("apply", RABBITMQ_URL=applied["RABBITMQ_URL"]).returncode == 0


async def test_the_definitions_that_a_broker_starts_with_are_what_the_code_declares(servers: Stack) -> None:
    """The native stack's broker imports them at its start; declaring would fail if an argument differed."""
    async with await connect(settings(servers.exports["RABBITMQ_URL"]), "tests", 10) as broker:
        assert await missing(broker) == []
        await declare(broker)


def test_printed_definitions_hold_users_without_their_passwords(urls: dict[str, str]) -> None:
    done = fonoteca("definitions", **urls)
    found = json.loads(done.stdout)
    assert {user["name"] for user in found["users"]} == {f"{VHOST}-{role}" for role in ROLES}
    assert "password-of" not in done.stdout
    assert {queue["name"] for queue in found["queues"]} == {queue.name for queue in QUEUES}
    assert {queue["vhost"] for queue in found["queues"]} == {VHOST}


async def test_any_role_may_ask_whether_the_topology_is_there(applied: dict[str, str], role: str) -> None:
    assert fonoteca("check", RABBITMQ_URL=applied[url_variable(role)]).returncode == 0


async def test_no_role_may_declare(applied: dict[str, str], role: str) -> None:
    async with await connect(settings(applied[url_variable(role)]), "tests", 10) as broker:
        with pytest.raises(Misconfigured, match=r"may not create exchanges and queues.*RABBITMQ_DECLARE=false"):
            await declare(broker)


@pytest.mark.parametrize("queue", [queue.name for queue in (*WORK_QUEUES, *PARKING_QUEUES)])
async def test_a_role_takes_from_its_queues_only(channel: aio_pika.abc.AbstractChannel, role: str, queue: str) -> None:
    found = await channel.get_queue(queue, ensure=False)
    if queue in ROLES[role].takes_from:
        assert await found.get(fail=False) is None
    else:
        with pytest.raises(ChannelAccessRefused):
            await found.get(fail=False)


async def test_the_stream_of_events_is_read_by_the_api_alone(channel: aio_pika.abc.AbstractChannel, role: str) -> None:
    await channel.set_qos(prefetch_count=1)
    stream = await channel.get_queue(EVENTS_STREAM, ensure=False)
    if role == "api":
        await stream.cancel(await stream.consume(lambda message: message.ack()))
    else:
        with pytest.raises(ChannelAccessRefused):
            await stream.consume(lambda message: message.ack())


@pytest.mark.parametrize("exchange", [exchange.name for exchange in EXCHANGES])
async def test_a_role_sends_to_its_exchanges_only(applied: dict[str, str], role: str, exchange: str) -> None:
    allowed = re.compile(ROLES[role].keys.get(exchange, "(?!)"))
    async with await aio_pika.connect(applied[url_variable(role)]) as connection:
        for key in keys_of(exchange):
            refused = await refuses(await connection.channel(publisher_confirms=False), exchange, key)
            assert refused == (allowed.search(key) is None), key


async def refuses(channel: aio_pika.abc.AbstractChannel, exchange: str, key: str) -> bool:
    """Whether the broker refuses a message, which is taken back: rights are looked at before it is routed."""
    transaction = channel.transaction()
    await transaction.select()
    target = await channel.get_exchange(exchange, ensure=False)
    await target.publish(aio_pika.Message(b""), key, mandatory=False)
    try:
        await transaction.rollback()
    except ChannelAccessRefused:
        return True
    return False


def keys_of(exchange: str) -> list[str]:
    """A key for each kind that somebody sends there, and one of nobody's."""
    if exchange == PARKING_EXCHANGE:
        own = [queue.name for queue in WORK_QUEUES]
    elif exchange in DELAYS:
        own = ["0." * len(DELAYS) + queue.name for queue in WORK_QUEUES]
    else:
        own = [type_ for type_, route in ROUTES.items() if route.exchange == exchange]
    return [*own, "nobody.listens"]


async def test_no_role_may_delete_a_queue(channel: aio_pika.abc.AbstractChannel, role: str) -> None:
    own_or_any = (*ROLES[role].takes_from, VIDEOS_QUEUE)[0]
    with pytest.raises(ChannelAccessRefused):
        await channel.queue_delete(own_or_any)


async def test_a_role_publishes_through_our_own_publisher(applied: dict[str, str]) -> None:
    async with await connect(settings(applied["RABBITMQ_URL_API"]), "tests", 10) as broker:
        publisher = await Publisher.open(broker, "api", 10)
        await publisher.publish(PlaylistSubmitted(url="https://www.youtube.com/playlist?list=PLpermission1"))
        async with await connect(settings(applied["RABBITMQ_URL_SCRAPER"]), "tests", 10) as other:
            channel = await other.channel()
            message = await (await channel.get_queue("scraper.playlists", ensure=False)).get()
            assert message is not None
            await message.ack()


def test_a_password_with_odd_letters_is_read_from_its_address(applied: dict[str, str]) -> None:
    account = account_in(applied["RABBITMQ_URL_SYNC"], "RABBITMQ_URL_SYNC")
    assert account == (f"{VHOST}-sync", "a/password-of-sync", VHOST)
