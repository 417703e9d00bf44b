"""Filters on the running system: left out by the list or by the video's page, recorded, and taken when they change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cli.api.client import Client
from dev.stack import Stack
from tests.e2e.pipeline import eventually, when_ended
from tests.site import requests_of

LIST = "PLfiltered001"
PLAYLIST = f"youtube:{LIST}"
VIDEOS: list[dict[str, Any]] = [
    {"id": "filterd-001", "title": "Journal of Monday", "seconds": 2, "licence": "Creative Commons Attribution"},
    {"id": "filterd-002", "title": "Teaser for Tuesday", "seconds": 2, "licence": "Creative Commons Attribution"},
    {"id": "filterd-003", "title": "Journal of Wednesday", "seconds": 4, "licence": "Creative Commons Attribution"},
    {"id": "filterd-004", "title": "Journal of Thursday", "seconds": 2, "upload_date": "2024-05-01"},
]
RULES = {"title_exclude": "teaser", "max_seconds": 3, "licences": ["creative commons"]}


def state(client: Client) -> dict[str, tuple[str, str | None, str | None]]:
    """Video → its state, and the reason and the rule of its failure."""
    return {
        v["id"].removeprefix("youtube:"): (
            v["state"],
            v["failure"] and v["failure"]["reason"],
            v["failure"] and v["failure"]["detail"].partition(":")[0],
        )
        for v in client.videos(playlist=PLAYLIST)
    }


def test_what_filters_leave_out_is_taken_when_they_change(
    stack: Stack, client: Client, add_to_site: Callable[..., str]
) -> None:
    url = add_to_site(LIST, VIDEOS)
    client.submit(url, {"filters": RULES})
    when_ended(client, PLAYLIST, videos=4)
    assert state(client) == {
        "filterd-001": ("stored", None, None),
        "filterd-002": ("abandoned", "filtered", "title_exclude"),
        "filterd-003": ("abandoned", "filtered", "max_seconds"),
        # Only its page names the licence.
        "filterd-004": ("abandoned", "filtered", "licences"),
    }
    assert client.playlist(PLAYLIST)["filters"] == RULES
    asked = {video["id"]: requests_of(stack, "page", video["id"]) for video in VIDEOS}
    assert (asked["filterd-002"], asked["filterd-003"], asked["filterd-004"]) == (0, 0, 1)

    # The same rules again ask for nothing again.
    client.submit(url, {"filters": RULES})
    eventually(lambda: listed(client), "the second listing")
    assert {video["id"]: requests_of(stack, "page", video["id"]) for video in VIDEOS} == asked

    client.submit(url, {"filters": {**RULES, "max_seconds": 10}})
    eventually(lambda: state(client)["filterd-003"][0] == "stored" or None, "the video that was too long")
    assert state(client)["filterd-002"][0] == state(client)["filterd-004"][0] == "abandoned"

    client.submit(url)
    eventually(lambda: all(s == "stored" for s, _, _ in state(client).values()) or None, "all, without filters")


def test_a_person_takes_what_a_filter_leaves_out(client: Client, add_to_site: Callable[..., str]) -> None:
    video = {"id": "filterd-011", "title": "A teaser", "seconds": 2}
    url = add_to_site("PLfiltered011", [video])
    client.submit(url, {"filters": {"title_include": "journal", "licences": ["creative commons"]}})
    when_ended(client, "youtube:PLfiltered011", videos=1)
    [found] = client.videos(playlist="youtube:PLfiltered011")
    assert found["failure"]["reason"] == "filtered"
    client.decide({"action": "retry", "video": "youtube:filterd-011"})
    eventually(lambda: client.video("youtube:filterd-011")["state"] == "stored" or None, "the video a person asked for")


def listed(client: Client) -> bool:
    return bool(client.playlist(PLAYLIST)["state"] == "expanded")
