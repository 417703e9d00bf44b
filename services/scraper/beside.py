"""What lies beside the sound: the source's own description, its picture, subtitles, chapters.

Runs in worker processes, right after the sound was downloaded, through the same yt-dlp. One that cannot be had is named
and left; a source that refuses further requests ends the attempt.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from services.scraper.ytdlp_values import SideFile, SourceRules


class Source(Protocol):
    """yt-dlp, as far as it is needed here."""

    def read(self, url: str, largest: int) -> bytes:
        """What an address has, at most one byte more than `largest`. Raises Missing; a refusal is raised as it came."""

    def plain(self, info: dict[str, Any]) -> dict[str, Any]:
        """A description that can be written as JSON."""


class Missing(Exception):
    """One thing that the source named could not be had."""


#: Bytes; a description, a picture or subtitles that are larger are none.
LARGEST = 20 * 10**6
#: Pictures tried, from the best downwards: sources name some that are not there.
PICTURES = 4
#: Fields of yt-dlp's description that hold addresses made for us, which name our own address and are dead in hours.
_ADDRESSES = {
    "automatic_captions",
    "formats",
    "fragments",
    "heatmap",
    "http_headers",
    "manifest_url",
    "requested_downloads",
    "requested_formats",
    "requested_subtitles",
    "subtitles",
    "url",
}


class Gathered(NamedTuple):
    """What was had."""

    files: list[SideFile]
    #: One sentence for each thing that was there by the source's word, but could not be had.
    missing: list[str]


def gather(source: Source, info: dict[str, Any], folder: Path, rules: SourceRules) -> Gathered:
    """Write what is wanted of `info` into `folder`. A refusal to be asked so much is raised as it came."""
    gathered = Gathered([], [])
    kinds = {*rules.beside, *(("thumbnail",) if rules.cover else ())}
    for kind, write in _WRITERS.items():
        if kind in kinds:
            write(source, info, folder, rules, gathered)
    return gathered


def _info(source: Source, info: dict[str, Any], folder: Path, __: SourceRules, gathered: Gathered) -> None:
    kept = {name: value for name, value in info.items() if name not in _ADDRESSES}
    path = folder / "info.json"
    path.write_text(json.dumps(source.plain(kept), ensure_ascii=False, indent=1))
    gathered.files.append(SideFile("info", path))


def _chapters(_: Source, info: dict[str, Any], folder: Path, __: SourceRules, gathered: Gathered) -> None:
    if not info.get("chapters"):
        return
    path = folder / "chapters.json"
    path.write_text(json.dumps(info["chapters"], ensure_ascii=False, indent=1))
    gathered.files.append(SideFile("chapters", path))


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
            gathered.files.append(SideFile("thumbnail", path))
            return
    if candidates:
        gathered.missing.append(f"none of {len(candidates)} pictures could be had")


def _subtitles(source: Source, info: dict[str, Any], folder: Path, rules: SourceRules, gathered: Gathered) -> None:
    languages = [language for language in info.get("subtitles") or {} if language != "live_chat"]
    _captions(source, info["subtitles"] if languages else {}, languages, folder, rules, gathered, automatic=False)


def _automatic(source: Source, info: dict[str, Any], folder: Path, rules: SourceRules, gathered: Gathered) -> None:
    """Those of the language that is spoken; their translations are a machine's too, and more than a hundred."""
    offered: dict[str, Any] = info.get("automatic_captions") or {}
    spoken = [language for language in offered if language.endswith("-orig")]
    spoken = spoken or [language for language in offered if language == info.get("language")]
    _captions(source, offered, spoken, folder, rules, gathered, automatic=True)


def _captions(
    source: Source,
    offered: dict[str, Any],
    languages: list[str],
    folder: Path,
    rules: SourceRules,
    gathered: Gathered,
    *,
    automatic: bool,
) -> None:
    mark = ".automatic" if automatic else ""
    for language in languages:
        name = language.removesuffix("-orig")
        address = next((form["url"] for form in offered[language] if form.get("ext") == "vtt" and form.get("url")), "")
        time.sleep(rules.subtitle_interval)
        try:
            data = _read(source, address) if address else b""
        except Missing as error:
            gathered.missing.append(f"subtitles in {name}: {error}")
            continue
        if not data.lstrip(b"\xef\xbb\xbf").startswith(b"WEBVTT"):
            gathered.missing.append(f"subtitles in {name}: what came is no WebVTT")
            continue
        path = folder / f"subtitles.{_safe(name)}{mark}.vtt"
        path.write_bytes(data)
        gathered.files.append(SideFile("subtitles", path, name, automatic))


_Writer = Callable[[Source, dict[str, Any], Path, SourceRules, Gathered], None]
#: Kind, as the setting names it → what writes it.
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
    """The extension for a picture, by its first bytes; None for what is none."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG"):
        return "png"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _extension(picture: dict[str, Any]) -> str:
    return str(picture["url"]).partition("?")[0].rpartition(".")[2].lower()


def _safe(language: str) -> str:
    """A language's code as a part of a file name."""
    return "".join(c for c in language if c.isascii() and (c.isalnum() or c == "-"))[:35] or "und"
