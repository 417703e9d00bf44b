"""Our yt-dlp: its options, its log, and a check of every request, which is counted and needs a permit."""

from __future__ import annotations

import io
import os
import re
import sysconfig
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yt_dlp
from yt_dlp.globals import plugin_dirs
from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.plugins import load_all_plugins
from yt_dlp.version import __version__

from services.scraper.engines.clean_values import cleaned
from services.scraper.engines.permits import NotPermitted, Permits
from services.scraper.engines.sidecars import Missing, TooManyRequests
from services.scraper.engines.values import SourceRules
from services.scraper.engines.work import answered_at, source_of_redirect
from services.scraper.engines.ytdlp import native
from services.scraper.engines.ytdlp.answers import BoundedAnswer, check_length, redirections
from services.scraper.engines.ytdlp.identity import check_identity, id_at
from services.scraper.engines.ytdlp.media import media_of, offset_of, public_address_in
from services.scraper.engines.ytdlp.network_reason import request_reason
from services.scraper.failures.named_times import seconds_of
from services.scraper.failures.reason_groups import OF_NETWORK
from services.scraper.measuring import recorder as measuring
from services.scraper.workspace.space_needed import Need
from shared.addresses.sources import YOUTUBE, source_of
from shared.contracts.reasons import Reason
from shared.untrusted.bounds import MAX_INTEGER, number_within

VERSION = __version__
#: Seconds without a byte before a connection counts as dead.
SOCKET_SECONDS = 20
#: Retries within one attempt, for pages and media. Few, since the retry service can wait longer than a worker.
INNER_RETRIES = 2
TOO_MANY = 429
#: The page to which Google redirects clients that it takes for robots.
_SORRY = re.compile(r"^https?://(www\.)?google\.com/sorry")
#: The duration of a fragment in an HLS playlist, in seconds.
_FRAGMENT_SECONDS = re.compile(r"^#EXTINF:(\d+(?:\.\d+)?)", re.MULTILINE)


class Words:
    """Collects yt-dlp's warnings, which are evidence, instead of printing them."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def debug(self, _: str) -> None:
        """Ignore progress."""

    def info(self, _: str) -> None:
        """Ignore progress."""

    def warning(self, text: str) -> None:
        """Keep a warning."""
        self.warnings.append(text)

    def error(self, _: str) -> None:
        """Ignore an error, which is also raised."""


class CountingYtdlp(yt_dlp.YoutubeDL):
    """yt-dlp with a check of all its requests: each goes through `urlopen`, those for media from within `dl`.

    Failures of requests are evidence, even if yt-dlp finds its answer elsewhere in the end.
    """

    def __init__(self, options: dict[str, Any], rules: SourceRules) -> None:
        #: Pages and calls requested so far.
        self.asked = 0
        #: Whether any request was for YouTube.
        self.asked_youtube = False
        #: The last refusal because of too many requests; yt-dlp's final error may not name it.
        self.too_many: HTTPError | None = None
        #: Reasons of failed requests: the network, a proxy, or a server that failed or refused.
        self.network_troubles: list[Reason] = []
        #: Why the last request for media failed, if it did: yt-dlp reports it as a text, without an exception.
        self.media_trouble: Reason | None = None
        #: Sum of the fragments' durations in a stream's playlist, in seconds; None if there was no playlist.
        self.manifest_seconds: float | None = None
        self.manifest_tolerance = 0.0
        self._permits = Permits(rules.permits)
        #: The work's own source, "" if unknown; and the source of the current request.
        self._own_source = self._now_asking = rules.permits.source if rules.permits is not None else ""
        self._media_depth = 0
        self._asked_id = rules.video_id
        #: The first address that was extracted; all others follow from it.
        self._asked_address: str | None = None
        super().__init__(options)

    @property
    def denied(self) -> NotPermitted | None:
        """The last denial of the service, even if an extractor swallowed the exception."""
        return self._permits.denied

    def has_room(self, need: Need) -> bool:
        """Whether the video may use so much of the work folder's disk."""
        return self._permits.room(need.low, need.high)

    def urlopen(self, req: Any) -> Any:
        """Open an address.

        Raises NotPermitted if the source may not be asked now, NotNative if media may not be fetched from this address,
        AddressTooLong.
        """
        address = req if isinstance(req, str) else str(req.url)
        check_length(address)
        if self._media_depth:
            native.check_address(address)
            return self._media_answer(address, req)
        self._permits.ask(address)
        self.asked += 1
        return BoundedAnswer(self._answer(address, req))

    def _media_answer(self, address: str, req: Any) -> Any:
        """Open an address of media, and record how it arrives."""
        recorder = measuring.current()
        if recorder is None:
            return self._timed(BoundedAnswer(self._answer(address, req), as_stream=True))
        request = recorder.begin(address, None if isinstance(req, str) else offset_of(req.headers.get("Range")))
        with ExitStack() as unless_answered:
            unless_answered.callback(recorder.refused, request)
            try:
                answer = recorder.answered(request, self._answer(address, req))
            except HTTPError as error:
                request.status = error.status
                raise
            unless_answered.pop_all()
        return self._timed(BoundedAnswer(answer, as_stream=True))

    def _answer(self, address: str, req: Any) -> Any:
        """Open an address. Failures are noted, and raised."""
        try:
            self._now_asking = source_of_redirect(self._own_source, address)
            self.asked_youtube = self.asked_youtube or self._now_asking == YOUTUBE
            with redirections(self._on_redirect):
                answer = super().urlopen(req)
        except HTTPError as error:
            if error.response is not None:
                error.response = BoundedAnswer(error.response)
            if error.status == TOO_MANY:
                self.too_many = error
                self._tell_refused(address, asked_url_of(error), retry_after_of(error))
            self._note(error)
            raise
        except RequestError as error:
            self._note(error)
            raise
        if self._media_depth:
            self.media_trouble = None
        if _SORRY.match(str(answer.url)):
            self._permits.refused(None, address if source_of("", address) == YOUTUBE else None)
            self.network_troubles.append(Reason.CAPTCHA)
        return answer

    def _on_redirect(self, status: int, target: str) -> None:
        """Ask for a permit before a redirect to another source is followed. Raises NotPermitted.

        A redirect within a source is part of the same request. Media is not counted, except if another source redirects
        to YouTube, where the target can be any page.
        """
        if self._media_depth and (recorder := measuring.current()) is not None:
            recorder.redirected(status, target)
        whose, whom = self._now_asking, source_of_redirect(self._now_asking, target)
        self._now_asking = whom
        if whom != whose and (not self._media_depth or whom == YOUTUBE):
            self._permits.ask(target, redirected=True)
            self.asked += 1
            self.asked_youtube = self.asked_youtube or whom == YOUTUBE

    def _tell_refused(self, asked: str, answered: str | None, retry_after: float | None) -> None:
        found = answered_at(asked, answered)
        elsewhere = found is not None and source_of("", found) != source_of("", asked)
        self._permits.refused(retry_after, found, redirected=elsewhere)

    def _note(self, error: RequestError) -> None:
        reason = request_reason(error)
        if self._media_depth:
            self.media_trouble = reason
        if reason in OF_NETWORK:
            self.network_troubles.append(reason)

    def _timed(self, answer: Any) -> Any:
        """Return an answer for media. If it is a stream's playlist, sum up the durations in it. Raises NotNative."""
        if not urlsplit(str(answer.url)).path.endswith((".m3u8", ".m3u")) and "mpegurl" not in str(
            answer.headers.get("Content-Type", "")
        ):
            return answer
        if (recorder := measuring.current()) is not None:
            recorder.forget_last()
        body = answer.read()
        text = body.decode("utf-8", "replace")
        native.check_playlist(text)
        told = _FRAGMENT_SECONDS.findall(text)
        if told:
            self.manifest_seconds = sum(map(float, told))
            # Each duration is rounded to its last digit: 9.9 may be anything from 9.85 to 9.95.
            self.manifest_tolerance = sum(0.5 * 10 ** -len(value.partition(".")[2]) for value in told)
        return Response(io.BytesIO(body), answer.url, answer.headers, answer.status, answer.reason)

    def extract_info(self, url: str, *arguments: Any, **more: Any) -> Any:
        """Extract what is at an address, and remember the first address."""
        self._asked_address = self._asked_address or url
        return super().extract_info(url, *arguments, **more)

    def process_video_result(self, info_dict: dict[str, Any], download: bool = True) -> Any:
        """Note the length that each format declares, before yt-dlp fills in guesses.

        YouTube's extractor stores it as a size: bitrate × `approxDurationMs`. Every video passes through here before
        anything of it is downloaded. Raises FoundOther if it is not the requested video.
        """
        check_identity(info_dict, self._asked_id, self._asked_address or "")
        if info_dict.get("extractor_key") == "Youtube":
            for offered in info_dict.get("formats") or ():
                size, rate = offered.get("filesize_approx"), offered.get("tbr")
                if number_within(size, 1, MAX_INTEGER) and number_within(rate, 0.001, MAX_INTEGER):
                    offered["track_seconds"] = size * 8 / (rate * 1000)
        return super().process_video_result(info_dict, download)

    def single_video_of(self, url: str) -> str | None:
        """The id of the one video that an address names by itself; None if only its page could tell."""
        extractor = next((found for found in self._ies.values() if found.suitable(url)), None)
        if extractor is None or not extractor.is_single_video(url):
            return None
        source_id = extractor.get_temp_id(url)
        return id_at(extractor.ie_key(), source_id, url) if source_id else None

    def read(self, url: str, largest: int) -> bytes:
        """Read the body at an address for `sidecars`. Raises Missing or TooManyRequests."""
        try:
            with self.urlopen(url) as answer:
                data: bytes = answer.read(largest + 1)
        except HTTPError as error:
            if error.status == TOO_MANY:
                raise TooManyRequests(retry_after_of(error)) from error
            raise Missing(str(error)) from error
        except (RequestError, NotPermitted) as error:
            raise Missing(str(error)) from error
        return data

    def plain(self, info: dict[str, Any]) -> dict[str, Any]:
        """Return a description that `sidecars` can write as JSON."""
        found: dict[str, Any] = cleaned(self.sanitize_info(info, remove_private_keys=True))
        return found

    def dl(self, name: str, info: dict[str, Any], *arguments: Any, **more: Any) -> Any:
        """Download media. Raises NotNative if yt-dlp would need another program."""
        native.check(info, self.params)
        if (recorder := measuring.current()) is not None:
            recorder.media, recorder.public_address = media_of(info), public_address_in(info.get("url"))
        self._media_depth += 1
        try:
            return super().dl(name, info, *arguments, **more)
        finally:
            self._media_depth -= 1


def load_plugins(rules: SourceRules) -> None:
    """Load yt-dlp's plugins only from installed packages, and only if a provider of PO tokens is configured."""
    folders = [] if rules.po_token_provider is None else [str(Path(sysconfig.get_path("purelib")).parent)]
    if plugin_dirs.value != folders:
        plugin_dirs.value = folders
        if folders:
            load_all_plugins()


def options_of(words: Words, rules: SourceRules) -> dict[str, Any]:
    """Return yt-dlp's options for all requests."""
    options: dict[str, Any] = {
        "quiet": True,
        "noprogress": True,
        "color": {"stdout": "no_color", "stderr": "no_color"},
        "logger": words,
        "retries": INNER_RETRIES,
        "fragment_retries": INNER_RETRIES,
        # A stream with a missing fragment is incomplete.
        "skip_unavailable_fragments": False,
        "extractor_retries": INNER_RETRIES,
        "socket_timeout": SOCKET_SECONDS,
        "sleep_interval_requests": rules.request_interval,
        "allowed_extractors": list(rules.extractors),
        "cachedir": False,
        # Only its own downloaders.
        **native.OPTIONS,
        # Never pretend to be in another country.
        "geo_bypass": False,
        "noplaylist": False,
    }
    if rules.proxy is not None:
        options["proxy"] = rules.proxy
    if rules.po_token_provider is not None:
        options["extractor_args"] = {"youtubepot-bgutilhttp": {"base_url": [rules.po_token_provider]}}
    if os.environ.get("SSL_CERT_FILE"):
        # With certifi installed, yt-dlp would ignore the variable, and so the authority of a company or a test site.
        options["compat_opts"] = {"no-certifi"}
    return options


def asked_url_of(http: HTTPError | None) -> str | None:
    """The address that answered with an HTTP error, at the end of all redirects."""
    return str(http.response.url) if http is not None and http.response is not None and http.response.url else None


def retry_after_of(http: HTTPError | None) -> float | None:
    """Seconds of a Retry-After header; None if there is no usable one."""
    if http is None or http.response is None:
        return None
    return seconds_of(http.response.headers.get("Retry-After"), datetime.now(UTC))
