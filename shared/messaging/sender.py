"""Who published a message, as far as the broker vouches for it.

RabbitMQ refuses a message whose `user_id` is not the user of its connection, so what is there is true; our publishers
set it always. A handler asks `current_sender()`. Nothing else that a stranger's message says about itself is believed.

Source: https://www.rabbitmq.com/docs/validated-user-id
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from aio_pika import Connection
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection
from yarl import URL

from shared.errors import Misconfigured
from shared.setting_rules.users import by_certificate, pairs
from shared.settings import BrokerSettings
from shared.topology import ROUTES, queues_of
from shared.topology.permissions import ROLES

#: On a message that its consumer put off: whose it was before. Empty: nobody knows.
SENDER_HEADER = "x-fonoteca-sender"


@dataclass(frozen=True)
class Sender:
    """Who published a message."""

    #: The broker's user; None: the message names none, as messages that people publish by hand do.
    user: str | None
    #: Whether this is a user of our services; false: a stranger, or nobody knows.
    service: bool
    #: Whether the services have users of their own, and this is none of them. Else whoever may publish is the operator.
    outsider: bool = False


#: Whose message is handled now.
_current: ContextVar[Sender | None] = ContextVar("sender", default=None)


def current_sender() -> Sender:
    """Who published the message that is handled now, in the task of its handler; elsewhere a stranger."""
    return _current.get() or Sender(None, service=False)


def handling(sender: Sender) -> None:
    """From now on, and in this task alone, a message of `sender` is handled."""
    _current.set(sender)


def own_user(connection: AbstractRobustConnection) -> str | None:
    """The user of a connection; None if it signs in by a certificate, which does not tell us the name."""
    assert isinstance(connection, Connection)
    return _user_in(connection.url)


def _user_in(url: URL) -> str | None:
    return None if by_certificate(str(url)) else url.user or "guest"


class Senders:
    """Tells the services' users from others."""

    def __init__(self, own: str | None, users: Iterable[tuple[str, str]] = ()) -> None:
        """`own`: the user that this process signs in as. `users`: role and user; none: all services share `own`."""
        self._own = own
        self._roles: dict[str, set[str]] = {}
        for role, user in users:
            self._roles.setdefault(user, set()).add(role)

    @classmethod
    def of(cls, settings: BrokerSettings, service: str) -> Senders:
        """Those of RABBITMQ_USERS. Raises Misconfigured if it knows `service` by another user than it signs in as."""
        users, own = pairs(settings.users), _user_in(URL(settings.url.get_secret_value()))
        if unknown := sorted({role for role, _ in users} - set(ROLES)):
            raise Misconfigured(
                f"RABBITMQ_USERS names {unknown[0]!r}, which is no role; the roles are {', '.join(ROLES)}."
            )
        if users and service in ROLES and own is not None and (service, own) not in users:
            raise Misconfigured(
                f"RABBITMQ_USERS does not name {own}, the user in RABBITMQ_URL, as {service}: the other services would "
                f"take its messages for a stranger's. Add {service}={own} to it, for all services."
            )
        return cls(own, users)

    def sender(self, amqp: AbstractIncomingMessage) -> Sender:
        """Who published a message; of one that its consumer put off, who did so at first."""
        user = amqp.user_id
        if self.own(amqp) and SENDER_HEADER in amqp.headers:
            before = amqp.headers[SENDER_HEADER]
            user = before if isinstance(before, str) and before else None
        service = self._is_service(user)
        return Sender(user, service, outsider=bool(self._roles) and not service)

    def own(self, amqp: AbstractIncomingMessage) -> bool:
        """Whether this service published a message, so that its headers are ours; false if it cannot know."""
        return self._own is not None and amqp.user_id == self._own

    def may_send(self, sender: Sender, type_: str) -> bool:
        """Whether a message of a type may come from `sender`: `ROUTES` says who sends what.

        True for all if the services have no users of their own: then nothing tells them from a person at the broker.
        """
        if not self._roles:
            return True
        route, roles = ROUTES[type_], self._roles.get(sender.user or "", set())
        return route.open or any(role in route.senders or ROLES[role].replays for role in roles)

    def may_park(self, user: str | None, queue: str) -> bool:
        """Whether a message in the parking queue of `queue` may be from that queue's consumer."""
        if not self._roles:
            return True
        return any(queue in ROLES[role].takes_from for role in self._roles.get(user or "", ()))

    def may_count(self, user: str | None, queue: str) -> bool:
        """Whether what a parked message of `user` from `queue` is about may be given up for it: no stranger's."""
        if not self._roles:
            return True
        taken = [type_ for type_ in ROUTES if any(each.name == queue for each in queues_of(type_))]
        return self._is_service(user) and any(self.may_send(Sender(user, service=True), type_) for type_ in taken)

    def _is_service(self, user: str | None) -> bool:
        if user is None:
            return False
        return user in self._roles if self._roles else user == self._own


def relayed(sender: Sender) -> Mapping[str, Any]:
    """The header that says whose a message is which its consumer puts off."""
    return {SENDER_HEADER: sender.user or ""}
