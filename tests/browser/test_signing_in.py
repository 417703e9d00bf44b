"""Signing in and out, and being out."""

from __future__ import annotations

from playwright.sync_api import expect

from cli.api.client import Client
from tests.browser.archive import Archive
from tests.browser.visitor import Visitor


def test_the_page_asked_for_is_shown_after_signing_in_and_nothing_after_signing_out(
    visitor: Visitor, key: str, archive: Archive
) -> None:
    page = visitor.page
    visitor.go("videos", query="state=stored")
    visitor.sign_in(key)
    expect(page.get_by_role("heading", level=1, name="Videos")).to_be_visible()
    expect(page.get_by_label("State")).to_have_value("stored")
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Videos")).to_be_visible()
    page.get_by_role("button", name="API_KEY").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Key")).to_be_focused()
    page.reload()
    expect(page.get_by_label("Key")).to_be_visible()
    expect(page.locator("#sign-in-error")).to_be_empty()


def test_a_wrong_key_is_told(visitor: Visitor) -> None:
    visitor.go("overview")
    visitor.sign_in("no-such-key-at-all-0000")
    expect(visitor.page.get_by_role("alert")).to_contain_text("This key is not valid")


def test_a_browser_that_keeps_no_session_says_what_to_do(visitor: Visitor, key: str) -> None:
    answer = '{"name": "API_KEY", "scope": "admin", "csrf": "x", "expires_at": "2030-01-01T00:00:00Z"}'
    visitor.go("overview")
    visitor.page.route(
        "**/v1/session",
        lambda route: route.fulfill(status=201, body=answer) if route.request.method == "POST" else route.continue_(),
    )
    visitor.sign_in(key)
    expect(visitor.page.get_by_role("alert")).to_contain_text("API_COOKIE_SECURE=false")


def test_a_revoked_key_is_out_and_its_open_page_too_and_sees_why(
    visitor: Visitor, client: Client, archive: Archive
) -> None:
    made = client.make_key("a visitor", "read", None)
    visitor.provoked = {"status of 401"}
    visitor.open(made["key"], "overview")
    expect(visitor.page.get_by_role("heading", name="Needs a person")).to_be_visible()
    client.revoke(made["id"])
    expect(visitor.page.get_by_role("alert")).to_contain_text("the key was revoked")
    visitor.sign_in(made["key"])
    expect(visitor.page.get_by_role("alert")).to_contain_text("This key is not valid")


def test_a_key_that_may_only_read_sees_no_buttons_it_may_not_use(
    visitor: Visitor, client: Client, archive: Archive
) -> None:
    made = client.make_key("a reader", "read", None)
    page = visitor.page
    visitor.open(made["key"], "playlists")
    expect(page.get_by_role("link", name="Archives du Zou")).to_be_visible()
    expect(page.get_by_role("button", name="Submit")).to_have_count(0)
    for place in (("problems",), ("parked",), ("videos", archive.speech), ("overview",)):
        visitor.go(*place)
        visitor.loaded()
        expect(page.get_by_role("button", name="Retry")).to_have_count(0)
        expect(page.get_by_role("button", name="Drop")).to_have_count(0)
        expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    expect(page.get_by_role("link", name="Keys")).to_have_count(0)


def test_the_chosen_colours_are_remembered(visitor: Visitor, key: str) -> None:
    page = visitor.page
    visitor.open(key, "overview")
    page.get_by_role("button", name="API_KEY").click()
    page.get_by_label("Colours").select_option("dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    visitor.loaded()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
