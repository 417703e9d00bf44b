"""The second stage of an attempt: encodes the source's audio into the files of all profiles, and verifies them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from services.scraper.attempt.failed import AttemptFailed
from services.scraper.attempt.slots import Slots, Stopwatch
from services.scraper.attempt.video_space import VideoSpace
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import charge_repeated
from services.scraper.media.encoding import Encoded, Encoder
from services.scraper.media.ffmpeg import Ffmpeg
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.length import Heard, check_length
from services.scraper.media.verification import Verified, sha256_of, verify
from services.scraper.settings.pace import PaceSettings
from shared.catalog.documents import Video
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.logs import logger
from shared.profiles import parse_profile

log = logger(__name__)


class EncodeStage:
    """Encodes and verifies the files of videos, as many at once as there are slots."""

    def __init__(
        self, ffmpeg: Ffmpeg, encoder: Encoder, space: VideoSpace, rules: SourceRules, pace: PaceSettings
    ) -> None:
        self._ffmpeg = ffmpeg
        self._encoder = encoder
        self._space = space
        self._rules = rules
        self._slots = Slots("encode", pace.encode_slots)
        self._seconds = pace.video_seconds

    async def run(self, video: Video, source: Downloaded, watch: Stopwatch) -> list[Verified]:
        """Make a verified file of each profile in the source's folder. Returns them in the order of the profiles.

        Raises AttemptFailed if the source is damaged, too long, or takes too long; LargerThanDisk or TryLater if there
        is no space for the files.
        """
        title = source.metadata.get("title")
        try:
            async with self._slots.one(), asyncio.timeout(self._seconds):
                async with watch.stage("encode"):
                    files, heard = await self._encode(video, source)
                if 0 < self._rules.longest_seconds < heard.seconds:
                    raise AttemptFailed(lasts_too_long(heard.seconds, self._rules.longest_seconds), title)
                async with watch.stage("verify"):
                    return await self._verify(source, files, heard)
        except MediaInvalid as error:
            raise AttemptFailed(await _failure_of(error, source.path, video), title) from error
        except TimeoutError as error:
            raise AttemptFailed(took_too_long(self._seconds), title) from error

    async def _encode(self, video: Video, source: Downloaded) -> tuple[list[Encoded], Heard]:
        profiles = [parse_profile(name) for name in video["profiles"]]
        cover = await self._cover(video, source)
        await self._space.extend(video, source, cover)
        return await self._encoder.encode(source.path, source.source_codec, profiles, source.metadata, cover)

    async def _verify(self, source: Downloaded, files: Sequence[Encoded], heard: Heard) -> list[Verified]:
        check_length(heard, source.promised)
        return [await verify(self._ffmpeg, file, source.source_codec, heard.seconds) for file in files]

    async def _cover(self, video: Video, source: Downloaded) -> Path | None:
        """The thumbnail to embed in the files: a JPEG, since all players show those. None if missing or broken."""
        pictures = (file.path for file in source.beside if file.kind == "thumbnail" and file.path.suffix == ".jpg")
        picture = next(pictures, None) if self._rules.cover else None
        if picture is not None and not await self._encoder.is_intact_picture(picture):
            log.warning("video.cover_broken", video_id=video["_id"])
            return None
        return picture


async def _failure_of(error: MediaInvalid, source: Path, video: Video) -> Failure:
    """The failure of damaged media, with its SHA-256: the source is at fault if it sends the same bytes twice."""
    failure = error.failure
    if source.exists():
        failure = failure.model_copy(update={"media_sha256": await asyncio.to_thread(sha256_of, source)})
    return charge_repeated(failure, video.get("retry"))


def lasts_too_long(seconds: float, longest: float) -> Failure:
    """The failure of a recording of `seconds`, where `longest` are allowed."""
    detail = f"It lasts {seconds:.0f} s, longer than SCRAPER_LONGEST_VIDEO_SECONDS ({longest:.0f})"
    return Failure.of(Reason.LONGER_THAN_ALLOWED, detail)


def took_too_long(seconds: float) -> Failure:
    """The failure of an encoding that was stopped after `seconds`."""
    return Failure.of(Reason.TOOK_TOO_LONG, f"encoding took longer than SCRAPER_VIDEO_SECONDS ({seconds:g} s)")
