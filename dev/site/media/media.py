"""The sound of the videos, made once per sound, length, take and codec."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from dev.site.library import SiteVideo
from dev.site.media.holes import hole_of, without_packets
from dev.site.media.made import MadeFiles

#: YouTube's format numbers for audio, with the container and codec of each.
ITAGS = {"opus": 251, "m4a": 140}
MIME_TYPES = {"opus": 'audio/webm; codecs="opus"', "m4a": 'audio/mp4; codecs="mp4a.40.2"'}
SUFFIXES = {"opus": "webm", "m4a": "m4a"}
#: Kilobits a second, about those of YouTube's best audio.
BITRATES = {"opus": 128, "m4a": 128}
#: Seconds of a sound beyond which it repeats itself.
REPEATED_SECONDS = 300


class SoundMaker:
    """Makes the sounds, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._files = MadeFiles(folder)

    async def file(self, video: SiteVideo, codec: str) -> Path:
        """Return the media file of `video` in `codec`, with its hole; it is made at the first request for its sound."""
        whole = await self.whole_file(video, codec)
        if (hole := hole_of(video)) is None:
            return whole
        name = f"{whole.stem}-{video.hole_seconds:g}s-{video.hole_at}{whole.suffix}"
        return await self._files.file(name, ["-i", str(whole), *without_packets(hole)])

    async def whole_file(self, video: SiteVideo, codec: str) -> Path:
        """Return the same without its hole. A long sound repeats a shorter one, which is made faster."""
        rate = 48_000 if codec == "opus" else video.sample_rate
        name = f"{video.sound}-{video.seconds:g}s-{rate}-{video.take}.{SUFFIXES[codec]}"
        length = ["-t", f"{video.seconds:g}"]
        if video.seconds > REPEATED_SECONDS:
            part = await self.whole_file(dataclasses.replace(video, seconds=REPEATED_SECONDS), codec)
            return await self._files.file(name, ["-stream_loop", "-1", "-i", str(part), *length, "-c", "copy"])
        arguments = [
            *("-f", "lavfi", "-i", _source(video), *length, "-ar", str(rate), "-ac", "2"),
            *("-c:a", "libopus" if codec == "opus" else "aac", "-b:a", f"{BITRATES[codec]}k"),
        ]
        return await self._files.file(name, arguments)


def _source(video: SiteVideo) -> str:
    """Return an FFmpeg source graph: pink noise in syllables for speech, a chord with a slow swell for music."""
    if video.sound == "speech":
        return (
            f"anoisesrc=color=pink:seed={video.take + 1}:amplitude=0.6:sample_rate=48000,"
            "highpass=f=150,lowpass=f=4000,tremolo=f=4:d=0.9,volume=2"
        )
    root = 196 * 2 ** (video.take % 12 / 12)
    voices = "+".join(f"0.2*sin(2*PI*{root * ratio:.2f}*t)" for ratio in (1, 1.25, 1.5, 2))
    return f"aevalsrc='{voices}':s=48000,tremolo=f=0.5:d=0.5"
