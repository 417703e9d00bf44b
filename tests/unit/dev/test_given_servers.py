"""A shell that has read a stack's env file starts another stack with servers of its own."""

from __future__ import annotations

from dev.given_servers import OF_A_STACK, as_exports, given_servers

VARIABLES = ("RABBITMQ_URL", "MONGO_URI", "MINIO_ENDPOINT", "AZURE_ACCOUNT_URL")
STARTED = {
    "RABBITMQ_URL": "amqp://admin:x@127.0.0.1:5001/fonoteca",
    "MONGO_URI": "mongodb://127.0.0.1:5002",
    "MINIO_ENDPOINT": "127.0.0.1:5003",
    "AZURE_ACCOUNT_URL": "http://127.0.0.1:5004/account",
}


def test_the_servers_of_an_env_file_are_not_given() -> None:
    read = STARTED | as_exports(VARIABLES, STARTED)
    assert given_servers(VARIABLES, read) == ([], list(VARIABLES))
    assert "127.0.0.1" not in read[OF_A_STACK], "an address may hold a password"


def test_a_server_that_is_named_after_reading_it_is_given() -> None:
    read = STARTED | as_exports(VARIABLES, STARTED) | {"MONGO_URI": "mongodb://db.example.org"}
    assert given_servers(VARIABLES, read) == (["MONGO_URI"], ["RABBITMQ_URL", "MINIO_ENDPOINT", "AZURE_ACCOUNT_URL"])


def test_a_server_that_the_stack_was_given_stays_given() -> None:
    """Its env file names it too, and does not count it among those that the stack has started."""
    read = STARTED | as_exports(("MONGO_URI", "MINIO_ENDPOINT", "AZURE_ACCOUNT_URL"), STARTED)
    assert given_servers(VARIABLES, read)[0] == ["RABBITMQ_URL"]


def test_without_an_env_file_all_that_is_set_is_given() -> None:
    assert given_servers(VARIABLES, STARTED | {"MONGO_URI": ""}) == (
        ["RABBITMQ_URL", "MINIO_ENDPOINT", "AZURE_ACCOUNT_URL"],
        [],
    )
    assert OF_A_STACK not in STARTED
