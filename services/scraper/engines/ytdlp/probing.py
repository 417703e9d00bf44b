"""Measures how the audio of one video downloads from the servers that resolvers name. Nothing is kept of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.scraper.engines.foreign_code import ForeignError, foreign_code
from services.scraper.engines.site_packages import SiteCodeFailed
from services.scraper.engines.values import Probed, ProbedDownload, ProbePlan, SourceRules
from services.scraper.engines.ytdlp.client import VERSION, CountingYtdlp, Words, load_plugins, options_of
from services.scraper.engines.ytdlp.downloading import DownloadPolicy, NotTaken, extracted
from services.scraper.engines.ytdlp.evidence import evidence_of, witnessed
from services.scraper.engines.ytdlp.native import NotNative
from services.scraper.engines.ytdlp.sites import problem_of
from services.scraper.engines.ytdlp.sites.evidence import site_evidence
from services.scraper.engines.ytdlp.warning_texts import formats_are_missing
from services.scraper.failures import Evidence
from services.scraper.measuring.pings import Ping, ping
from services.scraper.measuring.player import Thresholds
from services.scraper.measuring.recorder import Recorder, recording
from services.scraper.measuring.resolving import resolved_by
from services.scraper.measuring.time_limit import TimeIsUp, TimeLimit
from services.scraper.network.cookies import borrow
from shared.contracts.reasons import Reason

#: To yt-dlp the name of the standard output, which leads nowhere here.
_NOWHERE = "-"
#: Bytes of a stream after which its measurement ends.
MAX_STREAM_BYTES = 500 * 10**6
_PORTS = {"https": 443, "http": 80}


def probe(url: str, folder: Path, rules: SourceRules, plan: ProbePlan) -> Probed | Evidence:
    """Ask for a video once, and download its audio once for each resolver. `rules` name the player.

    Failures before the first download are returned, those of downloads are part of the result. `folder` holds cookies
    and the fragments of streams; nothing else is written.
    """
    if (problem := problem_of(url, rules)) is not None:
        return problem
    words = Words()
    # What is not kept may be of any length and size.
    taking = DownloadPolicy(
        replace(rules, largest_bytes=0, longest_seconds=0), lambda: not any(map(formats_are_missing, words.warnings))
    )
    options = options_of(words, rules) | {
        "format": taking.choose,
        "ratelimit": rules.bytes_per_second or None,
        "outtmpl": {"default": _NOWHERE},
        "noplaylist": True,
        "fixup": "never",
        "nopart": True,
    }
    if rules.cookies_file is not None:
        options["cookiefile"] = str(borrow(rules.cookies_file, folder))
    load_plugins(rules)
    ydl = CountingYtdlp(options, rules)
    try:
        with foreign_code(NotTaken, NotNative, SiteCodeFailed), ydl:
            info = extracted(ydl, url, rules, download=False)
            if info is None or info.get("_type", "video") != "video":
                return Evidence("The address leads to no video", Reason.EXTRACTOR_BROKEN, requests=ydl.asked)
            if taking.look(info, incomplete=False) is not None and taking.evidence is not None:
                return replace(taking.evidence, requests=ydl.asked)
    except (NotTaken, NotNative) as error:
        return Evidence(str(error), error.reason, requests=ydl.asked)
    except SiteCodeFailed as failed:
        return witnessed(site_evidence(failed, words), ydl)
    except ForeignError as failed:
        return witnessed(evidence_of(failed.error, words), ydl)
    probing = _Probing(ydl, words, info, folder, rules, plan)
    downloads = tuple(probing.download(resolver) for resolver in plan.resolvers)
    return Probed(downloads, info.get("title"), VERSION, ydl.asked, probing.public_address)


@dataclass
class _Probing:
    """The downloads of one video."""

    ydl: CountingYtdlp
    words: Words
    info: dict[str, Any]
    folder: Path
    rules: SourceRules
    plan: ProbePlan
    public_address: str | None = None
    #: That of the download under way.
    limit: TimeLimit | None = None

    def __post_init__(self) -> None:
        self.ydl.add_progress_hook(self.bound)

    def download(self, resolver: str) -> ProbedDownload:
        """Download once, over new connections."""
        assert self.rules.player is not None, "a probe measures"
        limit = TimeLimit(self.plan.seconds)
        # Of its own: the fragments of one download must not shorten the next one.
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        self.limit = limit
        trouble: Evidence | None = None
        with (
            Path(os.devnull).open("w") as nowhere,
            redirect_stdout(nowhere),
            resolved_by(resolver),
            recording(limit) as recorder,
        ):
            try:
                # The order matters: what the limit raises is not an error of yt-dlp's.
                with foreign_code(TimeIsUp, NotTaken, NotNative), limit.holds():
                    self._fetch(folder)
            except TimeIsUp:
                pass
            except (NotTaken, NotNative) as error:
                trouble = Evidence(str(error), error.reason, requests=self.ydl.asked)
            except ForeignError as failed:
                trouble = witnessed(evidence_of(failed.error, self.words), self.ydl)
            finally:
                # The next download is to ask its own resolver, and to connect by itself.
                self.ydl.close()
        shutil.rmtree(folder, ignore_errors=True)
        self.public_address = recorder.public_address or self.public_address
        return self._measured(resolver, recorder, self.rules.player, trouble)

    def bound(self, status: dict[str, Any]) -> None:
        """A progress hook of yt-dlp: ends the download of a stream, which goes through files, where it is enough."""
        if self.limit is not None and not self._is_file and (status.get("downloaded_bytes") or 0) > MAX_STREAM_BYTES:
            self.limit.end()

    @property
    def _is_file(self) -> bool:
        return self.info.get("protocol") in _PORTS

    def _fetch(self, folder: Path) -> None:
        """Download to nowhere. Only streams of fragments go through files."""
        done, _ = self.ydl.dl(_NOWHERE if self._is_file else str(folder / "stream"), self.info)
        if not done:
            raise ValueError("yt-dlp did not download it, and did not say why")

    def _measured(
        self, resolver: str, recorder: Recorder, player: Thresholds, trouble: Evidence | None
    ) -> ProbedDownload:
        transfer = recorder.transfer(player)
        if transfer is None and trouble is None:
            trouble = Evidence("No media was requested", Reason.EXTRACTOR_BROKEN, requests=self.ydl.asked)
        found: Ping | None = None
        if transfer is not None and self.plan.pings and self.rules.proxy is None:
            most = max(transfer.requests, key=lambda request: request.bytes)
            if most.address is not None:
                found = ping(most.address, _port_of(str(self.info.get("url"))), self.plan.pings)
        return ProbedDownload(resolver, transfer, found, trouble)


def _port_of(url: str) -> int:
    parts = urlsplit(url)
    try:
        return parts.port or _PORTS.get(parts.scheme, 443)
    except ValueError:
        return 443
