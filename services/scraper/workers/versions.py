"""Checks the scraper's tools: whether each is installed, new enough and of a matching version, and how old it is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from services.scraper.engines.values import SourceRules
from shared.errors import Misconfigured

#: Days after which yt-dlp is stale: sources change every few weeks. The alert FonotecaToolStale says the same.
STALE_DAYS = 60
#: The oldest deno that yt-dlp's scripts run on.
OLDEST_DENO = (2, 3)
#: Seconds that a tool may take to print its version.
ASK_SECONDS = 20
UPGRADE = "Roll out a newer scraper image (docs/runbooks/FonotecaToolStale.md)."


@dataclass(frozen=True)
class Tool:
    """A tool, its version ("" if it is missing), and its problem with the cure, if there is one."""

    name: str
    version: str
    problem: str | None = None


def survey(ffmpeg: str) -> list[Tool]:
    """Check all tools. Takes a moment, since it runs two of them."""
    return [_package("yt-dlp"), _scripts(), _deno(), Tool("ffmpeg", _said_version([ffmpeg, "-version"]))]


def problems(tools: Sequence[Tool]) -> str | None:
    """Describe the problems of the tools, with the cures; None if there are none."""
    return " ".join(tool.problem for tool in tools if tool.problem is not None) or None


def check_installed(rules: SourceRules) -> None:
    """Raise Misconfigured if a setting needs a package or another setting that is missing."""
    if "you-get" in rules.engines and find_spec("you_get") is None:
        raise Misconfigured("SCRAPER_ENGINES names you-get, which is not installed: pip install you-get.")
    if "converter" in rules.engines and rules.converter_url is None:
        raise Misconfigured(
            "SCRAPER_ENGINES names converter, but SCRAPER_CONVERTER_URL is not set. Set it, or remove converter."
        )
    if rules.po_token_provider is not None and not _package("bgutil-ytdlp-pot-provider").version:
        raise Misconfigured(
            "SCRAPER_PO_TOKEN_PROVIDER is set, but yt-dlp's plugin for it is not installed: "
            "pip install bgutil-ytdlp-pot-provider."
        )


def described(tools: Sequence[Tool], now: datetime) -> str:
    """Describe the versions of the tools, and whether yt-dlp is stale."""
    told = ", ".join(f"{tool.name} {tool.version or 'missing'}" for tool in tools)
    days = max(((now - released(t.version)).days for t in tools if t.name == "yt-dlp" and t.version), default=0)
    return told if days <= STALE_DAYS else f"{told}; yt-dlp is {days} days old: sources have changed since. {UPGRADE}"


def released(of_version: str) -> datetime:
    """Return the day of a yt-dlp version: `2026.10.26`, or `2026.10.26.123456.dev0` for a nightly build."""
    year, month, day = (int(part) for part in of_version.split(".")[:3])
    return datetime(year, month, day, tzinfo=UTC)


def _package(name: str) -> Tool:
    try:
        return Tool(name, version(name))
    except PackageNotFoundError:
        return Tool(name, "", f"{name} is not installed: pip install --require-hashes -r requirements/scraper.txt.")


def _scripts() -> Tool:
    """Check yt-dlp-ejs, which solves YouTube's challenges; each yt-dlp names the version that fits."""
    found = _package("yt-dlp-ejs")
    wanted = {m.group(1) for r in requires("yt-dlp") or () if (m := re.match(r"yt-dlp-ejs==([\w.]+)", r)) is not None}
    if found.version and wanted and found.version not in wanted:
        problem = f"yt-dlp-ejs is {found.version}, but this yt-dlp wants {' or '.join(sorted(wanted))}. {UPGRADE}"
        return Tool(found.name, found.version, problem)
    return found


def _deno() -> Tool:
    # yt-dlp looks in the same places: in PATH, and in the folder of Python, where pip installs it.
    path = shutil.which("deno") or shutil.which("deno", path=str(Path(sys.executable).parent))
    said = _said_version([path, "--version"]) if path is not None else ""
    if not said:
        return Tool("deno", "", "deno, the JavaScript runtime, is missing or does not start: pip install deno.")
    if tuple(int(part) for part in said.split(".")[:2]) < OLDEST_DENO:
        oldest = ".".join(map(str, OLDEST_DENO))
        return Tool("deno", said, f"deno is {said}, but yt-dlp needs {oldest} or newer. {UPGRADE}")
    return Tool("deno", said)


def _said_version(command: list[str]) -> str:
    """The first version number that a program prints; "" if it prints none or does not run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ASK_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+(?:\.\d+)+", done.stdout)
    return found.group() if found is not None else ""
