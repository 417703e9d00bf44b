"""What is generated from the code and stored must be what the code says now."""

from dev.generate import declared_metrics, differing
from dev.install import ROOT
from shared.contracts import MESSAGES
from shared.topology import PARKING_QUEUES, QUEUES, QUEUES_BY_NAME, ROUTES, WORK_QUEUES, parking_of
from shared.topology.permissions import ROLES


def test_stored_schemas_topology_openapi_and_tables_agree_with_the_code() -> None:
    assert [str(path.relative_to(ROOT)) for path in differing()] == [], "run `make contracts` and read the diff"


def test_every_message_has_a_route_and_every_route_a_message() -> None:
    assert set(MESSAGES) == set(ROUTES)


def test_every_work_queue_is_fed_by_a_route_and_has_its_parking_queue() -> None:
    fed = {(binding.source, binding.key) for queue in WORK_QUEUES for binding in queue.bindings}
    for type_, route in ROUTES.items():
        assert ((route.exchange, type_) in fed) == route.required, type_
    names = {queue.name for queue in QUEUES}
    assert {parking_of(queue.name) for queue in WORK_QUEUES} <= names


def test_every_queue_that_a_service_takes_from_says_how_often_it_delivers() -> None:
    """RabbitMQ 4 has a limit of its own for quorum queues that say nothing: 20, and then the message is gone."""
    taken = {name for role in ROLES.values() for name in role.takes_from} | {queue.name for queue in PARKING_QUEUES}
    silent = {
        name
        for name in taken
        if QUEUES_BY_NAME[name].arguments["x-queue-type"] == "quorum"
        and "x-delivery-limit" not in QUEUES_BY_NAME[name].arguments
    }
    assert silent == set()


def test_no_metric_label_can_hold_an_id() -> None:
    allowed = {
        *("queue", "outcome", "type", "reason", "failure_class", "stage", "kind"),
        *("subject", "decision", "method", "route", "status", "state", "tool"),
        # Of those that are known by name, or `other`: see `shared.addresses.sources.label_of`.
        "source",
        # Of our own code: as many as there are.
        *("file", "check"),
        # How a followed source was looked at.
        "rung",
        # Of the mirror, as many as there are kinds.
        "target",
    }
    for name, _, _, labels in declared_metrics():
        assert set(labels) <= allowed, name
