"""The player's answer: what yt-dlp reads of a video before it asks for media. Pure functions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dev.site.library import SiteVideo, Trouble
from dev.site.media import BITRATES, ITAGS, MIME_TYPES
from dev.site.refusals import REFUSALS, playability, premiere

#: Where the media comes from; any host under googlevideo.com would do.
MEDIA_HOST = "rr1---sn-local.googlevideo.com"
MANIFEST_HOST = "manifest.googlevideo.com"
#: Seconds in a piece of a live stream.
LIVE_PIECE_SECONDS = 5

Json = dict[str, Any]


def player(video: SiteVideo, trouble: Trouble) -> Json:
    """The player's answer for `video` in its present `trouble`."""
    answer = _details(video)
    if trouble in REFUSALS:
        answer["playabilityStatus"] = playability(trouble)
        if trouble == "country":
            _microformat(answer)["availableCountries"] = ["DE", "FR"]
    elif trouble in _CHANGES:
        _CHANGES[trouble](answer, video)
    else:
        answer["streamingData"] = {"adaptiveFormats": _formats(video, trouble)}
    return answer


def _captions(language: str) -> Json:
    """Captions made by a machine, and the language they can be translated into: their own."""
    track = {
        "baseUrl": "https://www.youtube.com/api/timedtext?v=local",
        "name": {"simpleText": f"{language} (auto-generated)"},
        "vssId": f"a.{language}",
        "languageCode": language,
        "kind": "asr",
    }
    names = [{"languageCode": language, "languageName": {"simpleText": language}}]
    return {"playerCaptionsTracklistRenderer": {"captionTracks": [track], "translationLanguages": names}}


def _details(video: SiteVideo) -> Json:
    """The answer without anything to play."""
    return {
        **({"captions": _captions(video.captions)} if video.captions is not None else {}),
        "playabilityStatus": {"status": "OK"},
        "videoDetails": {
            "videoId": video.id,
            "title": video.title,
            "lengthSeconds": str(round(video.seconds)),
            "channelId": video.channel_id,
            "author": video.channel,
            "shortDescription": video.description,
            "isLiveContent": False,
        },
        "microformat": {
            "playerMicroformatRenderer": {
                "uploadDate": f"{video.upload_date}T12:00:00+00:00",
                "category": "Education",
                "isFamilySafe": True,
            }
        },
    }


def _formats(video: SiteVideo, trouble: Trouble) -> list[Json]:
    """The formats on offer. Their addresses name the trouble, so that it lasts as long as the address is used."""
    spoken = video.language or "und"
    languages = [*video.dubs, *([spoken] if video.original_offered else [])]
    return [
        {
            "itag": ITAGS[codec],
            "url": video.media_url
            or f"https://{MEDIA_HOST}/videoplayback?v={video.id}&codec={codec}&trouble={trouble}&language={language}",
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


def _track(video: SiteVideo, language: str, number: int) -> Json:
    """What a format says of its sound track, where there are several."""
    called = " original" if language not in video.dubs and video.original_named else ""
    track = {"id": f"{language}.{number}", "displayName": f"{language}{called}", "audioIsDefault": number == 0}
    return {"audioTrack": track}


def _microformat(answer: Json) -> Json:
    found: Json = answer["microformat"]["playerMicroformatRenderer"]
    return found


def _premiere(answer: Json, video: SiteVideo) -> None:
    begins = datetime.fromtimestamp(video.premieres_at, UTC).isoformat()
    answer["playabilityStatus"] = premiere(video)
    answer["videoDetails"]["isUpcoming"] = True
    _microformat(answer)["liveBroadcastDetails"] = {"isLiveNow": False, "startTimestamp": begins}


def _live(answer: Json, video: SiteVideo) -> None:
    answer["videoDetails"] |= {"isLive": True, "isLiveContent": True}
    address = f"https://{MANIFEST_HOST}/api/manifest/hls_variant/id/{video.id}/file/index.m3u8"
    answer["streamingData"] = {"hlsManifestUrl": address}


def _post_live(answer: Json, video: SiteVideo) -> None:
    answer["videoDetails"] |= {"isPostLiveDvr": True, "isLiveContent": True}
    pieces = [form | {"targetDurationSec": LIVE_PIECE_SECONDS} for form in _formats(video, "none")]
    answer["streamingData"] = {"adaptiveFormats": pieces}


def _drm(answer: Json, _: SiteVideo) -> None:
    answer["streamingData"] = {"licenseInfos": [{"drmFamily": "WIDEVINE"}]}


def _no_formats(answer: Json, video: SiteVideo) -> None:
    """Formats without addresses, as when a client is made to stream with YouTube's own protocol."""
    bare = [{key: value for key, value in form.items() if key != "url"} for form in _formats(video, "none")]
    answer["streamingData"] = {"adaptiveFormats": bare, "serverAbrStreamingUrl": f"https://{MEDIA_HOST}/videoplayback"}


def _images_only(answer: Json, _: SiteVideo) -> None:
    """Nothing but pictures of the scenes, which yt-dlp lists as formats too."""
    spec = "https://i.ytimg.com/sb/local/storyboard3_L$L/$N.jpg|48#27#100#10#10#0#default#sign"
    answer["storyboards"] = {"playerStoryboardSpecRenderer": {"spec": spec}}


def _unsolvable(answer: Json, video: SiteVideo) -> None:
    """Addresses with a challenge to which the site's player script has no solution."""
    _images_only(answer, video)
    forms = [form | {"url": form["url"] + "&n=challenge-of-the-site"} for form in _formats(video, "none")]
    answer["streamingData"] = {"adaptiveFormats": forms}


def _another_video(answer: Json, video: SiteVideo) -> None:
    """The answer for another video, as blocked addresses get it."""
    answer["videoDetails"]["videoId"] = video.id[::-1] if video.id != video.id[::-1] else "aQvGIIdgFDM"
    answer["streamingData"] = {"adaptiveFormats": _formats(video, "none")}


_CHANGES: dict[Trouble, Callable[[Json, SiteVideo], None]] = {
    "premiere": _premiere,
    "live": _live,
    "post-live": _post_live,
    "drm": _drm,
    "no-formats": _no_formats,
    "images-only": _images_only,
    "js-challenge": _unsolvable,
    "ip-blocked": _another_video,
}
