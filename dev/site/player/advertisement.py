"""The advertisement before a video: the media is refused until it is over. Pure functions."""

from __future__ import annotations

from typing import Any

from dev.site.library import SiteVideo

Json = dict[str, Any]


def placements(video: SiteVideo) -> Json:
    """Return the part of a player's answer about the advertisement before the video; empty if there is none."""
    if not video.advertisement_seconds:
        return {}
    shown = {"playerVars": f"ad=1&length_seconds={video.advertisement_seconds}"}
    placement = {
        "config": {"adPlacementConfig": {"kind": "AD_PLACEMENT_KIND_START"}},
        "renderer": {"instreamVideoAdRenderer": shown},
    }
    return {"adPlacements": [{"adPlacementRenderer": placement}]}


def over_at(video: SiteVideo, now: float) -> float:
    """Return the Unix time from which media is served at addresses handed out at `now`; 0: always."""
    return now + video.advertisement_seconds if video.advertisement_seconds else 0
