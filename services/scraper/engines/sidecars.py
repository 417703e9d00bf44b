"""Downloads sidecar files: description, thumbnail, subtitles, chapters.

It runs in worker processes right after the audio was downloaded, through the same yt-dlp. A sidecar that is unavailable
is reported and skipped; after a refusal nothing more is requested.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from services.scraper.engines.foreign_code import ForeignError, foreign_code
from services.scraper.engines.values import Sidecar, SourceRules


class Source(Protocol):
    """The methods of yt-dlp that sidecars need."""

    def read(self, url: str, largest: int) -> bytes:
        """Read the body at an address, at most `largest` bytes and one more. Raises Missing or TooManyRequests."""

    def plain(self, info: dict[str, Any]) -> dict[str, Any]:
        """Return a description that can be written as JSON."""


class Missing(Exception):
    """A sidecar that the source named is unavailable."""


#: Maximum bytes of one sidecar; anything larger is not what it claims to be.
LARGEST = 20 * 10**6
#: Thumbnails tried, from the best downwards: sources name some that do not exist.
PICTURES = 4
#: Fields of yt-dlp's description that are kept. Fields not listed here are left out, because they include addresses
#: made for us, headers, and the cookies of an account.
_KEPT = (
    *("id", "title", "alt_title", "description", "webpage_url", "original_url", "extractor", "extractor_key"),
    *("channel", "channel_id", "channel_url", "uploader", "uploader_id", "uploader_url", "creators", "license"),
    *("duration", "upload_date", "timestamp", "release_date", "release_timestamp", "modified_date", "release_year"),
    *("view_count", "like_count", "comment_count", "channel_follower_count", "average_rating", "age_limit"),
    *("categories", "tags", "chapters", "language", "location", "live_status", "was_live", "availability"),
    *("series", "season", "season_number", "episode", "episode_number"),
    *("fulltitle", "track", "artists", "album", "genres", "composers"),
    *("format_id", "format_note", "ext", "acodec", "abr", "asr", "audio_channels", "filesize", "tbr", "thumbnail"),
)


class TooManyRequests(Exception):
    """The source refused a sidecar because of too many requests (HTTP 429)."""

    def __init__(self, retry_after: float | None) -> None:
        super().__init__("the source answered that there were too many requests")
        self.retry_after = retry_after


@dataclass
class Gathered:
    """The sidecars of one download."""

    files: list[Sidecar] = field(default_factory=list)
    #: One sentence for each sidecar that the source named but did not deliver.
    missing: list[str] = field(default_factory=list)
    #: Set when the source refused further requests. What was downloaded until then is kept.
    refused: TooManyRequests | None = None


def gather(source: Source, info: dict[str, Any], folder: Path, rules: SourceRules) -> Gathered:
    """Write the wanted sidecars of `info` into `folder`. Returns them, and what was unavailable."""
    gathered = Gathered()
    kinds = {*rules.beside, *(("thumbnail",) if rules.cover else ())}
    for kind, write in _WRITERS.items():
        if kind in kinds:
            try:
                with foreign_code(TooManyRequests):
                    write(source, info, folder, rules, gathered)
            except TooManyRequests as error:
                gathered.refused = error
                gathered.missing.append(f"{kind}: {error}")
                break
            except ForeignError as failed:
                # The audio is downloaded; trouble with a sidecar must not fail the attempt.
                gathered.missing.append(f"{kind}: {type(failed.error).__name__}: {failed.error}")
    return gathered


def _info(source: Source, info: dict[str, Any], folder: Path, __: SourceRules, gathered: Gathered) -> None:
    kept = source.plain({name: info[name] for name in _KEPT if info.get(name) is not None})
    path = folder / "info.json"
    _write_json(path, kept)
    gathered.files.append(Sidecar("info", path))


def _chapters(_: Source, info: dict[str, Any], folder: Path, __: SourceRules, gathered: Gathered) -> None:
    if not info.get("chapters"):
        return
    path = folder / "chapters.json"
    _write_json(path, info["chapters"])
    gathered.files.append(Sidecar("chapters", path))


def _thumbnail(source: Source, info: dict[str, Any], folder: Path, _: SourceRules, gathered: Gathered) -> None:
    offered = [picture for picture in info.get("thumbnails") or () if picture.get("url")]
    jpegs = [picture for picture in offered if _extension(picture) == "jpg"]
    candidates = (jpegs or offered)[::-1][:PICTURES]
    for picture in candidates:
        try:
            data = _read(source, picture["url"])
        except Missing:
            continue
        if (extension := _picture_type(data)) is not None:
            path = folder / f"thumbnail.{extension}"
            path.write_bytes(data)
            gathered.files.append(Sidecar("thumbnail", path))
            return
    if candidates:
        gathered.missing.append(f"none of {len(candidates)} thumbnails is available")


def _subtitles(source: Source, info: dict[str, Any], folder: Path, rules: SourceRules, gathered: Gathered) -> None:
    offered: dict[str, Any] = info.get("subtitles") or {}
    languages = [language for language in offered if language != "live_chat"]
    _write_tracks(source, _Tracks(offered, languages, automatic=False), folder, rules, gathered)


def _automatic(source: Source, info: dict[str, Any], folder: Path, rules: SourceRules, gathered: Gathered) -> None:
    """Write the automatic subtitles of the spoken language, without machine translations into other languages."""
    offered: dict[str, Any] = info.get("automatic_captions") or {}
    spoken = [language for language in offered if language.endswith("-orig")]
    spoken = spoken or [language for language in offered if language == info.get("language")]
    _write_tracks(source, _Tracks(offered, spoken, automatic=True), folder, rules, gathered)


@dataclass(frozen=True)
class _Tracks:
    """Subtitle tracks to write: all that are offered, the wanted languages, and whether a machine made them."""

    offered: dict[str, Any]
    languages: list[str]
    automatic: bool


def _write_tracks(source: Source, tracks: _Tracks, folder: Path, rules: SourceRules, gathered: Gathered) -> None:
    offered, automatic = tracks.offered, tracks.automatic
    mark = ".automatic" if automatic else ""
    for language in tracks.languages:
        name = language.removesuffix("-orig")
        address = next((form["url"] for form in offered[language] if form.get("ext") == "vtt" and form.get("url")), "")
        time.sleep(rules.subtitle_interval)
        try:
            data = _read(source, address) if address else b""
        except Missing as error:
            gathered.missing.append(f"subtitles in {name}: {error}")
            continue
        if not data.lstrip(b"\xef\xbb\xbf").startswith(b"WEBVTT"):
            gathered.missing.append(f"subtitles in {name}: the file is not WebVTT")
            continue
        path = _free(folder, f"subtitles.{_safe(name)}", f"{mark}.vtt")
        path.write_bytes(data)
        gathered.files.append(Sidecar("subtitles", path, name, automatic))


_Writer = Callable[[Source, dict[str, Any], Path, SourceRules, Gathered], None]
#: Kind, as the setting names it → the function that writes it.
_WRITERS: dict[str, _Writer] = {
    "info": _info,
    "chapters": _chapters,
    "thumbnail": _thumbnail,
    "subtitles": _subtitles,
    "automatic-subtitles": _automatic,
}


def _read(source: Source, url: str) -> bytes:
    data = source.read(url, LARGEST)
    if not 0 < len(data) <= LARGEST:
        raise Missing(f"it has {len(data)} bytes")
    return data


def _picture_type(data: bytes) -> str | None:
    """The file name extension of a picture, by its first bytes; None if it is not a known picture."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG"):
        return "png"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _extension(picture: dict[str, Any]) -> str:
    return str(picture["url"]).partition("?")[0].rpartition(".")[2].lower()


def _safe(language: str) -> str:
    """A language code as part of a file name."""
    return "".join(c for c in language if c.isascii() and (c.isalnum() or c == "-"))[:35] or "und"


def _free(folder: Path, begin: str, end: str) -> Path:
    """A path that is not taken: the safe forms of two language codes may be equal."""
    path, number = folder / f"{begin}{end}", 1
    while path.exists():
        number += 1
        path = folder / f"{begin}-{number}{end}"
    return path


def _write_json(path: Path, value: object) -> None:
    # A lone surrogate, as some descriptions contain, becomes a question mark.
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8", errors="replace")
