"""Tags: what is known of a recording, written into its file as the readers of each format expect it.

FFmpeg only leaves room for them; mutagen then writes them in place, so that not a byte of the sound is moved, however
long the file. Two forms FFmpeg writes itself: Matroska, which mutagen does not know, and the tags of WAV's own.

MP3 gets ID3v2.4, not 2.3: it alone has UTF-8 and whole dates in one frame. Every reader of the last ten years takes it.
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

#: Bytes that names, sizes and flags of all tags take beside their text.
_FRAMES_BYTES = 1024
#: RIFF counts its bytes in 32 bits; FFmpeg makes RF64 of what is larger, which mutagen does not know.
_MAX_RIFF = 2**32 - 2**16
#: ID3: a text's language is not known, and its characters are UTF-8.
_NO_LANGUAGE, _UTF8 = "XXX", id3.Encoding.UTF8
_FREEFORM = "----:com.apple.iTunes:"
_VORBIS: dict[str, Any] = {"opus": oggopus.OggOpus, "ogg": oggvorbis.OggVorbis, "flac": flac.FLAC}


def options(tags: Tags, extension: str) -> Iterator[str]:
    """FFmpeg's options for an output: room for what `write` writes, or the tags where it does not."""
    # Some formats have two places for one text, and one of them takes it percent-encoded.
    texts = [value.encode() for value in asdict(tags).values() if value] + [_ascii(tags.address or "").encode()]
    room = _FRAMES_BYTES + 2 * sum(map(len, texts))
    match extension:
        case "mp3" | "flac":
            yield from ("-metadata_header_padding", str(room))
        case "opus" | "ogg":
            # A comment that is replaced; its room stays.
            yield from ("-metadata", f"ROOM={' ' * room}")
        case "wav":
            # RIFF's own tags, which have one place each.
            yield from _metadata(
                title=tags.title, artist=tags.artist, date=tags.date, comment=tags.address, copyright=tags.licence
            )
            yield from _metadata(language=tags.language_code)
        case "mka":
            yield from _metadata(title=tags.title, artist=tags.artist, date=tags.date, DATE_RELEASED=tags.date)
            yield from _metadata(comment=tags.address, URL=tags.address, copyright=tags.licence, LICENSE=tags.licence)
            yield from _metadata(language=tags.language_code)
    if extension in ("m4a", "mka") and tags.language_code:
        # The track's own; FFmpeg writes the form that Matroska wants.
        yield from ("-metadata:s:a:0", f"language={tags.language_code}")


def write(path: Path, tags: Tags) -> None:
    """Write tags into a file that FFmpeg made with `options`. A file that takes none is left as it is.

    Raises OSError if the disk does not take them.
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
        # The sound is there; what is odd about its file must not undo that.
        log.warning("video.tags_not_written", file=path.name, error=f"{type(error).__name__}: {error}")


def _in_place(info: PaddingInfo) -> int:
    """What is left of the room stays; only if it was not enough the file grows, and then by a kilobyte more."""
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
    """An ID3 chunk at the end, for readers that look for one: WAV's own tags do not say in which letters they are."""
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
        # Some readers look for the one name, some for the other.
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
    # What Apple has no name for goes by the one that others use.
    for name, value in (("LICENSE", tags.licence), ("LANGUAGE", tags.language_code)):
        if value:
            atoms[_FREEFORM + name] = [mp4.MP4FreeForm(value.encode(), mp4.AtomDataType.UTF8)]
    found.save(padding=_in_place)


def _metadata(**values: str | None) -> Iterator[str]:
    for name, value in values.items():
        if value:
            yield from ("-metadata", f"{name}={value}")


def _ascii(address: str) -> str:
    """An address as frames take it that know no other letters."""
    return quote(address, safe="%/;:@&=+$,!~*'()?#[]")
