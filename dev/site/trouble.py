"""What can go wrong with a video of the site."""

from __future__ import annotations

from typing import Literal, cast, get_args

Trouble = Literal[
    "none",
    # The player's refusals.
    "private",
    "removed",
    "terminated",
    "terms",
    "copyright",
    "payment",
    "members",
    "age",
    "country",
    "unavailable",
    "bot-check",
    "captcha",
    "rate-limit",
    "proxy-refused",
    "cookies-dead",
    "no-recording",
    "odd",
    # Other answers of the player without available audio.
    "premiere",
    "live",
    "post-live",
    "drm",
    "no-formats",
    "images-only",
    "no-sound",
    "js-challenge",
    "ip-blocked",
    # Plain failures of the page and the player.
    "player-429",
    "player-503",
    "player-reset",
    "page-429",
    "sorry",
    # Failures of the media.
    "server-error",
    "forbidden",
    "media-404",
    "media-429",
    "reset",
    "cut-off",
    "cut-short",
    "damaged",
    "empty",
    "no-length",
    "other-codec",
    "stalled",
    "throttled",
]
"""What goes wrong with a video. Most names are those of YouTube's own refusals or of plain HTTP failures.

`no-formats` offers formats without addresses, `images-only` nothing but pictures, `no-sound` moving pictures alone,
`js-challenge` addresses with a puzzle that has no solution; `ip-blocked` answers for another video; `sorry` leads to
Google's page for robots. `page-429` refuses the watch page alone, so that yt-dlp gets its answer from the player.
`no-length` answers every range of the media with a 416; `other-codec` serves sound in another codec and container than
the player says, but whole.
`cut-off` breaks the connection in the middle; `cut-short` serves a shortened file whose headers agree with it;
`damaged` overwrites bytes in its middle; `empty` sends none; `stalled` stops sending in the middle and never ends.
"""

TROUBLES: tuple[str, ...] = get_args(Trouble)


def trouble_named(name: object) -> Trouble:
    """Return `name` as a trouble. Raises ValueError if it is not one."""
    if name not in TROUBLES:
        raise ValueError(f"unknown trouble {name!r}; known are {', '.join(TROUBLES)}")
    return cast("Trouble", name)
