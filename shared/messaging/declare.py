"""Creates the exchanges and queues of `topology`, or waits for them. Several services may run it at once."""

from __future__ import annotations

import asyncio
from typing import Any

from aio_pika import ExchangeType
from aio_pika.abc import AbstractRobustChannel, AbstractRobustConnection
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity, ChannelPreconditionFailed

from shared import topology
from shared.errors import BrokerUnavailable, Misconfigured
from shared.logs import logger
from shared.messaging.channels import arguments_in_use, open_channel
from shared.messaging.driver_errors import translated
from shared.settings import BrokerSettings
from shared.waiting import wait_until_ready

log = logger(__name__)


#: Seconds until a failed declaration is repeated after a reconnect.
AGAIN_SECONDS = 2


#: What to do if something is missing that this user may not create.
CURE = "run `fonoteca topology apply` with RABBITMQ_URL of a user who may create it, or set RABBITMQ_DECLARE=true"


#: What to do about parking queues of earlier versions, which have no delivery limit. RabbitMQ 3 does not need it.
FORMER_CURE = (
    "on RabbitMQ 4 give them a policy: rabbitmqctl set_policy --vhost VHOST --apply-to queues fonoteca-parking "
    f"""'^parking\\.' '{{"delivery-limit": {topology.NO_DELIVERY_LIMIT}}}'"""
)


async def ensure_topology(connection: AbstractRobustConnection, settings: BrokerSettings, wait_seconds: float) -> None:
    """Create everything that is missing, now and after each reconnect; with RABBITMQ_DECLARE off, wait for it.

    Raises Misconfigured if a queue exists with other arguments, Unavailable after `wait_seconds`.
    """
    if settings.declare:
        await _keep_declared(connection)
        return

    async def check() -> None:
        if absent := await missing(connection):
            raise BrokerUnavailable(f"RabbitMQ lacks {', '.join(absent[:3])}{' and more' if len(absent) > 3 else ''}")

    await wait_until_ready("RabbitMQ's topology", CURE, check, wait_seconds)


async def missing(connection: AbstractRobustConnection) -> list[str]:
    """Return the names of missing exchanges and queues. Any user may ask for these; AMQP cannot list bindings."""
    found = [(e.name, await _is_there(connection, exchange=e.name)) for e in topology.EXCHANGES]
    found += [(q.name, await _is_there(connection, queue=q.name)) for q in topology.QUEUES]
    return [name for name, is_there in found if not is_there]


async def _is_there(connection: AbstractRobustConnection, *, exchange: str = "", queue: str = "") -> bool:
    # Each gets its own channel, since asking for a missing one closes the channel.
    channel = await open_channel(connection)
    with translated(f"RabbitMQ did not say whether {exchange or queue} exists"):
        try:
            if exchange:
                await channel.declare_exchange(exchange, passive=True, robust=False)
            else:
                await channel.declare_queue(queue, passive=True, robust=False)
        except ChannelNotFoundEntity:
            return False
        finally:
            await channel.close()
    return True


async def _keep_declared(connection: AbstractRobustConnection) -> None:
    # The broker may have restarted without its data.
    await declare(connection)
    under_way: set[asyncio.Task[None]] = set()

    def again(*_: Any) -> None:
        # In a task of its own: the connection is usable only after this callback.
        task = asyncio.create_task(_declare_until_done(connection), name="declare")
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    connection.reconnect_callbacks.add(again)


async def _declare_until_done(connection: AbstractRobustConnection) -> None:
    while not connection.is_closed:
        try:
            await declare(connection)
        except Misconfigured as error:
            log.error("topology.differs", problem=str(error))
            return
        except BrokerUnavailable as error:
            log.warning("topology.not_declared_yet", error=str(error))
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return


async def declare(connection: AbstractRobustConnection) -> None:
    """Declare all exchanges, queues and bindings, and remove bindings of earlier versions.

    Raises Misconfigured if a queue exists with other arguments, and if the user may not declare; BrokerUnavailable.
    """
    with translated("RabbitMQ did not create its exchanges and queues"):
        # No robust declarations: they would be repeated after each reconnect, while others consume.
        channel = connection.channel()
        await channel.initialize()
        try:
            former = await _declare_all(connection, channel)
        except ChannelPreconditionFailed as error:
            raise Misconfigured(
                f"RabbitMQ has a queue or exchange of this name with other arguments: {error}. Another version created "
                "it: move its messages away and delete it, or use another virtual host."
            ) from error
        except ChannelAccessRefused as error:
            raise Misconfigured(
                f"The user of RABBITMQ_URL may not create exchanges and queues: {error}. "
                "Set RABBITMQ_DECLARE=false, and run `fonoteca topology apply` as a user who may."
            ) from error
        finally:
            await channel.close()
    if former:
        log.warning("topology.made_by_an_earlier_version", queues=former, cure=FORMER_CURE)


async def _declare_all(connection: AbstractRobustConnection, channel: AbstractRobustChannel) -> list[str]:
    """Declare everything. Returns the names of the queues that have the arguments of an earlier version."""
    for exchange in topology.EXCHANGES:
        await channel.declare_exchange(exchange.name, ExchangeType.TOPIC, durable=True, robust=False)
    former = [queue.name for queue in topology.QUEUES if not await _declare_queue(connection, channel, queue)]
    for exchange in topology.EXCHANGES:
        target = await channel.get_exchange(exchange.name, ensure=False)
        for binding in exchange.bindings:
            await target.bind(binding.source, binding.key)
    return former


async def _declare_queue(
    connection: AbstractRobustConnection, channel: AbstractRobustChannel, queue: topology.Queue
) -> bool:
    """Declare a queue with its bindings. Returns False if it has the arguments of an earlier version."""
    arguments = await arguments_in_use(connection, queue.name)
    declared = await channel.declare_queue(queue.name, durable=True, arguments=dict(arguments), robust=False)
    for binding in queue.bindings:
        await declared.bind(binding.source, binding.key)
    if (former := topology.FORMER_BINDINGS.get(queue.name)) is not None:
        await declared.unbind(former.source, former.key)
    return arguments == queue.arguments
