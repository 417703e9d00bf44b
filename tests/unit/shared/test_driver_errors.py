"""What each driver raises, as an error of ours: whether asking again may help."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aio_pika.exceptions import ChannelInvalidStateError, DeliveryError
from aiormq import spec
from aiormq.exceptions import ChannelNotFoundEntity
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from bson.errors import InvalidBSON
from minio.error import S3Error
from minio.error import ServerError as MinioServerError
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteError,
)
from urllib3.exceptions import ReadTimeoutError

from shared.catalog import driver_errors as of_mongodb
from shared.errors import (
    AlreadyThere,
    BrokerUnavailable,
    CatalogError,
    CatalogRefused,
    CatalogUnavailable,
    MirrorUnavailable,
    Refused,
    StoreUnavailable,
    TimeLimitReached,
    Unavailable,
)
from shared.messaging.driver_errors import translated as of_rabbitmq
from shared.storage.azure import driver_errors as of_azure
from shared.storage.s3 import driver_errors as of_s3


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (AutoReconnect("connection closed"), CatalogUnavailable),
        (ServerSelectionTimeoutError("no server"), CatalogUnavailable),
        (InvalidOperation("client closed"), CatalogUnavailable),
        (OperationFailure("not authorized", 13), CatalogUnavailable),
        (OperationFailure("no code at all"), CatalogUnavailable),
        (OperationFailure("not primary", 10107), CatalogUnavailable),
        (ExecutionTimeout("operation exceeded time limit", 50), TimeLimitReached),
        (DuplicateKeyError("E11000", 11000), AlreadyThere),
        (OperationFailure("bad value", 2), CatalogRefused),
        (OperationFailure("document failed validation", 121), CatalogRefused),
        (OperationFailure("$add only supports numeric types", 16554), CatalogRefused),
        (WriteError("too large", 17419), CatalogRefused),
        (BulkWriteError({"writeErrors": []}), CatalogRefused),
        (DocumentTooLarge("16 MB"), CatalogRefused),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_what_mongodb_says(raised: PyMongoError | DocumentTooLarge, kind: type[CatalogError]) -> None:
    with pytest.raises(CatalogError) as translated, of_mongodb.translated:
        raise raised
    assert type(translated.value) is kind
    assert str(translated.value) == str(raised)
    assert translated.value.code == getattr(raised, "code", None)
    assert translated.value.__cause__ is raised
    assert isinstance(translated.value, Refused) != isinstance(translated.value, Unavailable)


@pytest.mark.parametrize(
    "defect", [KeyError("x"), InvalidBSON("torn"), OverflowError("8-byte ints"), asyncio.CancelledError()], ids=repr
)
def test_what_is_no_drivers_error_stays_what_it_is(defect: BaseException) -> None:
    for border in (of_mongodb.translated, of_s3.translated, of_azure.translated):
        with pytest.raises(type(defect)) as raised, border:
            raise defect
        assert raised.value is defect


def s3_error(code: str, status: int) -> S3Error:
    response: Any = SimpleNamespace(status=status)
    return S3Error(response, code, "No such thing", "/bucket", "request", "host")


@pytest.mark.parametrize(
    ("raised", "code", "status", "is_final"),
    [
        (s3_error("NoSuchBucket", 404), "NoSuchBucket", 404, True),
        (s3_error("AccessDenied", 403), "AccessDenied", 403, True),
        (s3_error("SlowDown", 503), "SlowDown", 503, False),
        (MinioServerError("server failed", 502), "", None, False),
        (ReadTimeoutError(None, None, "read timed out"), "", None, False),  # type: ignore[arg-type]  # it needs no pool
        (ConnectionResetError(104, "reset by peer"), "", None, False),
        (FileNotFoundError(2, "no such file"), "", None, False),
    ],
)
def test_what_an_s3_server_says(raised: Exception, code: str, status: int | None, is_final: bool) -> None:
    with pytest.raises(StoreUnavailable) as translated, of_s3.translated:
        raise raised
    error = translated.value
    assert (error.code, error.status, error.is_final, error.__cause__) == (code, status, is_final, raised)


def azure_error(code: str | None, status: int) -> HttpResponseError:
    response: Any = SimpleNamespace(status_code=status, reason="Not at all")
    error = HttpResponseError("Server failed.", response=response)
    if code is not None:
        vars(error)["error_code"] = code
    return error


@pytest.mark.parametrize(
    ("raised", "code", "status"),
    [
        (azure_error("ContainerNotFound", 404), "ContainerNotFound", 404),
        (azure_error(None, 503), "", 503),
        (ServiceRequestError("cannot connect"), "", None),
    ],
)
def test_what_azure_says(raised: Exception, code: str, status: int | None) -> None:
    with pytest.raises(MirrorUnavailable) as translated, of_azure.translated:
        raise raised
    error = translated.value
    assert (error.code, error.status, error.__cause__) == (code, status, raised)


@pytest.mark.parametrize(
    "raised",
    [
        ChannelInvalidStateError("closed"),
        ChannelNotFoundEntity("no queue"),
        DeliveryError(None, spec.Basic.Nack()),
        ConnectionResetError("reset"),
        TimeoutError(),
        RuntimeError("channel is closed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_rabbitmqs_client_says(raised: Exception) -> None:
    said = pytest.raises(BrokerUnavailable, match=r"^RabbitMQ did nothing: .")
    with said as translated, of_rabbitmq("RabbitMQ did nothing"):
        raise raised
    assert translated.value.__cause__ is raised


async def test_a_request_that_the_client_cancels_itself_met_a_lost_connection() -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    never.cancel()
    with pytest.raises(BrokerUnavailable, match="the connection was abandoned"), of_rabbitmq("RabbitMQ did nothing"):
        await never


async def test_a_task_that_is_cancelled_is_cancelled() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        with of_rabbitmq("RabbitMQ did nothing"):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
