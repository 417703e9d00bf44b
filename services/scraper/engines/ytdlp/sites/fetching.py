"""Fetches a recording: the site's `fetch` says where its file is, and yt-dlp downloads it like any other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from yt_dlp.utils import determine_ext

from services.scraper.engines.values import SourceRules
from services.scraper.engines.ytdlp.client import CountingYtdlp
from services.scraper.engines.ytdlp.sites.moments import moment_of
from services.scraper.engines.ytdlp.sites.running import RunningSite
from services.scraper.failures import Evidence
from services.scraper.sites import Entry, Media
from services.scraper.sites.routes import SiteRoute, site_named_in
from shared.contracts.reasons import Reason

#: The extension of a file whose address shows none that yt-dlp writes. Its first bytes decide what it is.
_ANY_EXTENSION = "unknown_video"
_EXTENSIONS = {"mp3", "m4a", "mp4", "ogg", "oga", "opus", "flac", "wav", "aac", "webm", "mkv", "mka", "mov", "aiff"}


def problem_of(url: str, rules: SourceRules) -> Evidence | None:
    """Why the site of the requested video cannot fetch it here; None if it can, or if it is no site's video."""
    if (name := site_named_in(rules.video_id)) is None:
        return None
    if (route := _route(name, rules)) is None:
        text = f"The site {name} is not installed here, or SCRAPER_SITES leaves it out: install its package, then retry"
        return Evidence(text, Reason.ENGINE_FAILED)
    return None if route.takes(url) else Evidence(f"The site {name} does not take {url}", Reason.UNSUPPORTED_ADDRESS)


def site_video(ydl: CountingYtdlp, url: str, rules: SourceRules, *, download: bool = True) -> Any:
    """Download a site's video as `extract_info` does, or only describe it: returns its description.

    Raises SiteCodeFailed.
    """
    assert rules.video_id is not None
    name, _, source_id = rules.video_id.partition(":")
    route = _route(site_named_in(rules.video_id), rules)
    assert route is not None, "see problem_of"
    media = RunningSite(route, ydl).media(Entry(source_id, url))
    return ydl.process_ie_result(_description(name, Entry(source_id, url), media), download=download)


def _route(name: str | None, rules: SourceRules) -> SiteRoute | None:
    return next((route for route in rules.sites if route.name == name), None)


def _description(extractor: str, entry: Entry, media: Media) -> dict[str, Any]:
    """The description of a recording in yt-dlp's words."""
    extension = determine_ext(media.address)
    offered = {
        "format_id": "file",
        "url": media.address,
        "ext": extension if extension in _EXTENSIONS else _ANY_EXTENSION,
        "http_headers": dict(media.headers),
        "language": media.language,
    }
    told = {
        "channel": media.channel,
        "duration": media.seconds,
        "language": media.language,
        "license": media.licence,
        "description": media.description,
        **_published(media),
    }
    return {
        "_type": "video",
        "id": media.id or entry.id,
        "title": media.title,
        "extractor": extractor,
        "extractor_key": extractor,
        "webpage_url": entry.address,
        "formats": [{key: value for key, value in offered.items() if value}],
        **{key: value for key, value in told.items() if value is not None},
    }


def _published(media: Media) -> dict[str, Any]:
    if media.published is None:
        return {}
    moment = moment_of(media.published)
    # Four digits for the year, which strftime does not give before the year 1000.
    day = {"upload_date": moment.date().isoformat().replace("-", "")}
    return day | ({"timestamp": moment.timestamp()} if isinstance(media.published, datetime) else {})
