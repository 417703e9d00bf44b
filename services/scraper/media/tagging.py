"""Writes the tags of a recording into its file, as players of each format expect them.

FFmpeg leaves padding; mutagen then writes the tags in place, so that no audio is moved, however long the file. FFmpeg
itself writes the tags of Matroska, which mutagen does not support, and the RIFF tags of WAV.

MP3 gets ID3v2.4, not 2.3: only 2.4 has UTF-8 and complete dates in one frame. Players of the last ten years read it.
Sources: ID3v2.4 frames, the Vorbis comment specification, Matroska's tag names, and what MusicBrainz Picard maps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mutagen import MutagenError, PaddingInfo, flac, id3, mp4, oggopus, oggvorbis, wave

from services.scraper.media.tag_values import Tags
from shared.logs import logger

log = logger(__name__)

#: Bytes for names, sizes and flags of all tags, without their texts.
_FRAMES_BYTES = 1024
#: RIFF sizes have 32 bits; FFmpeg writes larger files as RF64, which mutagen does not support.
_MAX_RIFF = 2**32 - 2**16
#: ID3: the language of a text is unknown, its encoding is UTF-8.
_NO_LANGUAGE, _UTF8 = "XXX", id3.Encoding.UTF8
_FREEFORM = "----:com.apple.iTunes:"
_VORBIS: dict[str, Any] = {"opus": oggopus.OggOpus, "ogg": oggvorbis.OggVorbis, "flac": flac.FLAC}


def options(tags: Tags, extension: str) -> Iterator[str]:
    """Yield FFmpeg's options for an output: padding for `write`, or the tags where `write` writes none."""
    # Some formats store a text twice, once percent-encoded.
    texts = [value.encode() for value in asdict(tags).values() if value] + [_ascii(tags.address or "").encode()]
    room = _FRAMES_BYTES + 2 * sum(map(len, texts))
    match extension:
        case "mp3" | "flac":
            yield from ("-metadata_header_padding", str(room))
        case "opus" | "ogg":
            # A placeholder comment: removing it leaves padding.
            yield from ("-metadata", f"ROOM={' ' * room}")
        case "wav":
            # RIFF tags, one place for each.
            yield from _metadata(
                title=tags.title, artist=tags.artist, date=tags.date, comment=tags.address, copyright=tags.licence
            )
            yield from _metadata(language=tags.language_code)
        case "mka":
            yield from _metadata(title=tags.title, artist=tags.artist, date=tags.date, DATE_RELEASED=tags.date)
            yield from _metadata(comment=tags.address, URL=tags.address, copyright=tags.licence, LICENSE=tags.licence)
            yield from _metadata(language=tags.language_code)
    if extension in ("m4a", "mka") and tags.language_code:
        # The language of the track; FFmpeg converts it to the form of the container.
        yield from ("-metadata:s:a:0", f"language={tags.language_code}")


def write(path: Path, tags: Tags) -> None:
    """Write tags into a file that FFmpeg made with `options`. A file that mutagen rejects stays as it is.

    Raises OSError if they cannot be written to the disk.
    """
    extension = path.suffix.removeprefix(".")
    try:
        if extension == "mp3":
            _write_mp3(path, tags)
        elif extension in _VORBIS:
            _write_vorbis(path, extension, tags)
        elif extension == "m4a":
            _write_mp4(path, tags)
        elif extension == "wav":
            _write_wav(path, tags)
    except MutagenError as error:
        if error.args and isinstance(error.args[0], OSError):
            raise error.args[0] from error
        # The audio is good; a file that takes no tags must not fail the attempt.
        log.warning("video.tags_not_written", file=path.name, error=f"{type(error).__name__}: {error}")


def _in_place(info: PaddingInfo) -> int:
    """Keep the rest of the padding. If it was too small, the file grows and gets another kilobyte of padding."""
    return int(info.padding) if info.padding >= 0 else 1024


def _write_mp3(path: Path, tags: Tags) -> None:
    try:
        found = id3.ID3(path)
    except id3.ID3NoHeaderError:
        found = id3.ID3()
    for frame in _frames(tags):
        found.add(frame)
    found.save(path, v1=0, v2_version=4, padding=_in_place)


def _write_wav(path: Path, tags: Tags) -> None:
    """Write an ID3 chunk at the end: RIFF tags do not declare their encoding."""
    with path.open("rb") as file:
        begin = file.read(4)
    if begin != b"RIFF" or path.stat().st_size > _MAX_RIFF:
        return
    found = wave.WAVE(path)
    if found.tags is None:
        found.add_tags()
    chunk: Any = found.tags
    for frame in _frames(tags):
        chunk.add(frame)
    found.save(path, v2_version=4, padding=_in_place)


def _frames(tags: Tags) -> Iterator[id3.Frame]:
    for frame, value in (
        (id3.TIT2, tags.title),
        (id3.TPE1, tags.artist),
        (id3.TDRC, tags.date),
        (id3.TCOP, tags.licence),
        (id3.TLAN, tags.language_code),
    ):
        if value:
            yield frame(encoding=_UTF8, text=[value])
    if tags.address:
        yield id3.COMM(encoding=_UTF8, lang=_NO_LANGUAGE, desc="", text=[tags.address])
        yield id3.WOAS(url=_ascii(tags.address))
    if tags.licence and re.fullmatch(r"https?://\S+", tags.licence):
        yield id3.WCOP(url=_ascii(tags.licence))


def _write_vorbis(path: Path, extension: str, tags: Tags) -> None:
    found = _VORBIS[extension](path)
    if found.tags is None:
        found.add_tags()
    comments: Any = found.tags
    if "ROOM" in comments:
        del comments["ROOM"]
    for name, value in (
        ("TITLE", tags.title),
        ("ARTIST", tags.artist),
        ("DATE", tags.date),
        # Players differ in which of the two names they read.
        ("COMMENT", tags.address),
        ("DESCRIPTION", tags.address),
        ("COPYRIGHT", tags.licence),
        ("LICENSE", tags.licence),
        ("LANGUAGE", tags.language),
    ):
        if value:
            comments[name] = [value]
    found.save(padding=_in_place)


def _write_mp4(path: Path, tags: Tags) -> None:
    found = mp4.MP4(path)
    if found.tags is None:
        found.add_tags()
    atoms: Any = found.tags
    for name, value in (
        ("\xa9nam", tags.title),
        ("\xa9ART", tags.artist),
        ("\xa9day", tags.date),
        ("\xa9cmt", tags.address),
        ("cprt", tags.licence),
    ):
        if value:
            atoms[name] = [value]
    # Apple defines no atom for these; other programs use the freeform names.
    for name, value in (("LICENSE", tags.licence), ("LANGUAGE", tags.language_code)):
        if value:
            atoms[_FREEFORM + name] = [mp4.MP4FreeForm(value.encode(), mp4.AtomDataType.UTF8)]
    found.save(padding=_in_place)


def _metadata(**values: str | None) -> Iterator[str]:
    for name, value in values.items():
        if value:
            yield from ("-metadata", f"{name}={value}")


def _ascii(address: str) -> str:
    """Return an address in ASCII, for frames that take nothing else."""
    return quote(address, safe="%/;:@&=+$,!~*'()?#[]")
