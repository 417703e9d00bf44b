"""Fetches a video with the engines that the settings name, usually yt-dlp first. Runs in worker processes.

The next engine is tried if an engine itself is at fault. Any other failure is that of the video, the source or the
network, and would be the same for all engines.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from services.scraper.engines import converter, you_get, ytdlp
from services.scraper.engines.values import ENGINES, Downloaded, Fetched, SourceRules
from services.scraper.failures import Evidence, classify
from services.scraper.measuring.recorder import recording
from services.scraper.sites.routes import site_named_in
from shared.addresses.video_addresses import OtherVideo, check_address
from shared.contracts.reasons import Reason
from shared.errors import FailureClass

#: Reasons for which the next engine is tried. Not all reasons of tools: an unknown answer may be a refusal in new
#: words, and if only dubs are offered, an engine that does not distinguish tracks would download one.
HANDED_OVER = {Reason.EXTRACTOR_BROKEN, Reason.JS_RUNTIME, Reason.ENGINE_FAILED}


class Engine(Protocol):
    """Downloads the audio of one video into a folder. Failures at the source are returned, not raised."""

    def __call__(self, url: str, folder: Path, rules: SourceRules, /) -> Downloaded | Evidence:
        """Download `url` into the empty `folder`."""


#: Name in the setting → engine.
BY_NAME: Mapping[str, Engine] = {"yt-dlp": ytdlp.fetch, "you-get": you_get.fetch, "converter": converter.fetch}


def fetch_measured(url: str, folder: Path, rules: SourceRules) -> Fetched:
    """Fetch a video, and measure how, where the rules want that."""
    if rules.player is None:
        return Fetched(fetch(url, folder, rules))
    with recording() as recorder:
        result = fetch(url, folder, rules)
    return Fetched(result, recorder.transfer(rules.player), ENGINES[0], ytdlp.VERSION, recorder.public_address)


def fetch(url: str, folder: Path, rules: SourceRules, engines: Mapping[str, Engine] = BY_NAME) -> Downloaded | Evidence:
    """Try the engines of `rules` in order. If all fail, returns the evidence that decides what follows."""
    failures: list[tuple[str, Evidence]] = []
    asked = 0
    # No other engine knows the sites of packages.
    names = rules.engines if site_named_in(rules.video_id) is None else (ENGINES[0],)
    for name in names:
        result = engines[name](url, _empty(folder / name), rules)
        asked += result.requests
        if isinstance(result, Downloaded):
            result = _identified(result, url, rules)
        if isinstance(result, Downloaded):
            return replace(result, requests=asked, engine=name)
        failures.append((name, result))
        if classify(result, datetime.now(UTC)).reason not in HANDED_OVER:
            break
    return replace(_told(failures), requests=asked)


def _identified(result: Downloaded, url: str, rules: SourceRules) -> Downloaded | Evidence:
    """Return an engine's result if it is the requested video, else evidence. Without an id, its address is compared."""
    if rules.video_id is None:
        return result
    found = result.found_id or ytdlp.video_named_by(url, rules)
    if found is None:
        text = "It does not report which video it downloaded, and the address alone does not name one"
        return Evidence(text, Reason.ENGINE_FAILED)
    page = result.metadata.get("webpage_url")
    try:
        if page is not None:
            check_address(rules.video_id, page)
    except OtherVideo as error:
        return Evidence(str(error), other_id=found if found != rules.video_id else page)
    if found != rules.video_id:
        return Evidence(f"The source has {found} instead of {rules.video_id}", other_id=found)
    return result


def _told(failures: list[tuple[str, Evidence]]) -> Evidence:
    """The decisive evidence: the last if it is not a tool's failure, else the first, together with the others."""
    (_, first), (_, last) = failures[0], failures[-1]
    if classify(last, datetime.now(UTC)).failure_class is not FailureClass.TOOL:
        return last
    return replace(first, others=tuple(f"Then {name}: {evidence.text}" for name, evidence in failures[1:]))


def _empty(folder: Path) -> Path:
    """Create an empty folder for an engine, so that incomplete files of another one are not taken for its result."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
