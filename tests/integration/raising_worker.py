"""Downloads that raise what would end a process or a task."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any


def exits(_url: str, _folder: Path, _rules: Any) -> None:
    """Stands for `services.scraper.workers.pool._fetch`, as do the others."""
    sys.exit("x")


def is_interrupted(_url: str, _folder: Path, _rules: Any) -> None:
    raise KeyboardInterrupt


def is_cancelled(_url: str, _folder: Path, _rules: Any) -> None:
    raise asyncio.CancelledError


def closes(_url: str, _folder: Path, _rules: Any) -> None:
    raise GeneratorExit
