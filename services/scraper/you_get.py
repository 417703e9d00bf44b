"""The engine you-get: another downloader, with extractors of its own. An optional package; it runs as a program.

It knows no sound tracks and tells little of what it found, so what it brings has no metadata but its address.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from services.scraper.failures import Evidence
from services.scraper.ytdlp_values import Downloaded, SourceRules

#: Extensions of files that hold sound; you-get leaves captions and comments beside them.
_MEDIA = {".mp4", ".webm", ".m4a", ".mp3", ".flv", ".mkv", ".ts", ".ogg", ".opus", ".aac", ".wav", ".flac", ".mov"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def fetch(url: str, folder: Path, rules: SourceRules) -> Downloaded | Evidence:
    """Download with you-get. Its failures are our tools', since it says too little to tell more.

    The caller's limit of time ends it: it belongs to the worker's process group.
    """
    command = [sys.executable, "-m", "services.scraper.guarded_program"]
    if rules.private_hosts:
        command.append("--private-hosts")
    command += ["you_get", "--output-dir", str(folder), "--output-filename", "source", "--no-caption"]
    if rules.proxy is not None:
        command += ["--http-proxy", rules.proxy.partition("://")[2]]
    done = subprocess.run([*command, url], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    said = _COLOURS.sub("", (done.stderr + done.stdout).decode(errors="replace")).strip().splitlines()
    files = [file for file in folder.iterdir() if file.suffix.lower() in _MEDIA and file.stat().st_size > 0]
    if done.returncode != 0 or not files:
        why = said[-1] if said else f"it ended with {done.returncode}"
        return Evidence(f"you-get brought nothing: {why}", requests=1, of_tool=True)
    path = max(files, key=lambda file: file.stat().st_size)
    if 0 < rules.largest_bytes < path.stat().st_size:
        limit = rules.largest_bytes // 10**6
        return Evidence(f"It is larger than SCRAPER_LARGEST_MEGABYTES ({limit})", requests=1)
    return Downloaded(
        path=path,
        metadata={"webpage_url": url},
        duration_seconds=None,
        source_codec=None,
        source_bitrate_kbps=None,
        source_format=None,
        size_bytes=path.stat().st_size,
        requests=1,
    )
