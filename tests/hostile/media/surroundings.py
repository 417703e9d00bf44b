"""A local server and a local file beside the media, which nothing may open, and an encoder to try media on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.length import PromisedLength, check_length
from services.scraper.media.verification import verify
from shared.profiles import parse_profiles
from tests.hostile.watching import InnerServer, OpenedFiles

PROFILES = parse_profiles("mp3-320,original")


@dataclass
class Surroundings:
    """What is there beside the media, and nobody's business."""

    inner: InnerServer
    #: A sound on the local disk, in a folder of its own.
    secret: Path
    opened: OpenedFiles

    def filled(self, text: str, **more: str) -> str:
        values = {"inner": self.inner.address, "port": self.inner.address.partition(":")[2], "secret": str(self.secret)}
        for name, value in {**values, "folder": str(self.secret.parent), **more}.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def check(self) -> None:
        assert self.inner.visits == []
        assert not self.opened.opened()


async def encoded(ffmpeg: Ffmpeg, path: Path, codec: str | None = None) -> str:
    try:
        files, heard = await Encoder(ffmpeg).encode(path, codec, PROFILES, {})
        check_length(heard, PromisedLength())
        for file in files:
            await verify(ffmpeg, file, codec, heard.seconds)
    except MediaInvalid as error:
        return error.failure.reason
    return ""
