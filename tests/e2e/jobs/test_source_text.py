"""Text that some store cannot hold is cleaned where it enters: all is stored, and nothing is parked or listed again."""

from __future__ import annotations

from collections.abc import Callable

from cli.api.client import Client
from dev.checks.archive_check import check_video
from dev.stack import Stack
from tests.e2e.pipeline import playlist_in, when_ended
from tests.site import requests_of

TITLES = {
    "Half of an emoji \ud83d": "Half of an emoji \ufffd",
    "\ude00 the other half": "\ufffd the other half",
    "Both halves \ud83d\ude00": "Both halves \U0001f600",
    "A nought \x00, a notifier \x07, an escape \x1b[31m": "A nought , a notifier , an escape [31m",
    "Two\nlines\tand a tab": "Two lines and a tab",
    "Long " + "ɖɔ̀ " * 3000: None,
}


def test_every_title_is_stored_and_nothing_is_parked(
    stack: Stack, client: Client, add_to_site: Callable[..., str]
) -> None:
    videos = [
        {"id": f"sourcetex{n:02}", "title": title, "channel": f"Radio \udc80 {n}", "description": f"\ud800{title}"}
        for n, title in enumerate(TITLES)
    ]
    parked = len(list(client.parked()))
    url = add_to_site("PLsourcetext1", videos, title="A list \ud83d of \x00 titles")
    client.submit(url)
    stored = when_ended(client, "youtube:PLsourcetext1", videos=len(TITLES))
    assert [(video["id"], video["failure"]) for video in stored if video["state"] != "stored"] == []
    found = {video["id"]: video for video in stored}
    for number, expected in enumerate(TITLES.values()):
        video = found[f"youtube:sourcetex{number:02}"]
        assert expected is None or video["title"] == expected
        assert video["channel"] == f"Radio \ufffd {number}"
        assert video["attempts"] == 1
        assert check_video(video, stack.exports).problems == ()
    assert playlist_in(client, "youtube:PLsourcetext1", "expanded")["title"] == "A list \ufffd of  titles"
    assert len(list(client.parked())) == parked
    assert requests_of(stack, "playlist", "PLsourcetext1") == 1


def test_a_recording_that_is_really_titled_like_a_placeholder_is_fetched(
    stack: Stack, client: Client, add_to_site: Callable[..., str]
) -> None:
    """It has a length and a channel, which no placeholder has."""
    titles = ["[Deleted video]", "[Private video]", "[deleted video]"]
    url = add_to_site("PLrealtitle01", [{"id": f"realtitle{n:02}", "title": t} for n, t in enumerate(titles)])
    client.submit(url)
    stored = when_ended(client, "youtube:PLrealtitle01", videos=3)
    assert [(video["state"], video["attempts"]) for video in stored] == [("stored", 1)] * 3
