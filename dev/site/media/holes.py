"""Holes in the sound of a video: where they are, and how a file or a fragment comes to have one. Pure functions."""

from __future__ import annotations

from dev.site.library import SiteVideo

#: Bytes of a packet of an MPEG transport stream.
PACKET = 188


def hole_of(video: SiteVideo) -> tuple[float, float] | None:
    """The seconds from which and until which nothing is served of a video; None if it is whole."""
    if not video.hole_seconds:
        return None
    kept = video.seconds - video.hole_seconds
    begin = {"begin": 0.0, "middle": kept / 2, "end": kept}[video.hole_at]
    return begin, begin + video.hole_seconds


def without_packets(hole: tuple[float, float]) -> list[str]:
    """FFmpeg's options that copy a sound without the packets of its hole; the clock of the others stays."""
    begin, end = hole
    return ["-c", "copy", "-copyts", "-bsf:a", f"noise=amount=0:drop='gte(pts*tb,{begin})*lt(pts*tb,{end})'"]


def without_bytes(data: bytes, begins: float, lasts: float, hole: tuple[float, float]) -> bytes:
    """A fragment that begins at a second and lasts so many, without the part of it that lies in the hole."""
    begin, end = (min(1.0, max(0.0, (at - begins) / lasts)) for at in hole)
    packets = len(data) // PACKET
    return data[: round(packets * begin) * PACKET] + data[round(packets * end) * PACKET :]
