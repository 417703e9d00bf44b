"""The demo's playlist on the local site: good and bad videos, as in a real one, and how each of them must end."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

PLAYLIST_ID = "PLfonotecaDemo01"
#: Seconds until the near premiere begins: usually after its first attempt, and soon enough to wait for.
NEAR_PREMIERE_SECONDS = 20


class DemoVideo(NamedTuple):
    """A video as the site's control port expects it, and the state it must end in."""

    site: dict[str, Any]
    ends: str
    #: The expected reason, if it is not stored at once.
    reason: str | None = None
    #: The expected number of attempts, where it is certain.
    attempts: int | None = None


def demo_videos() -> list[DemoVideo]:
    """Return seventeen videos: twelve that are available, some on the second attempt; five that are not."""
    now = time.time()
    family = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    return [
        DemoVideo(_video("fon-speech1", "Fongbè: gbe tɔn e nyí xó", seconds=31, licence=_CC), "stored", attempts=1),
        DemoVideo(_video("fon-speech2", "Conte du soir, 2e partie", seconds=62, take=1), "stored", attempts=1),
        DemoVideo(
            _video("fon-music-1", "Agbadja / live: <Ouidah> & co.", sound="music", seconds=45), "stored", attempts=1
        ),
        DemoVideo(_video("emoji-title", f'{family} 100 % "fun" 🎧', sound="music", seconds=12, take=2), "stored"),
        DemoVideo(_video("longtitle01", "ɖɔ̀ " * 33, seconds=8), "stored"),
        DemoVideo(_video("dots-title1", "..", seconds=6, sound="music", take=3), "stored"),
        DemoVideo(_video("-dash-first", "../../etc/passwd", seconds=7, take=2), "stored"),
        DemoVideo(_video("m4a-22050hz", "Old cassette", seconds=15, codecs=["m4a"], sample_rate=22_050), "stored"),
        DemoVideo(_video("slow-server", "A slow server", seconds=20, take=3, bytes_per_second=150_000), "stored"),
        DemoVideo(
            _video("flaky-503-1", "Flaky: 503 on the first try", seconds=9, trouble="server-error", trouble_tries=1),
            "stored",
            attempts=2,
        ),
        DemoVideo(
            _video("cut-off-onc", "Connection breaks on the first try", seconds=60, trouble="cut-off", trouble_tries=1),
            "stored",
        ),
        DemoVideo(
            _video(
                "prem-soon01",
                "A premiere in a moment",
                seconds=10,
                trouble="premiere",
                premieres_at=now + NEAR_PREMIERE_SECONDS,
            ),
            # On a busy machine its first attempt may come after its start.
            "stored",
        ),
        DemoVideo(_video("private-vid", "Private", trouble="private"), "waiting", "private"),
        DemoVideo(_video("removed-vid", "Removed", trouble="removed"), "abandoned", "removed"),
        DemoVideo(
            _video("cut-short-1", "Always cut short", seconds=30, trouble="cut-short"), "abandoned", "broken-at-source"
        ),
        DemoVideo(
            _video("prem-later1", "A premiere tonight", trouble="premiere", premieres_at=now + 7200),
            "waiting",
            "not-yet",
        ),
        DemoVideo(
            _video("bot-check-1", "Asks for a sign-in once", seconds=11, trouble="bot-check", trouble_tries=1), "stored"
        ),
    ]


_CC = "Creative Commons Attribution license (reuse allowed)"


def _video(id_: str, title: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "title": title, "channel": "Radio Fonoteca", **more}
