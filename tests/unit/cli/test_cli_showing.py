from __future__ import annotations

from typing import Any

import pytest

from cli.display.formatting import deletion, hours, plain, span, tidy, why


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59.6, "1 min"),
        (3600, "1 h"),
        (4800, "1 h 20 min"),
        (86_400, "1 day"),
        (180_000, "2 days 2 h"),
        (-3, "0 s"),
    ],
)
def test_spans(seconds: float, told: str) -> None:
    assert span(seconds) == told


def test_a_title_cannot_steer_the_terminal_nor_the_markup() -> None:
    assert tidy("a\x1b[2Jb\nc\u202ed") == "a [2Jb c d"
    assert tidy("می\u200cخواهم") == "می\u200cخواهم"
    assert plain("[red]x") == r"\[red]x"


def test_hours_have_three_figures() -> None:
    assert [hours(number) for number in (0.123, 12.34, 1234.5)] == ["0.12", "12.3", "1,234"]


def test_a_deletion_says_what_became_of_the_copies() -> None:
    video: dict[str, Any] = {"id": "youtube:a", "deleted_at": None, "purged_at": None, "kept": []}
    at = "2026-05-01T12:00:00+00:00"
    hold = {"reason": "legal-hold", "detail": "A legal hold\nkeeps it.", "until": None}
    lock = {"reason": "retention", "detail": "A lock keeps it.", "until": at}
    assert deletion(video) == []
    assert "being removed" in deletion({**video, "deleted_at": at})[0]
    assert "removed from all stores" in deletion({**video, "deleted_at": at, "purged_at": at})[0]
    told = deletion({**video, "deleted_at": at, "kept": [hold, lock]})
    assert told[1] == "- A legal hold keeps it."
    assert told[2].startswith("- A lock keeps it. Until 2026-05-01")
    assert "fonoteca delete youtube:a" in told[3]


def test_why_a_deleted_video_is_still_in_a_store() -> None:
    kept = [{"reason": "retention"}, {"reason": "retention"}, {"reason": "soft-delete"}]
    failure = {"reason": "deleted-by-a-person"}
    video: dict[str, Any] = {"failure": failure, "state": "abandoned", "due_at": None}
    assert why({**video, "kept": kept}) == "deleted, but kept: retention, soft-delete"
    assert why({**video, "kept": []}) == "deleted-by-a-person"
