"""Endpoints on the dashboard: their states and deliveries, a test, and a resumption."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, expect

from cli.api.client import Client
from cli.api.notifications import Notifications
from dev.stack import Stack
from tests import endpoints
from tests.browser.archive import Archive
from tests.browser.visitor import Visitor
from tests.endpoints import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def endpoint(stack: Stack, receiver: Receiver) -> Iterator[str]:
    """The name of an endpoint that is told of tests alone."""
    name = f"e-{uuid.uuid4().hex[:8]}"
    endpoints.put(stack.exports, {"endpoints": [endpoints.endpoint(name, receiver.url, endpoints.OF_NOTHING)]})
    yield name
    endpoints.remove(stack.exports, name)


@pytest.fixture
def notifications(client: Client) -> Notifications:
    return Notifications(client)


def row(visitor: Visitor, name: str) -> Locator:
    return visitor.page.locator("main .endpoints tbody tr").filter(has=visitor.page.get_by_role("link", name=name))


def deliveries(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("region", name="Deliveries").locator("tbody tr")


def test_endpoints_are_shown_with_their_states(visitor: Visitor, key: str, archive: Archive) -> None:
    page = visitor.page
    visitor.open(key, "notifications")
    paused = row(visitor, archive.paused_endpoint)
    expect(paused).to_contain_text("Webhook")
    expect(paused).to_contain_text("Paused")
    expect(paused).to_contain_text("Failed, 2 days ago")
    people = row(visitor, "chat-")
    expect(people).to_contain_text("Failing source, Somebody is needed, Summary")
    expect(people).to_contain_text("Disabled")
    expect(people.get_by_role("button")).to_have_count(0)
    notices = page.get_by_role("region", name="Open notices")
    expect(notices).to_contain_text(f"{archive.failing_source} fails")
    notices.get_by_role("link", name=archive.failing_source).first.click()
    expect(page.get_by_role("heading", level=1, name=archive.failing_source)).to_be_visible()


def test_its_page_shows_the_deliveries_with_their_errors(visitor: Visitor, key: str, archive: Archive) -> None:
    visitor.open(key, "notifications")
    row(visitor, archive.endpoint).get_by_role("link", name=archive.endpoint).click()
    stored = deliveries(visitor).filter(has_text="Recording stored")
    failed = stored.filter(has_text="it answered 503").filter(has_text="Failed")
    expect(failed.get_by_role("cell", name="9", exact=True)).to_be_visible()
    expect(failed.get_by_role("cell", name="503", exact=True)).to_be_visible()
    expect(stored.filter(has_text="To be retried")).to_have_count(1)
    delivered = stored.filter(has_text="Delivered")
    delivered.get_by_role("link", name=archive.speech).click()
    expect(visitor.page.get_by_role("heading", level=1, name="Fongbè")).to_be_visible()


def test_a_test_is_sent_and_its_delivery_seen(visitor: Visitor, key: str, endpoint: str, receiver: Receiver) -> None:
    page = visitor.page
    visitor.open(key, "notifications")
    expect(row(visitor, endpoint)).to_contain_text("none yet")
    page.get_by_role("button", name=f"Send a test to {endpoint}").click()
    expect(page.locator(".notice")).to_contain_text(f"A test is on its way to “{endpoint}”")
    expect(row(visitor, endpoint)).to_contain_text("Delivered")
    visitor.go("notifications", endpoint)
    expect(deliveries(visitor)).to_have_count(1)
    page.get_by_role("button", name="Send a test").click()
    expect(deliveries(visitor)).to_have_count(2)
    expect(deliveries(visitor).first).to_contain_text(f"test/{endpoint}")
    assert [event["data"]["kind"] for event in receiver.events] == ["test", "test"]


def test_a_paused_endpoint_is_resumed(
    visitor: Visitor, key: str, endpoint: str, stack: Stack, notifications: Notifications
) -> None:
    page = visitor.page
    endpoints.change(
        stack.exports, endpoint, paused_at=datetime.now(UTC), paused_why="it answered 410 Gone", failures=1
    )
    visitor.open(key, "notifications", endpoint)
    expect(page.locator(".wrong")).to_contain_text("it answered 410 Gone. What happens meanwhile is not sent later.")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".notice")).to_contain_text(f"“{endpoint}” is resumed")
    expect(page.get_by_role("button", name="Send a test")).to_be_visible()
    assert notifications.one(endpoint)["state"] == "active"


def test_a_refusal_is_told(visitor: Visitor, key: str, endpoint: str, stack: Stack) -> None:
    visitor.provoked = {"status of 409"}
    page = visitor.page
    visitor.open(key, "notifications", endpoint)
    expect(page.get_by_role("button", name="Send a test")).to_be_visible()
    page.route("**/v1/notifications/*", lambda route: route.abort())
    visitor.provoked |= {"ERR_FAILED"}
    endpoints.change(stack.exports, endpoint, paused_at=datetime.now(UTC), paused_why="it answered 410 Gone")
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator(".notice.wrong")).to_contain_text("Resume it, then send the test again.")
    page.unroute("**/v1/notifications/*")


def test_a_key_that_may_only_read_sees_notices_and_no_endpoints(
    visitor: Visitor, client: Client, archive: Archive
) -> None:
    made = client.make_key("a reader of notices", "read", None)
    page = visitor.page
    visitor.open(made["key"], "notifications")
    expect(page.get_by_role("region", name="Open notices")).to_contain_text(archive.failing_source)
    expect(page.get_by_text("Endpoints are for administrators.")).to_be_visible()
    assert page.locator("main button").count() == 0
    visitor.provoked = {"status of 403"}
    visitor.go("notifications", archive.endpoint)
    expect(page.get_by_role("alert")).to_contain_text("scope")


def test_where_there_is_no_endpoint_the_page_says_how_to_add_one(visitor: Visitor, key: str) -> None:
    page = visitor.page
    page.route("**/v1/notifications?*", lambda route: route.fulfill(json={"items": [], "next": None}))
    page.route("**/v1/notices", lambda route: route.fulfill(json={"items": []}))
    visitor.open(key, "notifications")
    expect(page.locator(".empty")).to_contain_text("Add one to the file NOTIFY_ENDPOINTS_FILE")
    expect(page.locator(".empty")).to_contain_text("docs/notifications.md")
    expect(page.get_by_text("Nothing is going on that people are told of.")).to_be_visible()
