"""What is not stored, and what a person does about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from playwright.sync_api import expect

from cli.api.client import Client
from dev.stack import Stack
from tests.browser.archive import Archive, park
from tests.browser.visitor import Visitor
from tests.e2e.pipeline import eventually
from tests.site import add_playlist_to_site


def test_the_private_video_is_found_under_problems(visitor: Visitor, key: str, archive: Archive) -> None:
    page = visitor.page
    visitor.open(key, "overview")
    page.get_by_role("link", name="Problems").click()
    page.get_by_role("link", name="Private", exact=True).click()
    expect(page.get_by_label("Reason")).to_have_value("private")
    page.get_by_role("link", name="Une répétition").click()
    expect(page.get_by_role("heading", level=1, name="Une répétition")).to_be_visible()
    expect(page.locator(".video-header")).to_contain_text("Private")


def test_all_videos_of_one_reason_are_retried_at_once(visitor: Visitor, key: str, stack: Stack, client: Client) -> None:
    # Our tools do not manage them at first, and then do, as after an upgrade.
    videos = [
        {"id": f"upgraded00{n}", "title": f"Énigme {n}", "seconds": 5, "trouble": "images-only", "trouble_tries": 1}
        for n in range(3)
    ]
    playlist = client.submit(add_playlist_to_site(stack, "PLbrowserTool1", videos))["id"]

    def all_wait() -> bool:
        found = list(client.videos("waiting", playlist))
        return len(found) == 3 and all(v["failure"]["reason"] == "js-runtime" for v in found)

    eventually(all_wait, "three videos that our tools do not manage")
    page = visitor.page
    visitor.open(key, "problems", query=f"playlist={quote(playlist)}")
    page.get_by_role("button", name="Retry all: JavaScript runtime").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Retry 3 videos?")
    question.get_by_role("button", name="Retry 3 videos").click()
    expect(page.locator(".notice")).to_contain_text("3 videos queued again")
    eventually(lambda: len(list(client.videos("stored", playlist))) == 3, "three stored videos")
    expect(page.get_by_text("No video failed.")).to_be_visible()


def test_an_egress_that_rests_until_a_person_says_so_is_let_try(
    visitor: Visitor, key: str, stack: Stack, client: Client
) -> None:
    dead = {"id": "deadcookie1", "title": "Cookies", "seconds": 5, "trouble": "cookies-dead", "trouble_tries": 1}
    client.submit(add_playlist_to_site(stack, "PLbrowserDead1", [dead]))

    def resting() -> list[dict[str, Any]]:
        return [b for b in client.breakers() if b["state"] == "open" and b["until"] is None]

    (breaker,) = eventually(resting, "egress that rests")
    page = visitor.page
    visitor.open(key, "overview")
    page.get_by_role("region", name="Needs a person").get_by_role("link", name="until a person resumes").click()
    # Other tests of this stack add egresses and sources to the same panel.
    name = f"{breaker['egress']}/{breaker['kind']}/{breaker['source']}"
    egress = page.get_by_role("region", name="Egress").locator(f'[data-key="{name}"]')
    expect(egress).to_contain_text("Cookies expired")
    egress.get_by_role("button", name="Try").click()
    fine = client.submit(add_playlist_to_site(stack, "PLbrowserFine1", [{"id": "finecookie1", "title": "Bien"}]))
    expect(egress).to_contain_text("Accepts work")
    expect(egress).not_to_contain_text("Rests")
    eventually(lambda: list(client.videos("stored", fine["id"])), "stored video")


def test_a_parked_message_is_read_and_dropped(visitor: Visitor, key: str, stack: Stack, client: Client) -> None:
    body = '{"list": "PL <b>to drop</b>"}'
    park(stack.exports, client, body)
    page = visitor.page
    visitor.open(key, "parked")
    message = page.locator("li.panel").filter(has_text="to drop")
    message.get_by_text("Its body").click()
    expect(message.locator("pre")).to_have_text('{\n  "list": "PL <b>to drop</b>"\n}')
    message.get_by_role("button", name="Drop…").click()
    page.get_by_role("button", name="Drop for good").click()
    expect(page.locator(".notice")).to_contain_text("Dropped.")
    expect(message).to_have_count(0)
    assert [p for p in client.parked() if p["body"] == body] == []


def test_a_key_is_made_shown_once_and_revoked(visitor: Visitor, key: str, client: Client) -> None:
    page = visitor.page
    visitor.open(key, "keys")
    page.get_by_label("Name").fill("made in a browser")
    page.get_by_label("Scope").select_option("submit")
    page.get_by_label("Days").fill("30")
    page.get_by_role("button", name="Create").click()
    secret = page.locator(".secret code").inner_text()
    assert len(secret) > 20
    page.get_by_role("button", name="I have saved it").click()
    expect(page.locator(".secret")).to_have_count(0)
    page.get_by_role("button", name="Revoke made in a browser").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("row", name="made in a browser")).to_contain_text("revoked")
    known = client.keys()
    made = next(k for k in reversed(known) if k["name"] == "made in a browser")
    assert made["scope"] == "submit"
    assert made["revoked_at"] is not None
