"""/v1/notifications: read, test and resume endpoints. All of it needs an administrator's key: addresses of webhooks
often grant access by themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Query

from services.api.auth.dependencies import needs
from services.api.backend import Backend, BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor
from services.api.http.problems import Problem, documented
from services.api.routes.notifications.serializers import delivery_out, endpoint_out, state_of
from services.api.schemas.fields import Moment, Text
from services.api.schemas.notifications import DeliveryPage, EndpointOut, EndpointPage, SentTestOut
from shared.catalog.documents import Scope, StoredEndpoint
from shared.catalog.notifications.deliveries import BY_TIME, delivery_page, last_delivery
from shared.catalog.notifications.endpoints import endpoint_page, get_endpoint
from shared.catalog.notifications.endpoints import resume as resume_endpoint
from shared.catalog.reading.ordered import Position
from shared.contracts import NoticeRaised
from shared.contracts.source import SOURCE_NAME_PATTERN
from shared.notifications.deliveries import deliveries_of

router = APIRouter(prefix="/v1/notifications", tags=["notifications"], dependencies=[needs(Scope.ADMIN)])

Name = Annotated[Text, Path(description="e.g. radio-site", pattern=SOURCE_NAME_PATTERN)]


class EndpointPosition(NamedTuple):
    """The name of the last endpoint of a page."""

    name: str


class DeliveryPosition(NamedTuple):
    """The last delivery of a page: when it was attempted (null if its document does not say), and its id."""

    at: Moment | None
    delivery_id: str


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep, cursor_: Cursor = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> EndpointPage:
    """List endpoints by name."""
    after = cursor.decode(cursor_, EndpointPosition)
    found = await endpoint_page(backend.catalog, after.name if after is not None else None, limit)
    following = cursor.encode(EndpointPosition(found.last["_id"])) if found.last is not None else None
    return EndpointPage(items=[await _shown(backend, endpoint) for endpoint in found.items], next=following)


@router.get("/{name}", responses=documented(404))
async def read(name: Name, backend: BackendDep) -> EndpointOut:
    """Read one endpoint."""
    return await _shown(backend, await _found(backend, name))


@router.get("/{name}/deliveries", responses=documented(400, 404))
async def deliveries(
    name: Name, backend: BackendDep, cursor_: Cursor = None, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> DeliveryPage:
    """List deliveries to an endpoint, the newest attempt first. They are kept for a month."""
    after = cursor.decode(cursor_, DeliveryPosition)
    await _found(backend, name)
    found = await delivery_page(backend.catalog, name, Position(*after) if after is not None else None, limit)
    last = found.last
    following = cursor.encode(DeliveryPosition(*BY_TIME.position_of(last))) if last is not None else None
    return DeliveryPage(items=[delivery_out(delivery) for delivery in found.items], next=following)


@router.post("/{name}/test", status_code=202, responses=documented(404, 409))
async def send_test(name: Name, backend: BackendDep) -> SentTestOut:
    """Send a test notice to an endpoint. What became of it is in its deliveries, under the `event_id` of the answer."""
    endpoint = await _found(backend, name)
    _refuse_disabled(endpoint)
    if state_of(endpoint) == "paused":
        why = endpoint.get("paused_why", "it failed")
        raise Problem(409, f"{name} is paused: {why}. Resume it, then send the test again.", code="endpoint-paused")
    notice = _test_notice(name, datetime.now(UTC))
    await backend.publisher.publish_many(deliveries_of(notice, [name], "api"))
    return SentTestOut(endpoint=name, event_id=notice.message_id())


@router.post("/{name}/resume", responses=documented(404, 409, 412))
async def resume(name: Name, backend: BackendDep) -> EndpointOut:
    """Tell a paused endpoint of events again. What happened in between is not sent later."""
    endpoint = await _found(backend, name)
    _refuse_disabled(endpoint)
    resumed = await resume_endpoint(backend.catalog, endpoint)
    if resumed is None:
        raise Problem(412, f"{name} has just changed. Read it again, then resume it.")
    return await _shown(backend, resumed)


def _test_notice(name: str, now: datetime) -> NoticeRaised:
    return NoticeRaised(
        key=f"test/{name}/{now.isoformat()}",
        kind="test",
        title="Test of Fonoteca's notifications",
        text=f"The endpoint {name} receives what Fonoteca sends. Somebody asked for this test; there is nothing to do.",
        raised_at=now,
    )


async def _shown(backend: Backend, endpoint: StoredEndpoint) -> EndpointOut:
    return endpoint_out(endpoint, await last_delivery(backend.catalog, endpoint["_id"]))


async def _found(backend: Backend, name: str) -> StoredEndpoint:
    endpoint = await get_endpoint(backend.catalog, name)
    if endpoint is None:
        raise Problem(
            404,
            f"There is no endpoint {name!r}. Check its name, or add it to the file of endpoints.",
            code="no-such-endpoint",
            see="/v1/notifications",
        )
    return endpoint


def _refuse_disabled(endpoint: StoredEndpoint) -> None:
    """Raise a Problem (409) for an endpoint that its file disables: only a change of the file enables it."""
    if not endpoint["enabled"]:
        raise Problem(
            409,
            f"{endpoint['_id']} is disabled in the file of endpoints. Set `enabled: true` there, and restart the "
            "notify service.",
            code="endpoint-disabled",
        )
