"""Who published a message: what the broker vouches for, and nothing that a message says about itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import SecretStr

from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import Misconfigured
from shared.messaging.consuming.settlement import Settlement
from shared.messaging.sender import Sender, Senders, current_sender, relayed
from shared.settings import BrokerSettings, load
from shared.topology import ROUTES
from shared.topology.permissions import EVERY_ROLE, ROLES

USERS = [("scraper", "alice"), ("retry", "bob"), ("sync", "carol"), ("api", "dave"), ("audit", "erin")]
STRANGER, NOBODY = Sender("mallory", service=False), Sender(None, service=False)
#: The same where the services have users of their own: then they are known to be none of them.
OUTSIDER, UNSIGNED = Sender("mallory", service=False, outsider=True), Sender(None, service=False, outsider=True)


def message(user: str | None, **headers: Any) -> Any:
    return SimpleNamespace(user_id=user, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("user", [user for _, user in USERS])
def test_users_of_services_are_told_from_others(user: str) -> None:
    assert Senders("alice", USERS).sender(message(user)) == Sender(user, service=True)


@pytest.mark.parametrize("user", ["mallory", "scraper", "ALICE", "alice ", ""])
def test_others_are_strangers(user: str) -> None:
    sender = Senders("alice", USERS).sender(message(user))
    assert (sender.service, sender.outsider) == (False, True)


def test_with_one_user_for_all_that_one_is_the_services() -> None:
    senders = Senders("fonoteca")
    assert senders.sender(message("fonoteca")) == Sender("fonoteca", service=True)
    assert senders.sender(message("mallory")) == STRANGER
    assert senders.sender(message(None)) == NOBODY
    assert all(senders.may_send(NOBODY, type_) for type_ in ROUTES)


@pytest.mark.parametrize("user", ["mallory", "bob", None])
def test_whose_a_message_was_before_is_believed_of_its_own_consumer_alone(user: str | None) -> None:
    senders = Senders("alice", USERS)
    assert senders.sender(message(user, x_fonoteca_sender="dave")).user == user
    assert senders.sender(message("alice", x_fonoteca_sender="dave")) == Sender("dave", service=True)
    assert senders.sender(message("alice", x_fonoteca_sender="")) == UNSIGNED
    assert senders.sender(message("alice", x_fonoteca_sender=["dave"])) == UNSIGNED


@pytest.mark.parametrize("sender", [Sender("bob", service=True), OUTSIDER, UNSIGNED])
def test_a_message_that_comes_again_keeps_its_sender(sender: Sender) -> None:
    again = SimpleNamespace(user_id="alice", headers=dict(relayed(sender)))
    assert Senders("alice", USERS).sender(again) == sender  # type: ignore[arg-type]


def test_a_user_signed_in_by_a_certificate_is_not_confused_with_nobody() -> None:
    assert Senders(None).sender(message(None, x_fonoteca_sender="alice")) == NOBODY


@pytest.mark.parametrize("user", [None, "", "guest", "fonoteca", "alice"])
@pytest.mark.parametrize("users", [[], USERS])
def test_a_service_that_does_not_know_its_own_user_takes_no_message_for_its_own(
    user: str | None, users: list[tuple[str, str]]
) -> None:
    senders = Senders(None, users)
    assert not senders.own(message(user, x_fonoteca_defects=99))
    assert senders.sender(message(user, x_fonoteca_sender="dave")).user == user


@pytest.mark.parametrize("user", [None, "", "mallory", "alice"])
@pytest.mark.parametrize(("own", "believed"), [(None, False), ("fonoteca", False), ("alice", True)])
def test_defects_that_a_stranger_tells_are_not_counted(user: str | None, own: str | None, believed: bool) -> None:
    settlement = Settlement("q", cast("Any", None), {}, Senders(own), None)
    met = settlement.defects_of(message(user, x_fonoteca_defects=99))
    assert met == (DEFECT_LIMIT if believed and user == "alice" else 0)


@pytest.mark.parametrize("type_", ROUTES)
def test_routes_say_who_may_send_what(type_: str) -> None:
    senders, route = Senders("alice", USERS), ROUTES[type_]
    for role, user in USERS:
        # A person's replay goes through the API, whatever it is.
        allowed = route.open or role in route.senders or role == "api"
        assert senders.may_send(Sender(user, service=True), type_) == allowed, role
    for stranger in (OUTSIDER, UNSIGNED):
        assert senders.may_send(stranger, type_) == (type_ == "playlist.submitted.v1")


def test_a_role_may_have_two_users_while_one_replaces_the_other() -> None:
    senders = Senders("alice", [*USERS, ("scraper", "alice2")])
    assert senders.may_send(Sender("alice2", service=True), "audio.stored.v1")


@pytest.mark.parametrize(
    ("user", "queue", "counts"),
    [
        *(("alice", "scraper.videos", True), ("bob", "scraper.videos", True), ("carol", "scraper.videos", False)),
        *(("carol", "scraper.playlists", True), ("mallory", "scraper.playlists", False), (None, "sync.stored", False)),
        *(("alice", "sync.stored", True), ("carol", "sync.stored", False), ("dave", "sync.stored", True)),
    ],
)
def test_nothing_is_given_up_for_a_strangers_message(user: str | None, queue: str, counts: bool) -> None:
    assert Senders("bob", USERS).may_count(user, queue) is counts
    assert Senders("fonoteca").may_count(user, queue)


def test_outside_of_a_handler_nobody_is_believed() -> None:
    assert current_sender() == NOBODY


def settings(users: str, user: str = "alice") -> BrokerSettings:
    return BrokerSettings(url=SecretStr(f"amqp://{user}:x@h/v"), users=users, _env_file=None)


def test_a_service_that_the_others_would_not_know_says_so_at_its_start() -> None:
    with pytest.raises(Misconfigured, match=r"does not name mallory.*as scraper.*Add scraper=mallory"):
        Senders.of(settings("scraper=alice", "mallory"), "scraper")
    with pytest.raises(Misconfigured, match=r"does not name alice.*as retry"):
        Senders.of(settings("scraper=alice"), "retry")
    with pytest.raises(Misconfigured, match="'submitter', which is not a role; the roles are scraper, retry"):
        Senders.of(settings("submitter=alice"), "scraper")
    Senders.of(settings("scraper=alice, retry=bob"), "scraper")
    Senders.of(settings("scraper=b@h"), "tests")
    Senders.of(settings("scraper=b@h", "b%40h"), "scraper")


@pytest.mark.parametrize("query", ["auth=external", "auth=EXTERNAL", "heartbeat=5&auth=External"])
@pytest.mark.parametrize("service", ROLES)
def test_users_of_services_and_a_certificate_do_not_go_together(service: str, query: str) -> None:
    for user in ("", "alice@"):
        url = SecretStr(f"amqps://{user}h/v?{query}")
        with pytest.raises(Misconfigured, match=r"certificate.*replace auth=external.*or leave RABBITMQ_USERS empty"):
            load(BrokerSettings, {"url": url, "users": f"{service}=alice"})
        Senders.of(BrokerSettings(url=url, users="", _env_file=None), service)


def test_the_outsider_is_no_service_and_sends_what_is_open_to_all() -> None:
    assert set(EVERY_ROLE) - set(ROLES) == {"submitter"}
    assert EVERY_ROLE["submitter"].keys == {"fonoteca.work": r"^(playlist\.submitted\.v1)(\..+)?$"}
    assert EVERY_ROLE["submitter"].permissions() == {"configure": "^$", "write": r"^(fonoteca\.work)$", "read": "^$"}
