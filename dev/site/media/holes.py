"""Holes in the sound of a video: their place, and how they are cut into a file or a fragment. Pure functions."""

from __future__ import annotations

from dev.site.library import SiteVideo

#: Bytes of a packet of an MPEG transport stream.
PACKET = 188


def hole_of(video: SiteVideo) -> tuple[float, float] | None:
    """Return the first and last second of a video's hole; None if it is whole."""
    if not video.hole_seconds:
        return None
    kept = video.seconds - video.hole_seconds
    begin = {"begin": 0.0, "middle": kept / 2, "end": kept}[video.hole_at]
    return begin, begin + video.hole_seconds


def without_packets(hole: tuple[float, float]) -> list[str]:
    """Return FFmpeg's options that copy a sound without the packets of its hole, and keep the times of the others."""
    begin, end = hole
    return ["-c", "copy", "-copyts", "-bsf:a", f"noise=amount=0:drop='gte(pts*tb,{begin})*lt(pts*tb,{end})'"]


def without_bytes(data: bytes, begins: float, lasts: float, hole: tuple[float, float]) -> bytes:
    """Return a fragment without its part in the hole. `begins`: its first second; `lasts`: its length in seconds."""
    begin, end = (min(1.0, max(0.0, (at - begins) / lasts)) for at in hole)
    packets = len(data) // PACKET
    return data[: round(packets * begin) * PACKET] + data[round(packets * end) * PACKET :]
