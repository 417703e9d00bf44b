"""Chooses the one FFmpeg demuxer that may read a file, by the file's first bytes and its name.

FFmpeg's own probing would also accept playlists, file lists and stream descriptions as media, and open what they name.
None of the demuxers here opens anything but the file itself.
"""

from __future__ import annotations

from pathlib import Path

from services.scraper.media.integrity import MediaInvalid
from shared.contracts.reasons import Reason

#: Bytes at the beginning that are inspected.
_HEAD = 1024
_ID3_HEADER = 10
#: First bytes, at an offset → demuxer.
_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1aE\xdf\xa3", "matroska"),
    *((4, kind, "mov") for kind in (b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"free", b"skip", b"wide")),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (0, b"FLV\x01", "flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"caff", "caf"),
    (0, b"#!AMR", "amr"),
    (0, b".snd", "au"),
    (0, b"riff\x2e\x91\xcf\x11", "w64"),
    (0, b"wvpk", "wv"),
    (0, b"MAC ", "ape"),
    (0, b"TTA1", "tta"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
)
#: RIFF and IFF files: the form named by bytes 8 to 12.
_FORMS = {b"WAVE": "wav", b"AVI ": "avi", b"AIFF": "aiff", b"AIFC": "aiff"}
#: Formats that resynchronise after foreign bytes: chosen by the file name extension.
_RESYNCHRONIZED = {".mp3": "mp3", ".aac": "aac", ".ts": "mpegts", ".mpg": "mpeg", ".ac3": "ac3"}
#: Lengths of a transport stream's packets, and where its sync byte stands in the first one.
_PACKETS = ((188, 0), (192, 4), (204, 0))
#: Decoders that may read untrusted bytes: audio only, none for video.
DECODERS = (
    "aac,aac_fixed,aac_latm,ac3,ac3_fixed,alac,als,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,ape,dca,eac3,flac,"
    "mp1,mp1float,mp2,mp2float,mp3,mp3float,mp3adu,mp3adufloat,mp3on4,mp3on4float,opus,libopus,vorbis,libvorbis,"
    "speex,libspeex,truehd,mlp,tta,wavpack,wmav1,wmav2,wmapro,wmalossless,wmavoice,nellymoser,gsm,gsm_ms,"
    "adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,adpcm_g722,adpcm_g726,qdm2,qdmc,cook,"
    "pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,"
    "pcm_f64le,pcm_f64be,pcm_bluray,pcm_dvd"
)
#: The demuxer and the decoder of images.
PICTURE, PICTURE_DECODERS = "jpeg_pipe", "mjpeg"


def demuxer_of(path: Path) -> str:
    """Return the name of the demuxer for a media file. Raises MediaInvalid for an unknown format."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        tagged = head.startswith(b"ID3") and len(head) > _ID3_HEADER
        if tagged:
            size = 0
            for byte in head[6:_ID3_HEADER]:
                size = size << 7 | (byte & 0x7F)
            file.seek(_ID3_HEADER + size)
            head = file.read(_HEAD)
    found = _by_beginning(head) or _by_sync(head) or _RESYNCHRONIZED.get(path.suffix.lower())
    if found is None and not tagged:
        raise MediaInvalid(
            Reason.DAMAGED_MEDIA, "the source's media does not decode: its first bytes match no known media format"
        )
    return found or "mp3"


def _by_beginning(head: bytes) -> str | None:
    if head[:4] in (b"RIFF", b"RF64", b"FORM"):
        return _FORMS.get(head[8:12])
    return next((name for at, begin, name in _BEGINNINGS if head[at : at + len(begin)] == begin), None)


def _by_sync(head: bytes) -> str | None:
    """Recognise formats without a file header by their frames or packets."""
    for size, at in _PACKETS:
        if len(head) > 2 * size + at and all(head[at + n * size] == 0x47 for n in range(3)):
            return "mpegts"
    if head[:2] == b"\x0b\x77" and len(head) > 5:
        return "eac3" if head[5] >> 3 > 10 else "ac3"
    if len(head) < 2 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    # Eleven bits of sync and one of three layers.
    return "mp3" if head[1] & 0xE0 == 0xE0 and head[1] & 0x06 else None
