"""yt-dlp as it is used here: its options, its words, its requests counted."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import Any

import yt_dlp
from yt_dlp.globals import plugin_dirs
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.plugins import load_all_plugins

from services.scraper.beside import Missing, Refused
from services.scraper.ytdlp_values import SourceRules

#: Seconds without a byte before a connection counts as dead.
SOCKET_SECONDS = 20
#: Retries inside one attempt, for pages and media. Few: the retry service waits better than a worker does.
INNER_RETRIES = 2
TOO_MANY = 429
#: Seconds; a source that names more, or nothing at all, has not said anything that helps (7 days).
LONGEST_RETRY_AFTER = 7 * 86_400


class Words:
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


class CountingYtdlp(yt_dlp.YoutubeDL):  # type: ignore[misc]
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
        """Open an address, counting it."""
        self._requests += 1
        try:
            return super().urlopen(req)
        except HTTPError as error:
            if error.status == TOO_MANY:
                self.too_many = error
            raise

    def read(self, url: str, largest: int) -> bytes:
        """What `beside` reads by."""
        try:
            with self.urlopen(url) as answer:
                data: bytes = answer.read(largest + 1)
        except HTTPError as error:
            if error.status == TOO_MANY:
                raise Refused(retry_after_of(error)) from error
            raise Missing(str(error)) from error
        except RequestError as error:
            raise Missing(str(error)) from error
        return data

    def plain(self, info: dict[str, Any]) -> dict[str, Any]:
        """What `beside` writes."""
        found: dict[str, Any] = self.sanitize_info(info, remove_private_keys=True)
        return found

    def dl(self, *arguments: Any, **more: Any) -> Any:
        """Download media."""
        before = self._requests
        try:
            return super().dl(*arguments, **more)
        finally:
            self._for_media += self._requests - before


def load_plugins(rules: SourceRules) -> None:
    """Of yt-dlp's plugins only installed packages count, and those only where a provider of PO tokens is named."""
    folders = [] if rules.po_token_provider is None else [str(Path(sysconfig.get_path("purelib")).parent)]
    if plugin_dirs.value != folders:
        plugin_dirs.value = folders
        if folders:
            load_all_plugins()


def options_of(words: Words, rules: SourceRules) -> dict[str, Any]:
    """yt-dlp's options for everything that is asked."""
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


def retry_after_of(http: HTTPError | None) -> float | None:
    """Seconds of a Retry-After header; None if there is none that helps."""
    value = http.response.headers.get("Retry-After", "") if http is not None and http.response is not None else ""
    seconds = float(value) if value.isascii() and value.isdigit() and len(value) < 8 else 0
    return seconds if 0 < seconds <= LONGEST_RETRY_AFTER else None
