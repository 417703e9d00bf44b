"""Harmful submissions that a submit key may send: one of each kind, repeatedly."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from dev.site.client import add_playlist, break_page
from dev.stack import Stack

Body = dict[str, Any]
#: Prepares the site for a submission, and returns the submission. The number distinguishes them.
Make = Callable[[Stack, int], Body]

LOSSLESS = ["flac", "wav", "wav-16k-mono", "wav-48k-stereo", "flac-48k", "flac-16k-mono", "wav-44.1k", "original"]
#: Troubles of single videos: those that occupy a slot, break off, or lie about themselves.
TROUBLES = ("stalled", "throttled", "cut-off", "cut-short", "damaged", "server-error", "odd", "no-formats", "drm")


def hostile(stack: Stack) -> Iterator[Body]:
    """Yield submissions without end, each kind in turn."""
    for number in itertools.count():
        yield _KINDS[number % len(_KINDS)](stack, number)


def _url(id_: str) -> str:
    return f"https://www.youtube.com/watch?v={id_}"


def _fixed(**body: Any) -> Make:
    return lambda _, __: body


def _listed(id_: str, **video: Any) -> Make:
    """Return a list of three videos with the given fields."""

    def make(stack: Stack, number: int) -> Body:
        videos = [
            {"id": f"{id_[:4]}{number:04}{n:03}", "title": "x", "seconds": 5, "codecs": ["opus"], **video}
            for n in range(3)
        ]
        return {"url": add_playlist(stack.exports, f"PL{id_}{number:06}", videos)}

    return make


def _broken(how: str) -> Make:
    """Return a list whose second page is always broken."""

    def make(stack: Stack, number: int) -> Body:
        id_ = f"PLbroken{how.replace('-', '')}{number:06}"
        videos = [{"id": f"brok{number:04}{n:03}", "title": "x", "trouble": "removed"} for n in range(120)]
        url = add_playlist(stack.exports, id_, videos)
        break_page(stack.exports, id_, 2, how, times=1000)
        return {"url": url}

    return make


def _lossless(stack: Stack, number: int) -> Body:
    return {**_listed("lossless", seconds=60)(stack, number), "profiles": LOSSLESS}


_KINDS: tuple[Make, ...] = (
    # Ids that spell words which decide elsewhere; none is a video.
    _fixed(url=_url("captcha1234")),
    _fixed(url=_url("ccDrMbbbbbb")),
    _fixed(url="https://www.youtube.com/@captcha"),
    _fixed(url="https://www.youtube.com/playlist?list=PLprivateVideo429drm"),
    # The same list repeatedly.
    _fixed(url="https://www.youtube.com/playlist?list=PLagainAndAgain1"),
    _fixed(url="https://youtube.com/playlist?list=PLagainAndAgain1&index=3"),
    # Hosts that must not be contacted.
    _fixed(url="http://127.0.0.1:9000/list"),
    _fixed(url="http://[64:ff9b:1::a9fe:a9fe]/latest/meta-data"),
    _fixed(url="http://[::ffff:0:a00:1]/"),
    _fixed(url="https://metadata.google.internal/x"),
    # Other sites, which no scraper is configured to contact.
    _fixed(url="https://media.example.org/answers-429.mp3"),
    # Oversized numbers and texts.
    _fixed(url=_url("limit000000"), limit=10**30),
    _fixed(url="https://www.youtube.com/playlist?list=PL" + "a" * 60_000),
    _fixed(url=_url("priority000"), priority="high"),
    _listed("surrogat", title="\ud800 half a character", description="\udfff"),
    _listed("steering", title="\x1b[2J\x07=cmd|' /C calc'!A0", channel="Private video"),
    _listed("longtext", title="a" * 10**5, description="://" * 10**5),
    _listed("imitator", title="HTTP Error 429: Too Many Requests", channel="Sign in to confirm you're not a bot"),
    # Lists without a proper end.
    *(_broken(how) for how in ("repeated", "nothing", "error", "garbled")),
    # Media that takes long, is incomplete, or fills the disk.
    *(_listed(f"media{place:03}", trouble=trouble) for place, trouble in enumerate(TROUBLES)),
    _lossless,
)
