"""The files of an FFmpeg run: which it may read, by which demuxer, and which it writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.scraper.media.containers import DECODERS, PICTURE, PICTURE_DECODERS, demuxer_of


@dataclass(frozen=True)
class Input:
    """A file that FFmpeg may read, with the only demuxer it may use."""

    path: Path
    demuxer: str
    #: Comma-separated names of the decoders it may use.
    decoders: str

    @classmethod
    def of_media(cls, path: Path) -> Input:
        """Choose the demuxer by the file's first bytes. Raises MediaInvalid if they belong to no known media format."""
        return cls(path, demuxer_of(path), DECODERS)

    @classmethod
    def of_picture(cls, path: Path) -> Input:
        """A JPEG."""
        return cls(path, PICTURE, PICTURE_DECODERS)

    def options(self) -> Iterator[str]:
        """Yield FFmpeg's options: strict decoding, no other file, and a path that is never taken for a pattern."""
        yield from ("-err_detect", "explode", "-protocol_whitelist", "file", "-format_whitelist", self.demuxer)
        yield from ("-codec_whitelist", self.decoders, "-f", self.demuxer, "-i", f"file:{self.path.absolute()}")


@dataclass(frozen=True)
class Output:
    """A file that FFmpeg writes, with its options. Without a path the output is discarded."""

    options: Sequence[str]
    path: Path | None = None

    def arguments(self) -> Iterator[str]:
        """Yield FFmpeg's options, ending with the output."""
        yield from self.options
        yield from ("-f", "null", "-") if self.path is None else (f"file:{self.path.absolute()}",)
