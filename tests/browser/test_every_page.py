"""What holds for every page. That none makes a browser complain is seen to by the fixture, for all tests."""

from __future__ import annotations

import pytest
from playwright.sync_api import ViewportSize, expect

from cli.api.client import Client
from dev.stack import Stack
from tests.browser.archive import Archive
from tests.browser.conftest import Visit
from tests.browser.places import LONG_PLACES, PLACES, path_of
from tests.browser.visitor import Visitor
from tests.site import add_playlist_to_site

PHONE: ViewportSize = {"width": 360, "height": 740}
#: Between them the layout changes.
WIDTHS = (320, 360, 600, 780, 1000, 1250, 1366)
#: What makes the page wider than the screen. Not `innerWidth`: a phone zooms out until it covers the page.
BEYOND = """
[document.documentElement].flatMap((root) => root.scrollWidth <= root.clientWidth ? [] :
  [...root.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > root.clientWidth))
  .map((element) => `${element.tagName} ${element.className} ${element.textContent.slice(0, 40)}`)
"""
#: Names of places in the navigation that are cut by their neighbours.
CUT = """
[...document.querySelectorAll("nav a span")]
  .filter((name) => name.getBoundingClientRect().width > name.closest("li").getBoundingClientRect().width)
  .map((name) => name.textContent)
"""
#: Page → a control of it, by role and name; what shows that it was used.
CONTROLS = {
    "overview": ("link", "Stored", "h1:text('Videos')"),
    "playlists": ("link", "Archives du Zou", "h1:text('Archives du Zou')"),
    "playlist": ("link", "Conte du soir: Yogbo", "h1:text('Conte du soir')"),
    "sources": ("link", "radio-zou", "h1:text('radio-zou')"),
    "source": ("button", "Remove…", "dialog[open]"),
    "failing-source": ("button", "Look now", ".notice:has-text('is due now')"),
    "videos": ("link", "Conte du soir: Yogbo", "h1:text('Conte du soir')"),
    "video": ("button", "Copy the SHA-256 of mp3-320", ".notice:has-text('SHA-256')"),
    "waiting": ("button", "Delete…", "dialog[open]"),
    "problems": ("button", "Abandon all: Private", "dialog[open]"),
    "notifications": ("button", "Send a test to radio-site", ".notice:has-text('is on its way')"),
    "endpoint": ("button", "Send a test", ".notice:has-text('is on its way')"),
    "paused-endpoint": ("link", "fermee", "h1:text('fermee')"),
    "people": ("link", "fermee", "h1:text('fermee')"),
    "measurements": ("link", "soir", "select[name=crawl]:has(option[value^='soir'][selected])"),
    "parked": ("button", "Drop…", "dialog[open]"),
    "keys": ("button", "Create", "input[name=name]:invalid:focus"),
    "nowhere": ("link", "Go to the overview", "h1:text('Overview')"),
}


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_no_page_is_wider_than_the_screen(visit: Visit, key: str, archive: Archive, locale: str) -> None:
    visitor = visit(viewport=PHONE, has_touch=True, is_mobile=True, locale=locale)
    page = visitor.page
    visitor.go("overview")
    assert page.evaluate(BEYOND) == []
    visitor.sign_in(key)
    wide = []
    for place in (*PLACES, *LONG_PLACES):
        visitor.go(*path_of(place, archive))
        visitor.loaded()
        page.locator("main details").evaluate_all("all => all.forEach((details) => { details.open = true; })")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 740})
            wide += [(place, width, what) for what in page.evaluate(BEYOND) + page.evaluate(CUT)]
        page.set_viewport_size(PHONE)
    assert wide == [], "\n".join(map(str, wide))


@pytest.mark.parametrize("place", PLACES)
def test_every_page_can_be_used_with_the_keyboard(visitor: Visitor, key: str, archive: Archive, place: str) -> None:
    page = visitor.page
    role, name, effect = CONTROLS[place]
    visitor.open(key, *path_of(place, archive))
    visitor.tab_to(page.locator("main").get_by_role(role, name=name).first)  # type: ignore[arg-type]
    page.keyboard.press("Enter")
    expect(page.locator(effect)).to_be_visible()
    if effect.startswith("dialog"):
        expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_content_can_be_skipped_to_and_pages_are_announced(visitor: Visitor, key: str) -> None:
    page = visitor.page
    visitor.open(key, "overview")
    expect(page.locator("h1")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    visitor.tab_to(page.get_by_role("link", name="Skip to the content"))
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.evaluate("location.hash") == "#/overview"
    page.get_by_role("navigation").get_by_role("link", name="Videos").click()
    expect(page.locator("h1")).to_be_focused()
    expect(page).to_have_title("Videos – Fonoteca")
    expect(page.get_by_role("navigation").locator("[aria-current=page]")).to_have_text("Videos")


def test_an_api_that_is_away_is_told_and_the_page_comes_back_by_itself(visitor: Visitor, key: str) -> None:
    page = visitor.page
    visitor.open(key, "overview")
    page.route("**/v1/**", lambda route: route.fulfill(status=503, body=""))
    visitor.provoked = {"status of 503"}
    page.get_by_role("navigation").get_by_role("link", name="Problems").click()
    expect(page.locator(".away")).to_contain_text("The API does not answer; trying again…")
    page.unroute("**/v1/**")
    expect(page.locator(".away")).to_be_empty()
    expect(page.get_by_text("Videos that are not stored")).to_be_visible()


def test_a_page_goes_on_by_itself_after_the_api_was_restarted(
    visitor: Visitor, key: str, stack: Stack, client: Client
) -> None:
    page = visitor.page
    visitor.provoked = {"ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET"}
    visitor.open(key, "playlists")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    stack.programs["api"].stop()
    expect(page.get_by_text("Reconnecting…")).to_be_visible()
    expect(page.locator(".away")).to_contain_text("The API does not answer; trying again…")
    stack.start_again("api")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.locator(".away")).to_be_empty()
    url = add_playlist_to_site(stack, "PLbrowserBack1", [{"id": "backback001", "title": "De retour"}], title="Retour")
    client.submit(url)
    expect(page.get_by_role("link", name="Retour")).to_be_visible()
