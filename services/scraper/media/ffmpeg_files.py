"""The files of a run of FFmpeg: what it may read and how, and what it makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.scraper.media.containers import DECODERS, PICTURE, PICTURE_DECODERS, demuxer_of


@dataclass(frozen=True)
class Input:
    """A file that FFmpeg may read, by one demuxer and no other."""

    path: Path
    demuxer: str
    #: Names of the decoders that may be used, with commas between.
    decoders: str

    @classmethod
    def of_media(cls, path: Path) -> Input:
        """Media, by its first bytes. Raises MediaInvalid for what is none."""
        return cls(path, demuxer_of(path), DECODERS)

    @classmethod
    def of_picture(cls, path: Path) -> Input:
        """A JPEG."""
        return cls(path, PICTURE, PICTURE_DECODERS)

    def options(self) -> Iterator[str]:
        """FFmpeg's options for it: strict, and nothing opened but this file, which cannot be read as a pattern."""
        yield from ("-err_detect", "explode", "-protocol_whitelist", "file", "-format_whitelist", self.demuxer)
        yield from ("-codec_whitelist", self.decoders, "-f", self.demuxer, "-i", f"file:{self.path.absolute()}")


@dataclass(frozen=True)
class Output:
    """A file that FFmpeg makes, with the options for it; None: what is made is thrown away."""

    options: Sequence[str]
    path: Path | None = None

    def arguments(self) -> Iterator[str]:
        """FFmpeg's options for it."""
        yield from self.options
        yield from ("-f", "null", "-") if self.path is None else (f"file:{self.path.absolute()}",)
