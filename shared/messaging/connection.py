"""Connects to RabbitMQ: waits for the server when a program starts, and reconnects by itself later."""

from __future__ import annotations

import ssl
from contextlib import suppress
from urllib.parse import urlsplit

import aio_pika
from aio_pika.abc import AbstractRobustConnection
from aiormq.exceptions import (
    AMQPConnectionError,
    AuthenticationError,
    InvalidFrameError,
    ProbableAuthenticationError,
)

from shared.errors import BrokerUnavailable, Misconfigured, NotAdmitted
from shared.messaging import frames
from shared.messaging.driver_errors import RAISED
from shared.messaging.sender import Senders
from shared.settings import BrokerSettings
from shared.waiting import wait_for_server

frames.install()

#: An open connection, under the name that other modules import.
Broker = AbstractRobustConnection
#: Errors that the client raises before it connects: for parameters that it cannot read, and for their files.
_WRONG_PARAMETERS: tuple[type[Exception], ...] = (
    *(ssl.SSLError, FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError),
    ValueError,
)
#: Seconds for one attempt to connect.
CONNECT_SECONDS = 10


async def connect(
    settings: BrokerSettings, service: str, wait_seconds: float, admission_seconds: float = 0
) -> AbstractRobustConnection:
    """Connect, waiting up to `wait_seconds` for the server, and up to `admission_seconds` for it to know this user.

    Raises Misconfigured (NotAdmitted after the wait) or Unavailable, with the cure.
    """
    # Fails here if the other services would refuse this one's messages.
    Senders.of(settings, service)
    url = settings.url.get_secret_value()
    where = _without_password(url)

    async def attempt() -> AbstractRobustConnection:
        try:
            return await aio_pika.connect_robust(
                url,
                heartbeat=settings.heartbeat_seconds,
                timeout=CONNECT_SECONDS,
                client_properties={"connection_name": f"fonoteca-{service}"},
                fail_fast=True,
            )
        except (AuthenticationError, ProbableAuthenticationError) as error:
            raise NotAdmitted(
                f"RabbitMQ at {where} refused the user name or password of RABBITMQ_URL. Correct it, or add the user. "
                "A broker with the data of an earlier installation has the passwords of that installation."
            ) from error
        except InvalidFrameError as error:
            # aiormq raises this when the broker closes the connection instead of opening the virtual host.
            raise NotAdmitted(
                f"RabbitMQ does not let this user into the virtual host of {where}. "
                "Add the virtual host and the user's permissions there, or correct RABBITMQ_URL."
            ) from error
        except _WRONG_PARAMETERS as error:
            raise Misconfigured(
                f"RABBITMQ_URL is wrong: its parameters or their files cannot be used: {error}. Correct or remove them."
            ) from error
        except AMQPConnectionError as error:
            raise BrokerUnavailable(f"RabbitMQ at {where}: {error}") from error
        except (TimeoutError, OSError) as error:
            raise BrokerUnavailable(f"RabbitMQ at {where}: {str(error) or type(error).__name__}") from error

    return await wait_for_server("RabbitMQ", "RABBITMQ_URL", attempt, wait_seconds, admission_seconds)


async def close(broker: Broker) -> None:
    """Close a connection; nothing happens if it is already lost."""
    with suppress(*RAISED):
        await broker.close()


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (5671 if parts.scheme == 'amqps' else 5672)}{parts.path}"
