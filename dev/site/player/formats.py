"""The formats in a player's answer, with the addresses of their media. Pure functions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dev.site.library import SiteVideo
from dev.site.media.media import BITRATES, ITAGS, MIME_TYPES
from dev.site.player.advertisement import over_at
from dev.site.player.challenge import challenge
from dev.site.trouble import Trouble

#: The host of the media; any host under googlevideo.com would do.
MEDIA_HOST = "rr1---sn-local.googlevideo.com"
#: The address at which the site says that it sees its clients: YouTube writes it into each address of media.
CLIENT_ADDRESS = "203.0.113.77"

Json = dict[str, Any]


def formats(video: SiteVideo, trouble: Trouble, now: float) -> list[Json]:
    """Return the formats at a Unix time.

    Their addresses name the trouble and the end of the advertisement, so that both apply whenever they are used.
    """
    spoken = video.language or "und"
    languages = [*video.dubs, *([spoken] if video.original_offered else [])]
    return [
        {
            "itag": ITAGS[codec],
            "url": video.media_url or _address(video, codec, language, trouble, now),
            **(_track(video, language, number) if video.dubs else {}),
            "mimeType": MIME_TYPES[codec],
            "bitrate": BITRATES[codec] * 1000,
            "approxDurationMs": str(round(video.seconds * 1000)),
            "audioQuality": "AUDIO_QUALITY_MEDIUM",
            "audioSampleRate": str(48_000 if codec == "opus" else video.sample_rate),
            "audioChannels": 2,
        }
        for codec in video.codecs
        for number, language in enumerate(languages)
    ]


def _address(video: SiteVideo, codec: str, language: str, trouble: Trouble, now: float) -> str:
    query = {"v": video.id, "codec": codec, "language": language, "trouble": trouble, "from": over_at(video, now)}
    query["ip"] = CLIENT_ADDRESS
    if video.challenge:
        query["n"] = challenge(video.id, codec, language)
    return f"https://{MEDIA_HOST}/videoplayback?{urlencode(query)}"


def _track(video: SiteVideo, language: str, number: int) -> Json:
    """Return the part of a format about its sound track, where there are several."""
    called = " original" if language not in video.dubs and video.original_named else ""
    track = {"id": f"{language}.{number}", "displayName": f"{language}{called}", "audioIsDefault": number == 0}
    return {"audioTrack": track}
