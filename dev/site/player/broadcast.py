"""The player's answers for a live event: while it lasts, until its recording is ready, and afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dev.site.library import SiteVideo
from dev.site.trouble import Trouble

MANIFEST_HOST = "manifest.googlevideo.com"
#: The playlist of a stream that has begun and has no end.
LIVE_MANIFEST = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-STREAM-INF:BANDWIDTH=290288,CODECS="mp4a.40.5,avc1.4d400c",RESOLUTION=256x144,FRAME-RATE=30
https://manifest.googlevideo.com/api/manifest/hls_playlist/itag/91/playlist/index.m3u8
"""
#: Seconds of a piece of a live stream.
PIECE_SECONDS = 5

Json = dict[str, Any]


def live(answer: Json, video: SiteVideo, _: list[Json]) -> None:
    """Add the stream of a running event to the player's `answer`."""
    answer["videoDetails"] |= {"isLive": True, "isLiveContent": True}
    address = f"https://{MANIFEST_HOST}/api/manifest/hls_variant/id/{video.id}/file/index.m3u8"
    answer["streamingData"] = {"hlsManifestUrl": address}


def post_live(answer: Json, _: SiteVideo, offered: list[Json]) -> None:
    """Add the pieces of an event that is over, but not its recording, to the player's `answer`."""
    answer["videoDetails"] |= {"isPostLiveDvr": True, "isLiveContent": True}
    pieces = [form | {"targetDurationSec": PIECE_SECONDS} for form in offered]
    answer["streamingData"] = {"adaptiveFormats": pieces}


def times(video: SiteVideo, trouble: Trouble) -> Json:
    """Return the times of a live event for the answer's `playerMicroformatRenderer`; empty for other videos."""
    if not video.live_until:
        return {}
    began, ends = (_iso(at) for at in (video.live_until - video.seconds, video.live_until))
    if trouble == "live":
        return {"liveBroadcastDetails": {"isLiveNow": True, "startTimestamp": began}}
    return {"liveBroadcastDetails": {"isLiveNow": False, "startTimestamp": began, "endTimestamp": ends}}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
