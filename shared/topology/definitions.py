"""The topology, users and permissions as definitions, which RabbitMQ imports at its start or over HTTP."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from shared.errors import Misconfigured
from shared.topology import EXCHANGES, QUEUES
from shared.topology.permissions import EVERY_ROLE

Definitions = dict[str, list[dict[str, Any]]]


class Account(NamedTuple):
    """A user of the broker, its password, and the virtual host it works in."""

    user: str
    password: str
    vhost: str


def account_in(url: str, variable: str) -> Account:
    """Parse the user, password and virtual host of an AMQP address. Raises Misconfigured, which names `variable`."""
    parts = urlsplit(url)
    if parts.scheme not in ("amqp", "amqps") or not parts.username or not parts.password:
        raise Misconfigured(f"{variable} must be amqp://USER:PASSWORD@HOST:PORT/VHOST, with the user and the password.")
    return Account(unquote(parts.username), unquote(parts.password), unquote(parts.path.removeprefix("/")) or "/")


def users_and_permissions(accounts: Mapping[str, Account]) -> Definitions:
    """Return the definitions of a user for each role, with only the permissions of that role."""
    return {
        "users": [_user(account.user, account.password, []) for account in accounts.values()],
        "permissions": [
            {"user": account.user, "vhost": account.vhost, **EVERY_ROLE[role].permissions()}
            for role, account in accounts.items()
        ],
        "topic_permissions": [
            {"user": account.user, "vhost": account.vhost, **each}
            for role, account in accounts.items()
            for each in EVERY_ROLE[role].topic_permissions()
        ],
    }


def administrator(account: Account) -> Definitions:
    """Return the definitions of a user who may do everything, and of its virtual host."""
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "vhosts": [{"name": account.vhost}],
        "users": [_user(account.user, account.password, ["administrator"])],
        "permissions": [{"user": account.user, "vhost": account.vhost, **everything}],
    }


def exchanges_and_queues(vhost: str) -> Definitions:
    """Return the definitions of the whole topology."""
    durable = {"vhost": vhost, "durable": True, "auto_delete": False}
    return {
        "exchanges": [
            {"name": e.name, "type": "topic", "internal": False, "arguments": {}, **durable} for e in EXCHANGES
        ],
        "queues": [{"name": q.name, "arguments": dict(q.arguments), **durable} for q in QUEUES],
        "bindings": list(_bindings(vhost)),
    }


def merge(*parts: Definitions) -> Definitions:
    """Merge several definitions."""
    names = {name: None for part in parts for name in part}
    return {name: [each for part in parts for each in part.get(name, [])] for name in names}


def _bindings(vhost: str) -> Iterator[dict[str, Any]]:
    for kind, owners in (("exchange", EXCHANGES), ("queue", QUEUES)):
        for owner in owners:
            for binding in owner.bindings:
                yield {
                    "source": binding.source,
                    "vhost": vhost,
                    "destination": owner.name,
                    "destination_type": kind,
                    "routing_key": binding.key,
                    "arguments": {},
                }


def _user(name: str, password: str, tags: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": password_hash(password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": tags,
    }


def password_hash(password: str) -> str:
    """Hash a password as RabbitMQ does: base64 of four random bytes and the SHA-256 of them with the password.

    Source: https://www.rabbitmq.com/docs/passwords#computing-password-hash
    """
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
