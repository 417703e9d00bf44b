"""The demo's followed channel: it publishes two broadcasts while the demo runs, and both must arrive."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from cli.api.client import Client
from cli.api.sources import Sources
from cli.display.formatting import length
from dev.checks.archive_check import check_video
from dev.demo.receiver import DemoReceiver
from dev.processes.program import ProgramFailed
from dev.site.client import add_playlist
from dev.stack import Stack
from shared.following.definition import SourceDefinition

NAME, LIST_ID = "demo-radio", "PLfonotecaRadio1"
#: Entries of the list before the demo: the first look takes the newest one alone.
BEFORE, PUBLISHED = 30, 2
#: Unix time of the first broadcast; one an hour follows.
_FIRST_AT = 1_770_000_000


class DemoChannel:
    """A channel of the local site."""

    def __init__(self, exports: Mapping[str, str], client: Client) -> None:
        self._exports = exports
        self._client = client
        self._sources = Sources(client)

    def follow(self) -> str:
        """Follow the channel. Returns its address."""
        url = self._broadcast(BEFORE)
        self._sources.add(SourceDefinition(name=NAME, address=url, every="1h", first=1))
        return url

    def publish(self, died: Callable[[], str | None], seconds: float) -> None:
        """Publish broadcasts once the channel was looked at, and look again: no demo lasts an hour.

        Raises ProgramFailed if a program ends or there is no look within `seconds`.
        """
        _until(lambda: bool(self.looks()), died, seconds, "the channel was not looked at")
        self._broadcast(BEFORE + PUBLISHED)
        self._sources.check(NAME, full=False)

    def wait(self, died: Callable[[], str | None], seconds: float) -> list[dict[str, Any]]:
        """Wait until the newest one and the published ones are stored and mirrored. Returns all videos of the channel.

        Raises ProgramFailed if a program ends or they do not arrive within `seconds`.
        """
        videos: list[dict[str, Any]] = []

        def arrived() -> bool:
            videos[:] = self._client.videos(playlist=f"youtube:{LIST_ID}")
            return len(videos) == 1 + PUBLISHED and all(v["state"] == "stored" and v["mirror"] for v in videos)

        _until(arrived, died, seconds, "the channel's broadcasts did not arrive")
        return videos

    def looks(self) -> list[dict[str, Any]]:
        """Return the looks at it, the newest first."""
        return self._sources.looks(NAME, 10)

    def _broadcast(self, number: int) -> str:
        videos = [
            {
                "id": f"radio-{n:05}",
                "title": f"Journal {n}",
                "channel": "Radio Fonoteca",
                "seconds": 6,
                "take": n % 4,
                "published_at": _FIRST_AT + 3600 * n,
            }
            for n in reversed(range(number))
        ]
        return add_playlist(self._exports, LIST_ID, videos, title="Radio Fonoteca")


def _until(done: Callable[[], bool], died: Callable[[], str | None], seconds: float, otherwise: str) -> None:
    end = time.monotonic() + seconds
    while not done():
        if (story := died()) is not None:
            raise ProgramFailed(story)
        if time.monotonic() > end:
            raise ProgramFailed(f"{otherwise} within {seconds:g} s. Look at the logs")
        time.sleep(0.5)


def show_channel(channel: DemoChannel, stack: Stack, seconds: float) -> dict[str, str]:
    """Let the followed channel publish, and print what arrived. Returns video id → what is wrong with it.

    Raises ProgramFailed if it does not arrive within `seconds`.
    """
    channel.publish(stack.died, seconds)
    videos = channel.wait(stack.died, seconds)
    checks = {video["id"]: check_video(video, stack.exports) for video in videos}
    look = channel.looks()[0]
    print(f"\nThe followed channel published {PUBLISHED} broadcasts; a look at its {look['rung']} found {look['new']}:")
    for video in videos:
        print(f"  {video['title']}: stored and mirrored, {length(checks[video['id']].seconds)}")
    return {id_: "; ".join(checked.problems) for id_, checked in checks.items() if checked.problems}


def show_received(receiver: DemoReceiver, channel: DemoChannel, stack: Stack, seconds: float) -> dict[str, str]:
    """Print what the receiver was told of the channel's recordings. Returns what is wrong.

    Raises ProgramFailed if a webhook and a notification about each do not arrive within `seconds`.
    """
    ids = {video["id"] for video in channel.wait(stack.died, seconds)}

    def told() -> bool:
        return receiver.webhooks_about(ids) == len(ids) and receiver.notices_of(NAME) >= len(ids)

    _until(told, stack.died, seconds, "the receiver was not told of the broadcasts")
    webhooks, notices = receiver.webhooks_about(ids), receiver.notices_of(NAME)
    print(f"A receiver here was told of each: {webhooks} webhooks, signatures checked, and {notices} notifications.")
    return {"webhooks": f"{receiver.forged} came with a wrong signature"} if receiver.forged else {}
