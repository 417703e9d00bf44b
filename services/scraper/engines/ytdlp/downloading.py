"""Downloads the audio of one video with its sidecars, or only tries whether the source would serve it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.scraper.engines.foreign_code import ForeignError, foreign_code
from services.scraper.engines.format_selection import ORIGINAL, choose
from services.scraper.engines.sidecars import Gathered, TooManyRequests, gather
from services.scraper.engines.site_packages import SiteCodeFailed
from services.scraper.engines.values import Downloaded, Served, SourceRules
from services.scraper.engines.ytdlp import facts
from services.scraper.engines.ytdlp.client import TOO_MANY, CountingYtdlp, Words, load_plugins, options_of
from services.scraper.engines.ytdlp.evidence import evidence_of, witnessed
from services.scraper.engines.ytdlp.identity import identified
from services.scraper.engines.ytdlp.native import NotNative, is_native
from services.scraper.engines.ytdlp.sites import problem_of, site_video
from services.scraper.engines.ytdlp.sites.evidence import site_evidence
from services.scraper.engines.ytdlp.warning_texts import formats_are_missing
from services.scraper.failures import Evidence, classify
from services.scraper.media.length import PromisedLength
from services.scraper.network.cookies import borrow, merge_back
from services.scraper.sites.routes import site_named_in
from services.scraper.workspace.space_needed import Need, SourceAudio, needed
from shared.contracts.reasons import Reason
from shared.errors import FailureClass
from shared.filters import left_out_by_all
from shared.untrusted.bounds import LAST_MOMENT, MAX_INTEGER, MAX_SECONDS, number_within

#: Fields that are equal in all formats of one track.
_TRACK = ("language", "language_preference")


class NotTaken(Exception):
    """Raised through yt-dlp to refuse a video."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class _NoRoom(Exception):
    """Raised through yt-dlp before a download for which the disk has no room."""

    def __init__(self, need: Need) -> None:
        super().__init__(f"There is no room for the {need.low} to {need.high} bytes that it needs")
        self.need = need


@dataclass
class DownloadPolicy:
    """Decides what is downloaded, and notes why something is not."""

    rules: SourceRules
    #: Returns whether the formats are complete: none was left out because a tool or a token is missing.
    formats_are_whole: Callable[[], bool]
    #: Returns whether the disk has room for so much.
    has_room: Callable[[Need], bool] = lambda _: True
    evidence: Evidence | None = None

    def look(self, info: dict[str, Any], *, incomplete: bool) -> str | None:
        """A match filter of yt-dlp: refuses what filters leave out, is live, is too long, or finds no room."""
        if incomplete:
            return None
        if (rule := left_out_by_all(self.rules.filters, facts.facts_of(info), final=True)) is not None:
            return self._skip(Reason.FILTERED, rule)
        if info.get("live_status") in ("is_live", "post_live"):
            return self._skip(Reason.LIVE, "This live stream recording is not available yet")
        seconds, longest = number_within(info.get("duration"), 0, MAX_SECONDS) or 0, self.rules.longest_seconds
        if 0 < longest < seconds:
            text = f"It lasts {seconds:.0f} s, longer than SCRAPER_LONGEST_VIDEO_SECONDS ({longest:.0f})"
            return self._skip(Reason.LONGER_THAN_ALLOWED, text)
        need = needed(self.rules.profiles, _sound(info))
        if need is not None and not self.has_room(need):
            raise _NoRoom(need)
        return None

    def choose(self, context: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A format selector of yt-dlp: yields the best audio of the wanted track. Raises NotTaken if there is none."""
        chosen = self._native(context["formats"], choose(context["formats"], self.rules.language))
        if chosen is not None:
            self._check_size(number_within(chosen.get("filesize"), 0, MAX_INTEGER) or 0)
            yield chosen
        elif any(offered.get("acodec") != "none" for offered in context["formats"]):
            heard = sorted({str(offered.get("language")) for offered in context["formats"] if offered.get("language")})
            wanted = "the original" if self.rules.language == ORIGINAL else self.rules.language
            raise NotTaken(
                Reason.TRACK_MISSING, f"The source offers no audio track in {wanted}, only in {', '.join(heard)}"
            )
        elif self.formats_are_whole() and any(offered.get("vcodec") != "none" for offered in context["formats"]):
            raise NotTaken(Reason.NO_SOUND, "It has pictures, but no audio track")

    def _native(self, formats: list[dict[str, Any]], best: dict[str, Any] | None) -> dict[str, Any] | None:
        """The best format of the track that yt-dlp can download itself; if none, `best`, which is refused later."""
        if best is None or is_native(best, {}):
            return best
        track = [f for f in formats if all(f.get(name) == best.get(name) for name in _TRACK) and is_native(f, {})]
        return choose(track, self.rules.language) or best

    def progress(self, status: dict[str, Any]) -> None:
        """A progress hook of yt-dlp: ends a download that becomes too large."""
        self._check_size(max(status.get("downloaded_bytes") or 0, status.get("total_bytes") or 0))

    def _check_size(self, size: float) -> None:
        if 0 < self.rules.largest_bytes < size:
            limit = self.rules.largest_bytes // 10**6
            text = f"It has {size / 1e6:.0f} MB, larger than SCRAPER_LARGEST_MEGABYTES ({limit})"
            raise NotTaken(Reason.LARGER_THAN_ALLOWED, text)

    def _skip(self, reason: Reason, text: str) -> str:
        self.evidence = Evidence(text, reason)
        return text


def fetch(url: str, folder: Path, rules: SourceRules) -> Downloaded | Evidence:
    """Download the best audio of one video into `folder`. Failures at the source are returned, not raised."""
    if (problem := problem_of(url, rules)) is not None:
        return problem
    if rules.cookies_file is None:
        return _fetch(url, folder, rules, None)
    copy = borrow(rules.cookies_file, folder)
    result = _fetch(url, folder, rules, copy)
    if isinstance(result, Evidence) and classify(result, datetime.now(UTC)).failure_class is FailureClass.IDENTITY:
        # Cookies that a dead login leaves must not replace the account's.
        return result
    try:
        merge_back(copy, rules.cookies_file)
    except OSError as error:
        if isinstance(result, Downloaded):
            return replace(result, missing=(*result.missing, f"renewed cookies: they could not be written: {error}"))
    return result


def try_out(url: str, folder: Path, rules: SourceRules) -> Served | Evidence:
    """Request a video and the first 10 kB of its media. Failures at the source are returned, not raised."""
    if (problem := problem_of(url, rules)) is not None:
        return problem
    words = Words()
    taking = DownloadPolicy(rules, lambda: True)
    options = options_of(words, rules) | {
        "format": taking.choose,
        "outtmpl": {"default": str(folder / "source.%(ext)s")},
        "noplaylist": True,
        "fixup": "never",
        "test": True,
    }
    if rules.cookies_file is not None:
        options["cookiefile"] = str(borrow(rules.cookies_file, folder))
    load_plugins(rules)
    ydl = CountingYtdlp(options, rules)
    try:
        with foreign_code(NotTaken, NotNative, SiteCodeFailed), ydl:
            info = extracted(ydl, url, rules)
        if info is None or info.get("_type", "video") != "video":
            return Evidence("The address leads to no video", Reason.EXTRACTOR_BROKEN, requests=ydl.asked)
    except (NotTaken, NotNative):
        pass  # It was served, although we would not download it.
    except SiteCodeFailed as failed:
        return witnessed(site_evidence(failed, words), ydl)
    except ForeignError as failed:
        return witnessed(evidence_of(failed.error, words), ydl)
    return Served(ydl.asked)


def video_named_by(url: str, rules: SourceRules) -> str | None:
    """The id of the video that an address names by itself, without a request; None if only its page could tell."""
    return CountingYtdlp(options_of(Words(), rules), rules).single_video_of(url)


def _fetch(url: str, folder: Path, rules: SourceRules, cookies: Path | None) -> Downloaded | Evidence:
    words = Words()
    taking = DownloadPolicy(rules, lambda: not any(map(formats_are_missing, words.warnings)))
    options = options_of(words, rules) | {
        "format": taking.choose,
        "progress_hooks": [taking.progress],
        "ratelimit": rules.bytes_per_second or None,
        "outtmpl": {"default": str(folder / "source.%(ext)s")},
        "noplaylist": True,
        "match_filter": taking.look,
        "fixup": "never",
        "overwrites": True,
    }
    if cookies is not None:
        options["cookiefile"] = str(cookies)
    load_plugins(rules)
    ydl = CountingYtdlp(options, rules)
    taking.has_room = ydl.has_room
    try:
        with foreign_code(NotTaken, NotNative, _NoRoom, SiteCodeFailed), ydl:
            info = extracted(ydl, url, rules)
            files = sorted(folder.glob("source.*"))
            taken = info is not None and taking.evidence is None and len(files) == 1
            beside = gather(ydl, info, folder, rules) if taken else Gathered()
    except (NotTaken, NotNative) as error:
        return Evidence(str(error), error.reason, requests=ydl.asked)
    except _NoRoom as error:
        sizes = error.need.low, error.need.high
        return Evidence(str(error), Reason.LARGER_THAN_DISK, requests=ydl.asked, needs_bytes=sizes)
    except SiteCodeFailed as failed:
        return witnessed(site_evidence(failed, words), ydl)
    except ForeignError as failed:
        evidence = evidence_of(failed.error, words)
        if classify(evidence, datetime.now(UTC)).reason == Reason.NOT_YET:
            begins_at, requests = _begin(url, rules)
            evidence = replace(evidence, begins_at=begins_at, requests=requests)
        return witnessed(evidence, ydl)
    if taking.evidence is not None:
        return replace(taking.evidence, requests=ydl.asked)
    if not taken:
        text = f"yt-dlp left {len(files)} files"
        return Evidence(text, Reason.EXTRACTOR_BROKEN, warnings=tuple(words.warnings), requests=ydl.asked)
    if info.get("_type", "video") != "video":
        text = "The address leads to a list, although it was listed as a video"
        return Evidence(text, Reason.EXTRACTOR_BROKEN, warnings=tuple(words.warnings), requests=ydl.asked)
    return replace(_downloaded(info, files[0], beside, ydl), found_id=rules.video_id or identified(info, url)[0])


def extracted(ydl: CountingYtdlp, url: str, rules: SourceRules, *, download: bool = True) -> Any:
    """Return a video's description with its chosen format, by yt-dlp's own extractors or by its site's function.

    Its media is downloaded too, but for `download=False`.
    """
    if site_named_in(rules.video_id) is not None:
        return site_video(ydl, url, rules, download=download)
    return ydl.extract_info(url, download=download)


def _downloaded(info: dict[str, Any], path: Path, beside: Gathered, ydl: CountingYtdlp) -> Downloaded:
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
        promised=_promised(info, ydl),
        source_codec=info.get("acodec"),
        source_bitrate_kbps=info.get("abr"),
        source_format=info.get("format_id"),
        size_bytes=path.stat().st_size,
        requests=ydl.asked,
        sample_rate=_whole(info.get("asr")),
        channels=_whole(info.get("audio_channels")),
        beside=tuple(beside.files),
        missing=tuple(beside.missing),
        refused=_refusal(beside.refused),
    )


def _sound(info: dict[str, Any]) -> SourceAudio:
    """The values of the chosen format from which the space on disk is estimated."""
    exact, guessed = _whole(info.get("filesize")), _whole(info.get("filesize_approx"))
    return SourceAudio(
        _whole(info.get("duration")),
        exact or guessed,
        size_is_guessed=exact is None,
        sample_rate=_whole(info.get("asr")),
        channels=_whole(info.get("audio_channels")),
    )


def _whole(value: object) -> int | None:
    """A source's number, rounded up; None for any other value."""
    told = number_within(value, 0, MAX_INTEGER)
    return math.ceil(told) if told else None


def _promised(info: dict[str, Any], ydl: CountingYtdlp) -> PromisedLength:
    """The lengths that a source declares: on its page, in the audio track, and in the fragments of a stream."""
    manifest_seconds, tolerance = ydl.manifest_seconds, ydl.manifest_tolerance
    fragments = [number_within(part.get("duration"), 0, MAX_SECONDS) for part in info.get("fragments") or ()]
    if fragments and all(fragments):
        manifest_seconds, tolerance = sum(filter(None, fragments)), 0.0
    return PromisedLength(
        page_seconds=info.get("duration"),
        track_seconds=info.get("track_seconds"),
        manifest_seconds=manifest_seconds,
        manifest_tolerance=tolerance,
        in_fragments=bool(fragments) or manifest_seconds is not None,
    )


def _refusal(refused: TooManyRequests | None) -> Evidence | None:
    if refused is None:
        return None
    return Evidence(str(refused), Reason.TOO_MANY_REQUESTS, http_status=TOO_MANY, retry_after=refused.retry_after)


def _begin(url: str, rules: SourceRules) -> tuple[datetime | None, int]:
    """Find out when a premiere or live event begins, by an extraction that accepts a video without formats.

    Returns the time, None if unknown, and the number of pages and calls that were requested.
    """
    options = options_of(Words(), rules) | {"ignore_no_formats_error": True, "noplaylist": True}
    ydl = CountingYtdlp(options, rules)
    try:
        with foreign_code(), ydl:
            timestamp = (ydl.extract_info(url, download=False) or {}).get("release_timestamp")
    except ForeignError:
        return None, ydl.asked
    seconds = number_within(timestamp, 1, LAST_MOMENT.timestamp())
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None, ydl.asked
