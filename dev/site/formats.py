"""The formats that a player's answer offers, with the addresses of their media. Pure functions."""

from __future__ import annotations

from typing import Any

from dev.site.library import SiteVideo
from dev.site.media import BITRATES, ITAGS, MIME_TYPES
from dev.site.trouble import Trouble

#: Where the media comes from; any host under googlevideo.com would do.
MEDIA_HOST = "rr1---sn-local.googlevideo.com"

Json = dict[str, Any]


def formats(video: SiteVideo, trouble: Trouble) -> list[Json]:
    """The formats on offer. Their addresses name the trouble, so that it lasts as long as the address is used."""
    spoken = video.language or "und"
    languages = [*video.dubs, *([spoken] if video.original_offered else [])]
    return [
        {
            "itag": ITAGS[codec],
            "url": video.media_url or _address(video, codec, language, trouble),
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


def _address(video: SiteVideo, codec: str, language: str, trouble: Trouble) -> str:
    return f"https://{MEDIA_HOST}/videoplayback?v={video.id}&codec={codec}&trouble={trouble}&language={language}"


def _track(video: SiteVideo, language: str, number: int) -> Json:
    """What a format says of its sound track, where there are several."""
    called = " original" if language not in video.dubs and video.original_named else ""
    track = {"id": f"{language}.{number}", "displayName": f"{language}{called}", "audioIsDefault": number == 0}
    return {"audioTrack": track}
