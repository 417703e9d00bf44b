"""Rows of reports for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cli.measuring.report.rows import Row

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def row(hour: int = 0, **more: Any) -> Row:
    fields: dict[str, Any] = {
        "at": NOON + timedelta(hours=hour - 12),
        "failed": False,
        "reason": None,
        "egress": "cotonou",
        "provider": "fibre",
        "source": "youtube",
        "host": "cache.example",
        "network": "AS1 ONE",
        "resolver": "system",
        "rate": 1e6,
        "first_byte": 0.1,
        "startup": 0.2,
        "ping": None,
        "stalls": 0,
    }
    return Row(**fields | more)
