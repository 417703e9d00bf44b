"""The engine you-get: another downloader with its own extractors. An optional package; it runs as a program.

It knows no audio tracks and reports little, so the only metadata of its downloads is their address.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from services.scraper.engines.permits import NotPermitted, Permits
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import Evidence
from services.scraper.failures.named_times import seconds_of
from services.scraper.media.length import PromisedLength
from services.scraper.network.guarded_program import REFUSED
from shared.contracts.reasons import Reason

#: Extensions of files with audio; you-get also writes captions and comments.
_MEDIA = {".mp4", ".webm", ".m4a", ".mp3", ".flv", ".mkv", ".ts", ".ogg", ".opus", ".aac", ".wav", ".flac", ".mov"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def fetch(url: str, folder: Path, rules: SourceRules) -> Downloaded | Evidence:
    """Download with you-get. Except refusals, its failures count as those of our tools, since it reports no causes.

    The caller's time limit ends it, because it belongs to the worker's process group.
    """
    permits = Permits(rules.permits)
    try:
        # Nobody can see how many pages it requests; one is certain.
        permits.ask(url)
    except NotPermitted as denied:
        return Evidence(str(denied), not_permitted=(denied.seconds, denied.why))
    command = [sys.executable, "-m", "services.scraper.network.guarded_program"]
    if rules.private_hosts:
        command.append("--private-hosts")
    command += ["you_get", "--output-dir", str(folder), "--output-filename", "source", "--no-caption", url]
    # It must find no program: an FFmpeg that it started on a stream's address would bypass the network guard.
    environment = {**os.environ, "PATH": str(folder / "no-programs")}
    if rules.proxy is not None:
        environment |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), rules.proxy)
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    said = _COLOURS.sub("", (done.stdout + done.stderr).decode(errors="replace")).strip().splitlines()
    if done.returncode == REFUSED:
        wait = seconds_of(said[-1], datetime.now(UTC)) if said else None
        permits.refused(wait, url)
        text = "you-get: HTTP Error 429: Too Many Requests"
        return Evidence(text, Reason.TOO_MANY_REQUESTS, http_status=429, retry_after=wait, requests=1)
    files = [file for file in folder.iterdir() if file.suffix.lower() in _MEDIA and file.stat().st_size > 0]
    if done.returncode != 0 or len(files) != 1:
        # If a video came in several files, no file is the complete video.
        why = f"it left {len(files)} files" if done.returncode == 0 else next(iter(said), f"code {done.returncode}")
        return Evidence(f"you-get downloaded nothing: {why}", Reason.ENGINE_FAILED, requests=1)
    path, size = files[0], files[0].stat().st_size
    if 0 < rules.largest_bytes < size:
        limit = rules.largest_bytes // 10**6
        text = f"It is larger than SCRAPER_LARGEST_MEGABYTES ({limit})"
        return Evidence(text, Reason.LARGER_THAN_ALLOWED, requests=1)
    return Downloaded(
        path=path,
        metadata={"webpage_url": url},
        promised=PromisedLength(),
        source_codec=None,
        source_bitrate_kbps=None,
        source_format=None,
        size_bytes=size,
        requests=1,
    )
