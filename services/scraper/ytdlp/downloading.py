"""Downloads the sound of one video, and what lies beside it; or only tries whether the source would serve it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.scraper.beside import Gathered, Refused, gather
from services.scraper.cookies import borrow, give_back
from services.scraper.failures import Evidence, classify
from services.scraper.media_length import PromisedLength
from services.scraper.tracks import ORIGINAL, choose
from services.scraper.ytdlp.client import TOO_MANY, CountingYtdlp, Words, load_plugins, options_of
from services.scraper.ytdlp.evidence import evidence_of, witnessed
from services.scraper.ytdlp.warning_texts import formats_are_missing
from services.scraper.ytdlp_values import Downloaded, Served, SourceRules
from shared.contracts.bounds import LAST_MOMENT, MAX_INTEGER, MAX_SECONDS, number_within
from shared.errors import FailureClass


class _NotTaken(Exception):
    """Raised into yt-dlp to stop a download."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass
class _Taking:
    """Decides what is downloaded, and notes why it is not."""

    rules: SourceRules
    #: Whether what is offered is all there is: no format was left out for want of a tool or a token.
    formats_are_whole: Callable[[], bool]
    evidence: Evidence | None = None

    def look(self, info: dict[str, Any], *, incomplete: bool) -> str | None:
        """A match filter: refuses what is still live, for it has no end yet, and what is too long."""
        if incomplete:
            return None
        if info.get("live_status") in ("is_live", "post_live"):
            return self._skip("live", "This live stream recording is not available yet")
        seconds, longest = number_within(info.get("duration"), 0, MAX_SECONDS) or 0, self.rules.longest_seconds
        if 0 < longest < seconds:
            text = f"It lasts {seconds:.0f} s, longer than SCRAPER_LONGEST_VIDEO_SECONDS ({longest:.0f})"
            return self._skip("longer-than-allowed", text)
        return None

    def choose(self, context: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A format selector: the best sound of the right track."""
        chosen = choose(context["formats"], self.rules.language)
        if chosen is not None:
            self._check_size(number_within(chosen.get("filesize"), 0, MAX_INTEGER) or 0)
            yield chosen
        elif any(offered.get("acodec") != "none" for offered in context["formats"]):
            heard = sorted({str(offered.get("language")) for offered in context["formats"] if offered.get("language")})
            wanted = "the original" if self.rules.language == ORIGINAL else self.rules.language
            raise _NotTaken("track-missing", f"No sound track of {wanted} is offered, only {', '.join(heard)}")
        elif self.formats_are_whole() and any(offered.get("vcodec") != "none" for offered in context["formats"]):
            raise _NotTaken("no-sound", "It has pictures, but no sound track at all")

    def progress(self, status: dict[str, Any]) -> None:
        """A progress hook: ends a download that grows too large."""
        self._check_size(max(status.get("downloaded_bytes") or 0, status.get("total_bytes") or 0))

    def _check_size(self, size: float) -> None:
        if 0 < self.rules.largest_bytes < size:
            limit = self.rules.largest_bytes // 10**6
            text = f"It has {size / 1e6:.0f} MB, larger than SCRAPER_LARGEST_MEGABYTES ({limit})"
            raise _NotTaken("larger-than-allowed", text)

    def _skip(self, reason: str, text: str) -> str:
        self.evidence = Evidence(text, reason)
        return text


def fetch(url: str, folder: Path, rules: SourceRules) -> Downloaded | Evidence:
    """Download the best audio of one video into `folder`. What goes wrong at the source is returned, not raised."""
    if rules.cookies_file is None:
        return _fetch(url, folder, rules, None)
    copy = borrow(rules.cookies_file, folder)
    result = _fetch(url, folder, rules, copy)
    if isinstance(result, Evidence) and classify(result, datetime.now(UTC)).failure_class is FailureClass.IDENTITY:
        # What a dead login leaves is no renewal.
        return result
    try:
        give_back(copy, rules.cookies_file)
    except OSError as error:
        if isinstance(result, Downloaded):
            return replace(result, missing=(*result.missing, f"renewed cookies: they could not be written: {error}"))
    return result


def try_out(url: str, folder: Path, rules: SourceRules) -> Served | Evidence:
    """Ask for a video, and for the first 10 kB of its media. What goes wrong at the source is returned, not raised."""
    words = Words()
    taking = _Taking(rules, lambda: True)
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
        with ydl:
            ydl.extract_info(url, download=True)
    except _NotTaken:
        pass  # It was served, though we would not take it.
    except Exception as error:
        return witnessed(evidence_of(error, words), ydl)
    return Served(ydl.asked)


def _fetch(url: str, folder: Path, rules: SourceRules, cookies: Path | None) -> Downloaded | Evidence:
    words = Words()
    taking = _Taking(rules, lambda: not any(map(formats_are_missing, words.warnings)))
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
    try:
        with ydl:
            info = ydl.extract_info(url, download=True)
            files = sorted(folder.glob("source.*"))
            taken = info is not None and taking.evidence is None and len(files) == 1
            beside = gather(ydl, info, folder, rules) if taken else Gathered()
    except _NotTaken as error:
        return Evidence(str(error), error.reason, requests=ydl.asked)
    except Exception as error:
        # Not only yt-dlp's own exceptions: an extractor that meets a changed page raises TypeErrors and their like.
        evidence = evidence_of(error, words)
        if classify(evidence, datetime.now(UTC)).reason == "not-yet":
            begins_at, requests = _begin(url, rules)
            evidence = replace(evidence, begins_at=begins_at, requests=requests)
        return witnessed(evidence, ydl)
    if taking.evidence is not None:
        return replace(taking.evidence, requests=ydl.asked)
    if not taken:
        text = f"yt-dlp left {len(files)} files"
        return Evidence(text, "extractor-broken", warnings=tuple(words.warnings), requests=ydl.asked)
    return _downloaded(info, files[0], beside, ydl)


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
        beside=tuple(beside.files),
        missing=tuple(beside.missing),
        refused=_refusal(beside.refused),
    )


def _promised(info: dict[str, Any], ydl: CountingYtdlp) -> PromisedLength:
    """How long the source says that the sound is: its page, the track itself, the fragments of a stream."""
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


def _refusal(refused: Refused | None) -> Evidence | None:
    return Evidence(str(refused), http_status=TOO_MANY, retry_after=refused.retry_after) if refused else None


def _begin(url: str, rules: SourceRules) -> tuple[datetime | None, int]:
    """When a premiere or live event begins: a second extraction that tolerates that there are no formats yet.

    Returns also how many pages and calls that took.
    """
    options = options_of(Words(), rules) | {"ignore_no_formats_error": True, "noplaylist": True}
    ydl = CountingYtdlp(options, rules)
    try:
        with ydl:
            timestamp = (ydl.extract_info(url, download=False) or {}).get("release_timestamp")
    except Exception:
        return None, ydl.asked
    seconds = number_within(timestamp, 1, LAST_MOMENT.timestamp())
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None, ydl.asked
