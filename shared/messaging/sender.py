"""Identifies the publisher of a message, as far as the broker guarantees it.

RabbitMQ refuses a message whose `user_id` is not the user of its connection, so a `user_id` can be trusted; our
publishers always set it. Handlers call `current_sender()`. Nothing else in a stranger's message is trusted.

Source: https://www.rabbitmq.com/docs/validated-user-id
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from aio_pika import Connection
from aio_pika.abc import AbstractRobustConnection
from yarl import URL

from shared.errors import Misconfigured
from shared.messaging.delivery import Delivery
from shared.setting_rules.users import by_certificate, pairs
from shared.settings import BrokerSettings
from shared.topology import ROUTES, queues_of
from shared.topology.permissions import ROLES

#: The header of a delayed message with its original sender. Empty: unknown.
SENDER_HEADER = "x-fonoteca-sender"


@dataclass(frozen=True)
class Sender:
    """The publisher of a message."""

    #: The user at the broker; None: the message names none, as is usual for messages published by hand.
    user: str | None
    #: Whether the user belongs to one of our services; false: a stranger, or unknown.
    service: bool
    #: Whether the services have users of their own and this is none of them. If they have none, every publisher counts
    #: as the operator.
    outsider: bool = False


#: The sender of the message that is being handled.
_current: ContextVar[Sender | None] = ContextVar("sender", default=None)


def current_sender() -> Sender:
    """Return the publisher of the message that this task handles; outside of a handler, a stranger."""
    return _current.get() or Sender(None, service=False)


def handling(sender: Sender) -> None:
    """Note, only for this task, that it handles a message of `sender`."""
    _current.set(sender)


def own_user(connection: AbstractRobustConnection) -> str | None:
    """Return the user of a connection; None if it signs in by a certificate, which does not show the name."""
    assert isinstance(connection, Connection)
    return _user_in(connection.url)


def _user_in(url: URL) -> str | None:
    return None if by_certificate(str(url)) else url.user or "guest"


class Senders:
    """The services' users at the broker, and the messages that each may send."""

    def __init__(self, own: str | None, users: Iterable[tuple[str, str]] = ()) -> None:
        """`own`: the user of this process. `users`: pairs of role and user; if empty, all services share `own`."""
        self._own = own
        self._roles: dict[str, set[str]] = {}
        for role, user in users:
            self._roles.setdefault(user, set()).add(role)

    @classmethod
    def of(cls, settings: BrokerSettings, service: str) -> Senders:
        """Read RABBITMQ_USERS. Raises Misconfigured if it names another user for `service` than RABBITMQ_URL does."""
        users, own = pairs(settings.users), _user_in(URL(settings.url.get_secret_value()))
        if unknown := sorted({role for role, _ in users} - set(ROLES)):
            raise Misconfigured(
                f"RABBITMQ_USERS names {unknown[0]!r}, which is not a role; the roles are {', '.join(ROLES)}."
            )
        if users and service in ROLES and own is not None and (service, own) not in users:
            raise Misconfigured(
                f"RABBITMQ_USERS does not name {own}, the user in RABBITMQ_URL, as {service}: the other services would "
                f"treat its messages as a stranger's. Add {service}={own} to it, for all services."
            )
        return cls(own, users)

    def sender(self, amqp: Delivery) -> Sender:
        """Return the publisher of a message; if a consumer delayed it, the original publisher."""
        user = amqp.user_id
        if self.own(amqp) and SENDER_HEADER in amqp.headers:
            before = amqp.headers[SENDER_HEADER]
            user = before if isinstance(before, str) and before else None
        service = self._is_service(user)
        return Sender(user, service, outsider=bool(self._roles) and not service)

    def own(self, amqp: Delivery) -> bool:
        """Return whether this service published a message, so that its headers are ours; false if that is unknown."""
        return self._own is not None and amqp.user_id == self._own

    def may_send(self, sender: Sender, type_: str) -> bool:
        """Return whether `sender` may send messages of a type, by `ROUTES`.

        Always true if the services have no users of their own: a person at the broker cannot be told from them.
        """
        if not self._roles:
            return True
        route, roles = ROUTES[type_], self._roles.get(sender.user or "", set())
        return route.open or any(role in route.senders or ROLES[role].replays for role in roles)

    def may_park(self, user: str | None, queue: str) -> bool:
        """Return whether the consumer of `queue` may have put a message of `user` into its parking queue."""
        if not self._roles:
            return True
        return any(queue in ROLES[role].takes_from for role in self._roles.get(user or "", ()))

    def may_count(self, user: str | None, queue: str) -> bool:
        """Return whether a parked message of `user` counts against its video or playlist; a stranger's never does."""
        if not self._roles:
            return True
        taken = [type_ for type_ in ROUTES if any(each.name == queue for each in queues_of(type_))]
        return self._is_service(user) and any(self.may_send(Sender(user, service=True), type_) for type_ in taken)

    def _is_service(self, user: str | None) -> bool:
        if user is None:
            return False
        return user in self._roles if self._roles else user == self._own


def relayed(sender: Sender) -> Mapping[str, Any]:
    """Return the header that keeps the original sender of a message while a consumer delays it."""
    return {SENDER_HEADER: sender.user or ""}
