"""The scraper's look at its own tools."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dev.install import ROOT
from services.scraper.media.ffmpeg import find_ffmpeg
from services.scraper.workers import versions
from services.scraper.workers.versions import STALE_DAYS, Tool, described, problems, survey


def program(folder: Path, name: str, said: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{said}'\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_the_installed_tools_are_all_there_and_fit() -> None:
    found = survey(find_ffmpeg())
    assert [tool.name for tool in found] == ["yt-dlp", "yt-dlp-ejs", "deno", "ffmpeg"]
    assert all(tool.version for tool in found), found
    assert problems(found) is None


def test_a_deno_that_is_too_old_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "deno", "deno 2.2.9 (stable)")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said = problems(survey(find_ffmpeg()))
    assert said is not None
    assert "deno is 2.2.9, but yt-dlp needs 2.3 or newer. Roll out" in said


def test_a_deno_that_does_not_start_counts_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "deno", "Illegal instruction")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert "is missing or does not start: pip install deno" in str(problems(survey(find_ffmpeg())))


def test_scripts_of_another_version_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "requires", lambda _: ["certifi", "yt-dlp-ejs==9.9.9; extra == 'default'"])
    assert "but this yt-dlp wants 9.9.9" in str(problems(survey(find_ffmpeg())))


def test_a_stale_tool_says_what_to_do() -> None:
    found = [Tool("yt-dlp", "2026.10.26"), Tool("deno", "2.9.8")]
    fresh = described(found, datetime(2026, 11, 21, tzinfo=UTC))
    assert fresh == "yt-dlp 2026.10.26, deno 2.9.8"
    stale = described(found, datetime(2027, 1, 21, tzinfo=UTC))
    assert "yt-dlp is 87 days old" in stale
    assert "FonotecaToolStale.md" in stale


def test_the_alert_and_the_code_call_the_same_age_stale() -> None:
    alerts = (ROOT / "deploy/k8s/fonoteca/alerts/fonoteca.yaml").read_text()
    assert f"fonoteca_scraper_tool_released_timestamp_seconds) > {STALE_DAYS} * 86400" in alerts
