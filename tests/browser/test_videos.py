"""Finding videos, and one video."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from urllib.parse import quote

from playwright.sync_api import Locator, expect

from cli.api.client import Client
from dev.stack import Stack
from tests.browser.archive import CHANNEL, LICENCE, MARKUP, Archive
from tests.browser.visitor import Visitor
from tests.e2e.pipeline import eventually, when_ended
from tests.site import add_playlist_to_site


def rows(visitor: Visitor) -> Locator:
    return visitor.page.locator("main tbody tr")


def test_filters_are_kept_in_the_address(
    visitor: Visitor, visit: Callable[[], Visitor], key: str, archive: Archive
) -> None:
    page = visitor.page
    visitor.open(key, "videos", query=f"playlist={quote(archive.playlist)}")
    expect(rows(visitor)).to_have_count(5)
    page.get_by_label("Words of title or channel").fill("lecon")
    expect(rows(visitor)).to_have_count(1)
    expect(rows(visitor)).to_contain_text("Fongbè: leçon un")
    expect(page.get_by_label("Words of title or channel")).to_be_focused()
    again = visit()
    address = page.evaluate("location.hash")
    again.page.goto(f"{again.base}/{address}")
    again.sign_in(key)
    expect(rows(again)).to_have_count(1)
    expect(again.page.get_by_label("Words of title or channel")).to_have_value("lecon")
    page.get_by_label("Words of title or channel").fill("")
    page.get_by_label("State").select_option("stored")
    expect(rows(visitor)).to_have_count(3)
    page.get_by_label("Licence, exactly").fill(LICENCE)
    expect(rows(visitor)).to_have_count(1)
    page.get_by_label("Licence, exactly").fill("unknown")
    expect(rows(visitor)).to_have_count(2)
    page.get_by_label("Licence, exactly").fill("")
    page.get_by_label("State").select_option("")
    page.get_by_label("Reason").fill("private")
    expect(rows(visitor)).to_have_count(1)
    page.get_by_role("link", name="Clear filters").click()
    expect(page.get_by_label("State")).to_have_value("")
    page.get_by_label("Channel, exactly").fill(CHANNEL)
    # Of those that were never fetched nobody knows the channel.
    expect(rows(visitor)).to_have_count(3)


def test_a_long_list_has_more(visitor: Visitor, key: str, stack: Stack, client: Client) -> None:
    # Gone from the beginning, so that nothing is fetched of them.
    videos = [{"id": f"manymany{n:03}", "title": "[Deleted video]", "trouble": "removed"} for n in range(60)]
    playlist = client.submit(add_playlist_to_site(stack, "PLbrowserMany1", videos))["id"]
    when_ended(client, playlist, videos=60)
    visitor.open(key, "videos", query=f"playlist={quote(playlist)}")
    expect(rows(visitor)).to_have_count(50)
    visitor.page.get_by_role("button", name="More").click()
    expect(rows(visitor)).to_have_count(60)
    expect(visitor.page.get_by_role("button", name="More")).to_have_count(0)


def test_a_stored_recording_can_be_heard(visitor: Visitor, key: str, archive: Archive) -> None:
    page = visitor.page
    visitor.open(key, "videos", query="text=lecon")
    page.get_by_role("link", name="Fongbè: leçon un").click()
    audio = page.locator("audio")
    expect(audio).to_be_visible()
    eventually(lambda: audio.evaluate("element => element.readyState > 0"), "sound that says how long it is")
    assert abs(audio.evaluate("element => element.duration") - 12) < 0.2
    audio.evaluate("element => element.play()")
    eventually(lambda: audio.evaluate("element => element.currentTime > 0.5"), "playing")
    # A jump to what was not loaded yet works, since the API gives parts.
    audio.evaluate("element => { element.currentTime = 10; }")
    eventually(lambda: audio.evaluate("element => element.currentTime > 10.3"), "playing from there")


def test_a_stored_recording_can_be_saved(visitor: Visitor, key: str, client: Client, archive: Archive) -> None:
    page = visitor.page
    visitor.open(key, "videos", archive.markup)
    stored = client.video(archive.markup)["audio"]
    for link in (
        page.get_by_role("region", name="Listen").get_by_role("link", name="Download"),
        page.get_by_role("link", name=f"Download {stored['profile']}"),
    ):
        with page.expect_download() as saving:
            link.click()
        saved = saving.value
        # The title is somebody else's, and full of what no file name has.
        assert saved.suggested_filename.startswith("_img src=x onerror=_document.title=`harmed`_")
        assert saved.suggested_filename.endswith("_ & _b_bold__b_.mp3")
        assert hashlib.sha256(saved.path().read_bytes()).hexdigest() == stored["sha256"]


def test_a_playlist_has_addresses_for_players(visitor: Visitor, key: str, archive: Archive) -> None:
    page = visitor.page
    visitor.open(key, "playlists", archive.playlist)
    players = page.get_by_role("region", name="For players")
    feed = players.locator("code").inner_text()
    answer = page.request.get(feed)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/rss+xml; charset=utf-8")
    with page.expect_download() as saving:
        players.get_by_role("link", name="Save").click()
    assert saving.value.path().read_text().startswith("#EXTM3U\n#PLAYLIST:Archives du Zou\n")


def test_an_update_does_not_disturb_who_listens(visitor: Visitor, key: str, archive: Archive) -> None:
    page = visitor.page
    visitor.open(key, "videos", archive.tale)
    page.locator("audio").evaluate("element => { element.marked = true; return element.play(); }")
    with page.expect_response(lambda answer: "/attempts" in answer.url):
        pass
    assert page.locator("audio").evaluate("element => element.marked") is True


def test_a_video_shows_its_history(visitor: Visitor, key: str, archive: Archive) -> None:
    page = visitor.page
    visitor.open(key, "videos", archive.speech)
    history = page.get_by_role("region", name="History")
    for line in ("Accepted", "Stored by attempt 1", "Mirrored"):
        expect(history.get_by_text(line, exact=True)).to_be_visible()
    expect(history).to_contain_text("download")
    expect(page.get_by_role("region", name="Metadata from the source")).to_contain_text(LICENCE)
    visitor.go("videos", archive.private)
    expect(page.get_by_text("A retry is planned.")).to_be_visible()
    expect(page.get_by_role("region", name="History")).to_contain_text("Attempt 1 failed: Private")


def test_a_title_with_markup_stays_text(visitor: Visitor, key: str, archive: Archive) -> None:
    page = visitor.page
    visitor.open(key, "videos", archive.markup)
    expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP)
    visitor.go("videos", query="text=harmed")
    expect(page.get_by_role("link", name=MARKUP)).to_be_visible()
    visitor.go("playlists", archive.playlist)
    expect(page.get_by_role("link", name=MARKUP)).to_be_visible()
    assert page.locator("main img").count() == 0
    assert "harmed" not in page.title()


def test_delete_asks_first_and_then_keeps_its_word(visitor: Visitor, key: str, stack: Stack, client: Client) -> None:
    url = add_playlist_to_site(stack, "PLbrowserDel01", [{"id": "deletedel01", "title": "À effacer", "seconds": 5}])
    when_ended(client, client.submit(url)["id"], videos=1)
    page = visitor.page
    visitor.open(key, "videos", "youtube:deletedel01")
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert client.video("youtube:deletedel01")["state"] == "stored"
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("A person deleted it")).to_be_visible()
    expect(page.locator("audio")).to_have_count(0)
    expect(page.get_by_role("button", name="Delete…")).to_have_count(0)
