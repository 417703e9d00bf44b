"""Chooses one of the offered formats: the best audio in the wanted language. Pure functions.

Sources also offer dubbed tracks, often made by a machine, and a dub would corrupt a speech corpus. yt-dlp ranks tracks
by `language_preference`: 10 for a track that the source calls original, 5 for the one that it would play, -10 for an
audio description, -1 for any other. The only track of a video also gets -1; its language comes from automatic captions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: The value of the setting that means the original track, whatever its language.
ORIGINAL = "original"
_CALLED_ORIGINAL = 10
_DESCRIBES = -10

Format = dict[str, Any]


def choose(formats: Sequence[Format], language: str) -> Format | None:
    """Return the best format of the wanted track, from formats sorted from worst to best; None if no track fits.

    `language`: "original", or a code such as "en", which also takes "en-US".
    """
    with_sound = [f for f in formats if f.get("acodec") != "none" and not f.get("has_drm")]
    track = _original(with_sound) if language == ORIGINAL else [f for f in with_sound if _speaks(f, language)]
    sound_alone = [f for f in track if f.get("vcodec") == "none"]
    taken = sound_alone or track
    return taken[-1] if taken else None


def _original(formats: list[Format]) -> list[Format]:
    if called := [f for f in formats if _preference(f) >= _CALLED_ORIGINAL]:
        return called
    if untagged := [f for f in formats if not f.get("language")]:
        return untagged
    spoken = [f for f in formats if _preference(f) > _DESCRIBES]
    # If none of several tracks is called original, the one that the source would play may be a dub for our country.
    return spoken if len({f["language"] for f in spoken}) == 1 else []


def _preference(offered: Format) -> float:
    found = offered.get("language_preference")
    return -1 if found is None else float(found)


def _speaks(offered: Format, language: str) -> bool:
    spoken = str(offered.get("language") or "").lower()
    described = spoken.endswith("-desc")
    return not described and (spoken == language.lower() or spoken.startswith(f"{language.lower()}-"))
