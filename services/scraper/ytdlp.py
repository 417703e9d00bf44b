"""The way to yt-dlp. Its functions run in worker processes and return plain, picklable values.

Every option is set here; nothing that comes over the network reaches yt-dlp but the address itself.
"""

from __future__ import annotations

import itertools
import os
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yt_dlp
from yt_dlp.globals import plugin_dirs
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.plugins import load_all_plugins
from yt_dlp.utils import DownloadError, ExtractorError, YoutubeDLError

from services.scraper.beside import Gathered, gather
from services.scraper.cookies import borrow, give_back
from services.scraper.failures import Evidence, player_was_silent
from services.scraper.tracks import ORIGINAL, choose
from services.scraper.ytdlp_values import Downloaded, Listed, ListedPlaylist, ListedVideo, ListingEnded, SourceRules
from shared.contracts import youtube

#: Seconds without a byte before a connection counts as dead.
SOCKET_SECONDS = 20
#: Seconds; a source that names more, or nothing at all, has not said anything that helps (7 days).
LONGEST_RETRY_AFTER = 7 * 86_400
#: How many lists deep a listing goes: a channel, its tab of playlists, a playlist.
NESTED_LISTS = 2
#: Retries inside one attempt, for pages and media. Few: the retry service waits better than a worker does.
INNER_RETRIES = 2
_TOO_MANY = 429


class _Words:
    """Collects what yt-dlp says instead of printing it: the warnings are evidence."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def debug(self, _: str) -> None:
        """Progress; not needed."""

    def info(self, _: str) -> None:
        """Progress; not needed."""

    def warning(self, text: str) -> None:
        """Kept."""
        self.warnings.append(text)

    def error(self, _: str) -> None:
        """Comes as an exception too."""


class _CountingYtdlp(yt_dlp.YoutubeDL):  # type: ignore[misc]
    """yt-dlp that counts what it asks: every request goes through `urlopen`, those for media from within `dl`."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._requests = self._for_media = 0
        #: The last refusal for having asked too much; what yt-dlp ends with may not name it.
        self.too_many: HTTPError | None = None
        super().__init__(options)

    @property
    def asked(self) -> int:
        """Pages and calls so far."""
        return self._requests - self._for_media

    def urlopen(self, req: Any) -> Any:
        self._requests += 1
        try:
            return super().urlopen(req)
        except HTTPError as error:
            if error.status == _TOO_MANY:
                self.too_many = error
            raise

    def dl(self, *arguments: Any, **more: Any) -> Any:
        before = self._requests
        try:
            return super().dl(*arguments, **more)
        finally:
            self._for_media += self._requests - before


class _NotTaken(Exception):
    """Raised into yt-dlp to stop a download; the text is evidence."""


@dataclass
class _Taking:
    """Decides what is downloaded, and notes why it is not."""

    rules: SourceRules
    evidence: Evidence | None = None

    def look(self, info: dict[str, Any], *, incomplete: bool) -> str | None:
        """A match filter: refuses what is still live, for it has no end yet, and what is too long."""
        if incomplete:
            return None
        if info.get("live_status") in ("is_live", "post_live"):
            return self._skip("This live stream recording is not available yet")
        seconds, longest = info.get("duration") or 0, self.rules.longest_seconds
        if 0 < longest < seconds:
            return self._skip(f"It lasts {seconds:.0f} s, longer than SCRAPER_LONGEST_VIDEO_SECONDS ({longest:.0f})")
        return None

    def choose(self, context: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A format selector: the best sound of the right track."""
        chosen = choose(context["formats"], self.rules.language)
        if chosen is not None:
            self._check_size(chosen.get("filesize") or 0)
            yield chosen
        elif any(offered.get("acodec") != "none" for offered in context["formats"]):
            heard = sorted({str(offered.get("language")) for offered in context["formats"] if offered.get("language")})
            wanted = "the original" if self.rules.language == ORIGINAL else self.rules.language
            raise _NotTaken(f"No sound track of {wanted} is offered, only {', '.join(heard)}")

    def progress(self, status: dict[str, Any]) -> None:
        """A progress hook: ends a download that grows too large."""
        self._check_size(max(status.get("downloaded_bytes") or 0, status.get("total_bytes") or 0))

    def _check_size(self, size: int) -> None:
        if 0 < self.rules.largest_bytes < size:
            limit = self.rules.largest_bytes // 10**6
            raise _NotTaken(f"It has {size / 1e6:.0f} MB, larger than SCRAPER_LARGEST_MEGABYTES ({limit})")

    def _skip(self, text: str) -> str:
        self.evidence = Evidence(text)
        return text


def fetch(url: str, folder: Path, rules: SourceRules) -> Downloaded | Evidence:
    """Download the best audio of one video into `folder`. What goes wrong at the source is returned, not raised."""
    words, taking = _Words(), _Taking(rules)
    options = _options(words, rules) | {
        "format": taking.choose,
        "progress_hooks": [taking.progress],
        "ratelimit": rules.bytes_per_second or None,
        "outtmpl": {"default": str(folder / "source.%(ext)s")},
        "noplaylist": True,
        "match_filter": taking.look,
        "fixup": "never",
        "overwrites": True,
    }
    cookies = borrow(rules.cookies_file, folder) if rules.cookies_file is not None else None
    if cookies is not None:
        options["cookiefile"] = str(cookies)
    _load_plugins(rules)
    ydl = _CountingYtdlp(options)
    try:
        with ydl:
            info = ydl.extract_info(url, download=True)
            files = sorted(folder.glob("source.*"))
            taken = info is not None and taking.evidence is None and len(files) == 1
            beside = gather(ydl, info, folder, rules) if taken else Gathered([], [])
    except _NotTaken as error:
        return Evidence(str(error), requests=ydl.asked)
    except Exception as error:
        # Not only yt-dlp's own exceptions: an extractor that meets a changed page raises TypeErrors and their like.
        evidence = _evidence(error, words, url, rules)
        retry_after = evidence.retry_after
        if player_was_silent(evidence.text):
            retry_after = retry_after or _retry_after(ydl.too_many)
        return replace(evidence, requests=evidence.requests + ydl.asked, retry_after=retry_after)
    if taking.evidence is not None:
        return replace(taking.evidence, requests=ydl.asked)
    if cookies is not None and rules.cookies_file is not None:
        give_back(cookies, rules.cookies_file)
    if not taken:
        text = f"yt-dlp left {len(files)} files; please report this issue"
        return Evidence(text, warnings=tuple(words.warnings), requests=ydl.asked)
    return _downloaded(info, files[0], beside, ydl.asked)


def _downloaded(info: dict[str, Any], path: Path, beside: Gathered, requests: int) -> Downloaded:
    return Downloaded(
        path=path,
        metadata={
            "title": info.get("title"),
            "channel": info.get("channel") or info.get("uploader"),
            "channel_id": info.get("channel_id") or info.get("uploader_id"),
            "duration_seconds": info.get("duration"),
            "upload_date": info.get("upload_date"),
            "licence": info.get("license"),
            "language": info.get("language"),
            "description": info.get("description"),
            "webpage_url": info.get("webpage_url"),
        },
        duration_seconds=info.get("duration"),
        source_codec=info.get("acodec"),
        source_bitrate_kbps=info.get("abr"),
        source_format=info.get("format_id"),
        size_bytes=path.stat().st_size,
        requests=requests,
        beside=tuple(beside.files),
        missing=tuple(beside.missing),
    )


def listing(url: str, rules: SourceRules) -> Iterator[Listed]:
    """A playlist's head, then its videos as pages arrive. The last item says what it took, or what went wrong.

    A single video's address is a playlist of one. Lists in a list, as in a channel's tab of playlists, are followed.
    """
    words = _Words()
    options = _options(words, rules) | {"extract_flat": "in_playlist", "lazy_playlist": True}
    address, wanted = youtube.wanted_of(url)
    _load_plugins(rules)
    with tempfile.TemporaryDirectory(prefix="fonoteca-listing-") as folder:
        if rules.cookies_file is not None:
            # A listing renews nothing that is worth keeping.
            options["cookiefile"] = str(borrow(rules.cookies_file, Path(folder)))
        yield from _listed(_CountingYtdlp(options), address, wanted, words)


def _listed(ydl: _CountingYtdlp, address: str, wanted: int | None, words: _Words) -> Iterator[Listed]:
    try:
        with ydl:
            info = _found(ydl, address)
            if info is None:
                yield Evidence("Nothing found at this address; please report this issue", requests=ydl.asked)
                return
            if (single := _single(info, address)) is not None:
                yield ListedPlaylist(single.title, info.get("channel"))
                yield single
            else:
                yield ListedPlaylist(info.get("title"), info.get("channel") or info.get("uploader"))
                yield from itertools.islice(_videos(ydl, info, NESTED_LISTS), wanted)
    except Exception as error:
        yield replace(_evidence(error, words), requests=ydl.asked)
        return
    yield ListingEnded(ydl.asked)


def _load_plugins(rules: SourceRules) -> None:
    """Of yt-dlp's plugins only installed packages count, and those only where a provider of PO tokens is named."""
    folders = [] if rules.po_token_provider is None else [str(Path(sysconfig.get_path("purelib")).parent)]
    if plugin_dirs.value != folders:
        plugin_dirs.value = folders
        if folders:
            load_all_plugins()


def _found(ydl: yt_dlp.YoutubeDL, url: str, ie_key: str | None = None) -> dict[str, Any] | None:
    """What is at an address, which may lead to another, a few times. Entries are fetched when they are looked at."""
    info: dict[str, Any] | None = ydl.extract_info(url, download=False, process=False, ie_key=ie_key)
    for _ in range(5):
        if info is None or info.get("_type") not in ("url", "url_transparent") or _flat_video(info) is not None:
            break
        info = ydl.extract_info(info["url"], download=False, process=False, ie_key=info.get("ie_key"))
    return info


def _single(info: dict[str, Any], url: str) -> ListedVideo | None:
    """The video that an address leads to; None if it leads to a list."""
    if info.get("_type") in ("url", "url_transparent"):
        return _flat_video(info)
    if info.get("_type", "video") == "video":
        return ListedVideo(_video_id(info), info.get("webpage_url") or url, info.get("title"))
    return None


def _videos(ydl: yt_dlp.YoutubeDL, info: dict[str, Any], deeper: int) -> Iterator[ListedVideo]:
    for entry in info.get("entries") or ():
        if entry is None:
            continue
        if (video := _flat_video(entry)) is not None:
            yield video
        elif deeper > 0 and (inner := _nested(ydl, entry)) is not None:
            yield from _videos(ydl, inner, deeper - 1)


def _nested(ydl: yt_dlp.YoutubeDL, entry: dict[str, Any]) -> dict[str, Any] | None:
    """A list in a list; None if it is none."""
    if entry.get("_type") == "playlist":
        return entry
    return _found(ydl, entry["url"], entry.get("ie_key")) if entry.get("url") else None


def _flat_video(entry: dict[str, Any]) -> ListedVideo | None:
    """A flat entry as a video; None if it is none (a nested playlist, say)."""
    key = (entry.get("ie_key") or "").lower()
    if not entry.get("id") or not entry.get("url") or not key or "tab" in key or "playlist" in key:
        return None
    return ListedVideo(f"{key}:{entry['id']}", entry["url"], entry.get("title"))


def _video_id(info: dict[str, Any]) -> str:
    return f"{str(info.get('extractor_key') or info.get('extractor') or 'unknown').lower()}:{info['id']}"


def _options(words: _Words, rules: SourceRules) -> dict[str, Any]:
    options: dict[str, Any] = {
        "quiet": True,
        "noprogress": True,
        "color": {"stdout": "no_color", "stderr": "no_color"},
        "logger": words,
        "retries": INNER_RETRIES,
        "fragment_retries": INNER_RETRIES,
        "extractor_retries": INNER_RETRIES,
        "socket_timeout": SOCKET_SECONDS,
        "sleep_interval_requests": rules.request_interval,
        "allowed_extractors": list(rules.extractors),
        "cachedir": False,
        # Its own downloader for everything: FFmpeg's would pass the guard of the network by.
        "hls_prefer_native": True,
        # Never pretend to be in another country.
        "geo_bypass": False,
        "noplaylist": False,
    }
    if rules.proxy is not None:
        options["proxy"] = rules.proxy
    if rules.po_token_provider is not None:
        options["extractor_args"] = {"youtubepot-bgutilhttp": {"base_url": [rules.po_token_provider]}}
    if os.environ.get("SSL_CERT_FILE"):
        # With certifi installed yt-dlp would ignore the variable, and a company's or test site's authority with it.
        options["compat_opts"] = {"no-certifi"}
    return options


def _evidence(
    error: BaseException, words: _Words, url: str | None = None, rules: SourceRules | None = None
) -> Evidence:
    """What an exception and the warnings before it tell."""
    chain = _causes(error)
    http = next((cause for cause in chain if isinstance(cause, HTTPError)), None)
    text = str(error)
    if not isinstance(error, (YoutubeDLError, OSError)):
        text = f"{type(error).__name__}: {text}; please report this issue"
    begins_at, requests = None, 0
    if url is not None and rules is not None and ("Premieres" in text or "will begin" in text):
        begins_at, requests = _begin(url, rules)
    return Evidence(
        text=text,
        kinds=tuple(type(cause).__name__ for cause in chain),
        http_status=http.status if http is not None else None,
        retry_after=_retry_after(http),
        warnings=tuple(words.warnings[-20:]),
        begins_at=begins_at,
        requests=requests,
        on_media=not any(isinstance(cause, ExtractorError) for cause in chain),
    )


def _causes(error: BaseException) -> list[BaseException]:
    """The exception, what it wraps, and their causes; each once."""
    chain: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or cause in chain:
            continue
        chain.append(cause)
        if isinstance(cause, DownloadError) and cause.exc_info:
            waiting.append(cause.exc_info[1])
        waiting += [getattr(cause, "cause", None), cause.__cause__, cause.__context__]
    return [cause for cause in chain if isinstance(cause, BaseException)]


def _retry_after(http: HTTPError | None) -> float | None:
    value = http.response.headers.get("Retry-After", "") if http is not None and http.response is not None else ""
    seconds = float(value) if value.isascii() and value.isdigit() and len(value) < 8 else 0
    return seconds if 0 < seconds <= LONGEST_RETRY_AFTER else None


def _begin(url: str, rules: SourceRules) -> tuple[datetime | None, int]:
    """When a premiere or live event begins: a second extraction that tolerates that there are no formats yet.

    Returns also how many pages and calls that took.
    """
    options = _options(_Words(), rules) | {"ignore_no_formats_error": True, "noplaylist": True}
    ydl = _CountingYtdlp(options)
    try:
        with ydl:
            timestamp = (ydl.extract_info(url, download=False) or {}).get("release_timestamp")
    except Exception:
        return None, ydl.asked
    return datetime.fromtimestamp(timestamp, UTC) if timestamp else None, ydl.asked
