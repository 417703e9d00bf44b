"""The player's answer, which yt-dlp reads before it requests media. Pure functions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dev.site.library import SiteVideo
from dev.site.media import captions
from dev.site.media.covers import thumbnails
from dev.site.player import advertisement, broadcast
from dev.site.player.formats import MEDIA_HOST, formats
from dev.site.player.refusals import REFUSALS, playability, premiere
from dev.site.trouble import Trouble

Json = dict[str, Any]


def player(video: SiteVideo, trouble: Trouble, now: float) -> Json:
    """Return the player's answer for `video` in its present `trouble`, at a Unix time."""
    answer = _details(video, trouble) | advertisement.placements(video)
    if trouble in REFUSALS:
        answer["playabilityStatus"] = playability(trouble)
        if trouble == "country":
            _microformat(answer)["availableCountries"] = ["DE", "FR"]
    elif trouble in _CHANGES:
        _CHANGES[trouble](answer, video, formats(video, "none", now))
    elif video.fragment_seconds or video.manifest:
        answer["streamingData"] = {"hlsManifestUrl": f"https://{MEDIA_HOST}/fragments/{video.id}/index.m3u8"}
    else:
        answer["streamingData"] = {"adaptiveFormats": formats(video, trouble, now)}
    return answer


def _details(video: SiteVideo, trouble: Trouble) -> Json:
    """Return the answer without anything to play."""
    return {
        **captions.tracks(video),
        "playabilityStatus": {"status": "OK"},
        "videoDetails": {
            "videoId": video.id,
            "title": video.title,
            "lengthSeconds": str(round(video.page_seconds or video.seconds)),
            "channelId": video.channel_id,
            "author": video.channel,
            "shortDescription": video.description,
            "isLiveContent": video.live_until > 0,
            **thumbnails(video),
        },
        "microformat": {
            "playerMicroformatRenderer": {
                "uploadDate": f"{video.upload_date}T12:00:00+00:00",
                "category": "Education",
                "isFamilySafe": True,
                **broadcast.times(video, trouble),
            }
        },
    }


def _microformat(answer: Json) -> Json:
    found: Json = answer["microformat"]["playerMicroformatRenderer"]
    return found


def _premiere(answer: Json, video: SiteVideo, _: list[Json]) -> None:
    begins = datetime.fromtimestamp(video.premieres_at, UTC).isoformat()
    answer["playabilityStatus"] = premiere(video)
    answer["videoDetails"]["isUpcoming"] = True
    _microformat(answer)["liveBroadcastDetails"] = {"isLiveNow": False, "startTimestamp": begins}


def _drm(answer: Json, _: SiteVideo, __: list[Json]) -> None:
    answer["streamingData"] = {"licenseInfos": [{"drmFamily": "WIDEVINE"}]}


def _no_formats(answer: Json, _: SiteVideo, offered: list[Json]) -> None:
    """Give formats without addresses, as when YouTube makes a client stream with its own protocol."""
    bare = [{key: value for key, value in form.items() if key != "url"} for form in offered]
    answer["streamingData"] = {"adaptiveFormats": bare, "serverAbrStreamingUrl": f"https://{MEDIA_HOST}/videoplayback"}


def _images_only(answer: Json, _: SiteVideo, __: list[Json]) -> None:
    """Give only pictures of the scenes, which yt-dlp lists as formats too."""
    spec = "https://i.ytimg.com/sb/local/storyboard3_L$L/$N.jpg|48#27#100#10#10#0#default#sign"
    answer["storyboards"] = {"playerStoryboardSpecRenderer": {"spec": spec}}


def _no_sound(answer: Json, _: SiteVideo, offered: list[Json]) -> None:
    """Give video formats without a sound track."""
    pictures = {"itag": 248, "mimeType": 'video/webm; codecs="vp9"', "height": 1080, "width": 1920, "fps": 25}
    silent = [{"url": form["url"], "bitrate": 10**6, "qualityLabel": "1080p", **pictures} for form in offered[:1]]
    answer["streamingData"] = {"adaptiveFormats": silent}


def _unsolvable(answer: Json, video: SiteVideo, offered: list[Json]) -> None:
    """Give addresses with a challenge that the site's player script cannot solve."""
    _images_only(answer, video, offered)
    forms = [form | {"url": form["url"] + "&n=challenge-of-the-site"} for form in offered]
    answer["streamingData"] = {"adaptiveFormats": forms}


def _another_video(answer: Json, video: SiteVideo, offered: list[Json]) -> None:
    """Give the answer for another video, as blocked addresses get it."""
    answer["videoDetails"]["videoId"] = video.id[::-1] if video.id != video.id[::-1] else "aQvGIIdgFDM"
    answer["streamingData"] = {"adaptiveFormats": offered}


_CHANGES: dict[Trouble, Callable[[Json, SiteVideo, list[Json]], None]] = {
    "premiere": _premiere,
    "live": broadcast.live,
    "post-live": broadcast.post_live,
    "drm": _drm,
    "no-formats": _no_formats,
    "images-only": _images_only,
    "no-sound": _no_sound,
    "js-challenge": _unsolvable,
    "ip-blocked": _another_video,
}
