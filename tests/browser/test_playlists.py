"""Submitting a playlist and watching it."""

from __future__ import annotations

from playwright.sync_api import expect

from cli.api.client import Client
from dev.stack import Stack
from tests.browser.archive import Archive
from tests.browser.visitor import Visitor
from tests.e2e.pipeline import when_ended
from tests.site import add_playlist_to_site


def test_a_playlist_is_submitted_in_the_page_and_seen_to_finish_without_a_reload(
    visitor: Visitor, key: str, stack: Stack
) -> None:
    videos = [{"id": f"livelive00{n}", "title": f"En direct {n}", "seconds": 20 + n, "take": n} for n in range(4)]
    url = add_playlist_to_site(stack, "PLbrowserLive1", videos, title="Vu en direct")
    page = visitor.page
    visitor.open(key, "playlists")
    page.evaluate("window.sameDocument = true")
    page.get_by_label("Address of a playlist").fill(url)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".notice")).to_contain_text("Submitted")
    page.get_by_role("link", name="Vu en direct").click()
    expect(page.get_by_role("heading", level=1, name="Vu en direct")).to_be_visible()
    progress = page.get_by_role("region", name="Progress")
    expect(progress).to_contain_text("4 of 4 videos stored")
    expect(progress).to_contain_text("4 mirrored")
    expect(page.get_by_role("region", name="Videos").get_by_text("Stored")).to_have_count(4)
    assert page.evaluate("window.sameDocument") is True


def test_an_address_that_is_not_taken_is_told_beside_the_field_and_stays_in_it(visitor: Visitor, key: str) -> None:
    visitor.provoked = {"status of 400"}
    visitor.open(key, "playlists")
    field = visitor.page.get_by_label("Address of a playlist")
    field.fill("ftp://example.org/x")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("alert").filter(has_text="only http and https")).to_be_visible()
    expect(field).to_have_value("ftp://example.org/x")


def test_options_go_with_the_submission(visitor: Visitor, key: str, stack: Stack, client: Client) -> None:
    videos = [{"id": f"options000{n}", "title": f"Option {n}", "seconds": 5} for n in range(3)]
    url = add_playlist_to_site(stack, "PLbrowserOpt01", videos, title="Avec options")
    page = visitor.page
    visitor.open(key, "playlists")
    page.get_by_label("Address of a playlist").fill(url)
    page.get_by_text("Options").click()
    page.get_by_label("Profiles").fill("mp3-320, wav-16k-mono")
    page.get_by_label("Limit").fill("2")
    page.get_by_label("Priority").select_option("high")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("link", name="Avec options")).to_be_visible()
    submitted = client.playlist("youtube:PLbrowserOpt01")
    assert (submitted["profiles"], submitted["limit"], submitted["priority"]) == (
        ["mp3-320", "wav-16k-mono"],
        2,
        "high",
    )


def test_a_refused_playlist_is_found_from_the_overview(visitor: Visitor, key: str, archive: Archive) -> None:
    page = visitor.page
    visitor.open(key, "overview")
    page.get_by_role("region", name="Needs a person").get_by_role(
        "link", name="playlists that cannot be listed"
    ).click()
    expect(page.get_by_label("State")).to_have_value("refused")
    expect(page.get_by_role("table").get_by_text(archive.refused_playlist.removeprefix("youtube:"))).to_be_visible()


def test_delete_asks_first_and_leaves_what_is_stored(visitor: Visitor, key: str, stack: Stack, client: Client) -> None:
    url = add_playlist_to_site(stack, "PLbrowserEnd01", [{"id": "endplaylst1", "title": "Gardée"}], title="À supprimer")
    when_ended(client, client.submit(url)["id"], videos=1)
    page = visitor.page
    visitor.open(key, "playlists", "youtube:PLbrowserEnd01")
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert client.playlist("youtube:PLbrowserEnd01")["state"] == "expanded"
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete the playlist").click()
    expect(page.locator(".notice")).to_contain_text("Deleted. Its stored recordings stay.")
    expect(page.get_by_role("heading", level=1, name="Playlists")).to_be_visible()
    expect(page.get_by_role("link", name="À supprimer")).to_have_count(0)
    assert client.video("youtube:endplaylst1")["state"] == "stored"


def test_a_playlist_is_abandoned(visitor: Visitor, key: str, stack: Stack, client: Client) -> None:
    url = add_playlist_to_site(stack, "PLbrowserEnd02", [{"id": "endplaylst2", "title": "Une"}], title="À abandonner")
    when_ended(client, client.submit(url)["id"], videos=1)
    page = visitor.page
    visitor.open(key, "playlists", "youtube:PLbrowserEnd02")
    page.get_by_role("button", name="Abandon…").click()
    page.get_by_role("button", name="Abandon the playlist").click()
    expect(page.locator(".notice")).to_contain_text("Abandoned")
    expect(page.get_by_text("Abandoned by a person").first).to_be_visible()
    expect(page.get_by_role("button", name="Abandon…")).to_have_count(0)
