"""Captions: written by people, and automatic ones. Pure functions."""

from __future__ import annotations

from typing import Any

from dev.site.library import SiteVideo

#: Seconds that one line is shown.
LINE_SECONDS = 2

Json = dict[str, Any]


def tracks(video: SiteVideo) -> Json:
    """Return the part of a player's answer about the video's captions; empty if it has none."""
    listed = [_track(video, language) for language in video.subtitles]
    more: Json = {}
    if video.captions is not None:
        listed.append(_track(video, video.captions, by_machine=True))
        # The only language into which they can be translated is their own.
        names = [{"languageCode": video.captions, "languageName": {"simpleText": video.captions}}]
        more = {"translationLanguages": names}
    return {"captions": {"playerCaptionsTracklistRenderer": {"captionTracks": listed, **more}}} if listed else {}


def _track(video: SiteVideo, language: str, *, by_machine: bool = False) -> Json:
    address = f"https://www.youtube.com/api/timedtext?v={video.id}&lang={language}"
    track: Json = {"name": {"simpleText": language}, "vssId": f".{language}", "languageCode": language}
    if not by_machine:
        return track | {"baseUrl": address}
    name = {"simpleText": f"{language} (auto-generated)"}
    return track | {"baseUrl": f"{address}&kind=asr", "name": name, "vssId": f"a.{language}", "kind": "asr"}


def has(video: SiteVideo, language: str, kind: str) -> bool:
    """Whether the video has captions in `language`; `kind`: "asr" for automatic ones, else empty."""
    return language == video.captions if kind == "asr" else language in video.subtitles


def vtt(video: SiteVideo, language: str) -> str:
    """Return the captions as WebVTT: numbered lines that name their language, to the end of the video."""
    starts = range(0, max(1, round(video.seconds)), LINE_SECONDS)
    cues = [
        f"{_clock(start)} --> {_clock(min(start + LINE_SECONDS, video.seconds))}\n{language} {number}\n"
        for number, start in enumerate(starts, 1)
    ]
    return "\n".join(["WEBVTT", "Kind: captions", f"Language: {language}", "", *cues])


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}:{rest:06.3f}"
