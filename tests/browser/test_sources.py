"""Following a source and watching it."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Locator, expect

from cli.api.client import Client
from cli.api.sources import Sources
from cli.errors import CliError
from dev.stack import Stack
from shared.following.definition import SourceDefinition
from tests.browser.archive import MARKUP, Archive
from tests.browser.visitor import Visitor
from tests.e2e.pipeline import eventually
from tests.site import add_playlist_to_site


@pytest.fixture
def sources(client: Client) -> Sources:
    return Sources(client)


@pytest.fixture
def followed(stack: Stack, sources: Sources) -> str:
    """The name of a source that was looked at once. It stays followed: pages that are open ask for it."""
    name = f"s-{uuid.uuid4().hex[:8]}"
    url = add_playlist_to_site(stack, f"PLsources{name}", [{"id": f"{name}-a", "title": "Une", "seconds": 2}])
    sources.add(SourceDefinition(name=name, address=url, every="1d"))
    eventually(lambda: sources.looks(name, 1), "a first look")
    return name


def row(visitor: Visitor, name: str) -> Locator:
    return visitor.page.locator("main .sources tbody tr").filter(has=visitor.page.get_by_role("link", name=name))


def test_a_source_is_followed_in_the_page_and_its_first_look_is_seen(
    visitor: Visitor, key: str, stack: Stack, sources: Sources
) -> None:
    videos = [{"id": f"followme00{n}", "title": f"Émission {n}", "seconds": 2} for n in range(3)]
    url = add_playlist_to_site(stack, "PLbrowserFollow1", videos, title="Émissions suivies")
    page = visitor.page
    visitor.open(key, "sources")
    page.evaluate("window.sameDocument = true")
    form = page.get_by_role("form", name="Follow a source")
    form.get_by_label("Name").fill("followed-here")
    form.get_by_label("Address").fill(url)
    form.get_by_label("Schedule").fill("2d")
    form.get_by_label("First look takes").fill("2")
    form.get_by_role("button", name="Follow").click()
    expect(page.locator(".notice")).to_contain_text("“followed-here” is followed")
    expect(form.get_by_label("Name")).to_have_value("")
    expect(row(visitor, "followed-here")).to_contain_text("Émissions suivies")
    expect(row(visitor, "followed-here")).to_contain_text("2 new")
    definition = sources.one("followed-here")["definition"]
    assert definition == {"name": "followed-here", "address": url, "every": "2d", "first": 2}
    page.get_by_role("link", name="followed-here").click()
    expect(page.get_by_role("heading", level=1, name="followed-here")).to_be_visible()
    expect(page.get_by_text("Every 2 days")).to_be_visible()
    weeks = page.get_by_role("region", name="New entries by week")
    expect(weeks.get_by_text("2 new entries", exact=True)).to_be_visible()
    weeks.get_by_text("As a table").click()
    expect(weeks.locator("tbody tr").last).to_contain_text("2")
    expect(page.get_by_role("region", name="Looks").locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Open the playlist").click()
    expect(page.get_by_role("heading", level=1, name="Émissions suivies")).to_be_visible()
    assert page.evaluate("window.sameDocument") is True
    sources.remove("followed-here")


def test_a_name_that_is_taken_is_told_and_the_form_keeps_what_was_written(
    visitor: Visitor, key: str, followed: str
) -> None:
    visitor.provoked = {"status of 409", "status of 422"}
    page = visitor.page
    visitor.open(key, "sources")
    form = page.get_by_role("form", name="Follow a source")
    form.get_by_label("Name").fill(followed)
    form.get_by_label("Address").fill("PLbrowserTaken1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text=f"“{followed}” is followed already")).to_be_visible()
    expect(form.get_by_label("Address")).to_have_value("PLbrowserTaken1")
    form.get_by_label("Name").fill("another-name")
    form.get_by_label("Schedule").fill("sometimes")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="'sometimes' is no schedule. Write 6h")).to_be_visible()
    expect(form.get_by_label("Name")).to_have_value("another-name")


def test_a_look_now_and_a_full_look_are_made(visitor: Visitor, key: str, followed: str, sources: Sources) -> None:
    page = visitor.page
    visitor.open(key, "sources")
    page.get_by_role("button", name=f"Look at {followed} now").click()
    expect(page.locator(".notice")).to_contain_text(f"A look at “{followed}” is due now")
    eventually(lambda: sources.looks(followed, 1)[0]["look"] >= 2, "the look that was asked for")
    visitor.go("sources", followed)
    looks = page.get_by_role("region", name="Looks").locator("tbody tr")
    expect(looks).to_have_count(2)
    page.get_by_role("button", name="Full look").click()
    expect(looks).to_have_count(3)
    expect(looks.first).to_contain_text("Full list")


def test_a_source_is_paused_and_resumed(visitor: Visitor, key: str, followed: str, sources: Sources) -> None:
    page = visitor.page
    visitor.open(key, "sources")
    page.get_by_role("button", name=f"Pause {followed}").click()
    expect(page.locator(".notice")).to_contain_text(f"“{followed}” is paused")
    expect(row(visitor, followed)).to_contain_text("Paused")
    expect(page.get_by_role("button", name=f"Look at {followed} now")).to_have_count(0)
    assert sources.one(followed)["state"] == "paused"
    visitor.go("sources", followed)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".notice")).to_contain_text(f"“{followed}” is resumed")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert sources.one(followed)["state"] != "paused"


def test_a_definition_is_edited_and_nobodys_change_is_overwritten(
    visitor: Visitor, key: str, followed: str, sources: Sources
) -> None:
    visitor.provoked = {"status of 412", "status of 422"}
    page = visitor.page
    visitor.open(key, "sources")
    visitor.go("sources", followed)
    page.get_by_text("Edit the definition").click()
    form = page.get_by_role("form", name="Edit the definition")
    form.get_by_label("Schedule").fill("6h")
    form.get_by_label("Keeps").fill("200")
    form.get_by_label("Titles must not contain").fill("teaser")
    form.get_by_label("Shortest").fill("60")
    form.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_contain_text("is changed")
    definition = sources.one(followed)["definition"]
    assert (definition["every"], definition["keep"]) == ("6h", "200")
    assert definition["filters"] == {"title_exclude": "teaser", "min_seconds": 60}
    expect(page.get_by_role("region", name="Retention")).to_contain_text("Nothing is deleted next")
    page.get_by_text("Edit the definition").click()
    form.get_by_label("Keeps").fill("5")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("recordings are kept")
    form.get_by_label("Keeps").fill("")
    form.get_by_label("Shortest").fill("")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Retention")).to_have_count(0)
    assert "keep" not in sources.one(followed)["definition"]


def test_remove_asks_first_and_leaves_the_playlist(
    visitor: Visitor, key: str, followed: str, sources: Sources, client: Client
) -> None:
    page = visitor.page
    playlist = sources.one(followed)["playlist_id"]
    visitor.open(key, "sources", followed)
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert sources.one(followed)["name"] == followed
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("button", name="Remove the source").click()
    expect(page.locator(".notice")).to_contain_text(f"“{followed}” is not followed any more")
    expect(page.get_by_role("heading", level=1, name="Sources")).to_be_visible()
    expect(row(visitor, followed)).to_have_count(0)
    with pytest.raises(CliError, match="There is no followed source"):
        sources.one(followed)
    assert client.playlist(playlist)["id"] == playlist


def test_two_addresses_of_one_list_are_told(visitor: Visitor, key: str, followed: str, sources: Sources) -> None:
    url = sources.one(followed)["url"]
    sources.add(SourceDefinition(name="same-list-too", address=url, every="1d"))
    visitor.open(key, "sources")
    expect(row(visitor, "same-list-too")).to_contain_text(f"Same list as {followed}")
    row(visitor, "same-list-too").get_by_role("link", name=followed).click()
    expect(visitor.page.get_by_role("heading", level=1, name=followed)).to_be_visible()
    sources.remove("same-list-too")


def test_a_failed_look_says_why(visitor: Visitor, key: str, archive: Archive, sources: Sources) -> None:
    page = visitor.page
    visitor.open(key, "sources")
    expect(row(visitor, archive.failing_source)).to_contain_text("No such playlist")
    visitor.go("sources", archive.failing_source)
    expect(page.get_by_text("The last look failed")).to_contain_text("No such playlist")
    failed = sources.looks(archive.failing_source, 1)[0]
    expect(page.get_by_role("region", name="Looks")).to_contain_text(failed["failure"]["detail"])
    expect(page.get_by_role("region", name="New entries by week")).to_contain_text("failed look")


def test_a_title_with_markup_stays_text(visitor: Visitor, key: str, archive: Archive) -> None:
    page = visitor.page
    visitor.open(key, "sources")
    expect(row(visitor, archive.source).get_by_text(MARKUP, exact=True)).to_be_visible()
    visitor.go("sources", archive.source)
    expect(page.locator("dl.facts").get_by_text(MARKUP, exact=True)).to_be_visible()
    assert page.locator("main img").count() == 0
    assert "harmed" not in page.title()


def test_a_key_that_may_only_read_sees_no_buttons(visitor: Visitor, client: Client, archive: Archive) -> None:
    made = client.make_key("a reader of sources", "read", None)
    page = visitor.page
    visitor.open(made["key"], "sources")
    expect(row(visitor, archive.source)).to_be_visible()
    assert page.locator("main button").count() == 0
    visitor.go("sources", archive.source)
    expect(page.get_by_role("region", name="Looks").locator("tbody tr")).not_to_have_count(0)
    assert page.locator("main button").count() == 0


def test_where_nothing_is_followed_the_page_says_what_a_followed_source_is(
    visitor: Visitor, key: str, client: Client
) -> None:
    page = visitor.page
    page.route("**/v1/sources?*", lambda route: route.fulfill(json={"items": [], "next": None}))
    visitor.open(key, "sources")
    expect(page.locator(".empty")).to_contain_text("A followed source is a channel, playlist or feed")
    expect(page.locator(".empty")).to_contain_text("Enter a name and an address above")
