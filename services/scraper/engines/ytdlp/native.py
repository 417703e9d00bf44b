"""Limits yt-dlp to its own downloaders: other programs would bypass the network guard.

yt-dlp by itself uses FFmpeg, rtmpdump and other programs: for unknown encryption, live streams, parts of a video and
some protocols. In some cases it decides only after reading the stream's playlist. So its choice is checked before any
request, and in addition its downloaders that start a program are disabled.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

from yt_dlp.downloader import get_suitable_downloader
from yt_dlp.downloader.bunnycdn import BunnyCdnFD
from yt_dlp.downloader.dash import DashSegmentsFD
from yt_dlp.downloader.external import _BY_NAME, ExternalFD, FFmpegFD
from yt_dlp.downloader.f4m import F4mFD
from yt_dlp.downloader.hls import HlsFD
from yt_dlp.downloader.http import HttpFD
from yt_dlp.downloader.ism import IsmFD
from yt_dlp.downloader.rtmp import RtmpFD
from yt_dlp.downloader.soop import SoopVodFD
from yt_dlp.downloader.websocket import FFmpegSinkFD

from shared.contracts.reasons import Reason

#: Downloaders whose every request goes through yt-dlp, where it is counted and guarded.
NATIVE = (HttpFD, HlsFD, DashSegmentsFD, F4mFD, IsmFD, BunnyCdnFD, SoopVodFD)
_SCHEMES = {"http", "https", "ftp", "ftps", "ws", "wss", "data"}
#: In an HLS playlist: the encryption of the following fragments.
_KEY_METHOD = re.compile(r"^#EXT-X-KEY:.*?\bMETHOD=([^,\s]*)", re.MULTILINE)
#: yt-dlp's options for its own downloaders.
OPTIONS: dict[str, Any] = {"hls_prefer_native": True, "external_downloader": {"default": "native"}}


class NotNative(Exception):
    """Raised instead of a download by another program."""

    reason = Reason.UNSUPPORTED_STREAM

    def __init__(self, what: str) -> None:
        super().__init__(f"Only another program could fetch this stream ({what}), so it was not fetched")


def is_native(offered: dict[str, Any], params: dict[str, Any]) -> bool:
    """Whether yt-dlp itself would download a format, as far as that is known before its playlist is read."""
    return _why_not(offered, params) is None


def check(info: dict[str, Any], params: dict[str, Any]) -> None:
    """Raise NotNative unless yt-dlp itself would download this."""
    if (why := _why_not(info, params)) is not None:
        raise NotNative(why)


def check_address(url: str) -> None:
    """Raise NotNative for a media address that is not http(s), such as a file or one of FFmpeg's own protocols."""
    scheme = url.partition(":")[0].lower()
    if scheme not in _SCHEMES:
        raise NotNative(f"an address of the kind {scheme[:40] or 'none'}")


def check_playlist(text: str) -> None:
    """Raise NotNative for an HLS playlist whose encryption yt-dlp does not support, wherever the playlist names it.

    yt-dlp looks for the method in only one place, and downloads fragments with an unknown method as they are.
    """
    methods = (found[1] for found in _KEY_METHOD.finditer(text))
    unknown = next((method for method in methods if method not in ("NONE", "AES-128")), None)
    if unknown is not None and not HlsFD._has_drm(text):  # noqa: SLF001  # its own rule, not a copy
        raise NotNative(f"encrypted by {unknown[:40]}")


def _why_not(info: dict[str, Any], params: dict[str, Any]) -> str | None:
    if info.get("section_start") or info.get("section_end"):
        return "a part of a video"
    # A copy, since yt-dlp changes its argument.
    chosen = get_suitable_downloader(dict(info), {**params, **OPTIONS})
    return None if chosen in NATIVE else str(info.get("protocol") or getattr(chosen, "FD_NAME", "several parts"))


def _refuse(downloader: Any, *_: object, **__: object) -> NoReturn:
    raise NotNative(str(downloader.FD_NAME))


def _none_available(*_: object, **__: object) -> bool:
    return False


def forbid_programs() -> None:
    """Disable every downloader of yt-dlp that starts a program, permanently in this process."""
    for downloader in (ExternalFD, *_BY_NAME.values(), FFmpegFD, RtmpFD, FFmpegSinkFD):
        downloader.real_download = _refuse
    # Otherwise yt-dlp would start FFmpeg to read its version.
    FFmpegFD.available = classmethod(_none_available)


forbid_programs()
