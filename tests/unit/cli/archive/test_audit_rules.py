"""Each rule of the audit must find its violation, and find nothing in a sound document."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.audit.rules import Limits, violations_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)
LIMITS = Limits(grace_seconds=120, max_attempts=8)
RETRY: dict[str, Any] = {
    "decided": True,
    "due_at": NOW + timedelta(hours=1),
    "charged": 1,
    "last_failed_at": LONG_AGO,
}
SOUND: dict[str, dict[str, Any]] = {
    "queued": {"requested_at": LONG_AGO},
    "running": {"lease": {"owner": "x", "expires_at": NOW + timedelta(seconds=30)}},
    "waiting": {"retry": RETRY},
    "stored": {"audio": {"key": "k"}},
    "abandoned": {"retry": RETRY},
}


def rules(state: str, *, tokens: tuple[int, ...] = (1,), **more: Any) -> list[str]:
    video: Any = {
        "_id": "youtube:a",
        "state": state,
        "state_since": LONG_AGO,
        "playlists": ["youtube:PL1"],
        "token": 1,
        "attempts": 1,
        **SOUND.get(state, {}),
        **more,
    }
    document: Any = {name: value for name, value in video.items() if value is not None}
    return [violation.rule for violation in violations_of(document, tokens, NOW, LIMITS)]


@pytest.mark.parametrize("state", SOUND)
def test_a_sound_document_has_no_violation(state: str) -> None:
    assert rules(state) == []


@pytest.mark.parametrize(
    ("state", "change", "rule"),
    [
        ("lost", {}, "unknown-state"),
        ("queued", {"requested_at": None}, "never-requested"),
        ("running", {"lease": None}, "running-without-lease"),
        ("running", {"lease": {"owner": "x", "expires_at": LONG_AGO}}, "lease-expired"),
        ("waiting", {"retry": None}, "waiting-without-time"),
        ("waiting", {"retry": {**RETRY, "decided": False}}, "undecided"),
        ("waiting", {"retry": {**RETRY, "due_at": LONG_AGO}}, "overdue"),
        ("stored", {"audio": None}, "stored-without-object"),
        ("stored", {"lease": {"owner": "x", "expires_at": NOW}}, "lease-left-over"),
        ("abandoned", {"retry": None}, "abandoned-without-reason"),
        ("stored", {"playlists": []}, "no-playlist"),
        ("stored", {"attempts": 2}, "attempts-differ"),
        ("stored", {"tokens": (1, 1)}, "attempt-logged-twice"),
        ("stored", {"tokens": (2,)}, "token-from-nowhere"),
        ("stored", {"unannounced": {"timestamp": LONG_AGO}}, "unannounced"),
        ("waiting", {"retry": {**RETRY, "charged": 2}}, "charged-too-often"),
        ("waiting", {"retry": {**RETRY, "charged": 9}, "attempts": 9, "tokens": (1,) * 1}, "charged-too-often"),
    ],
)
def test_each_rule_finds_its_violation(state: str, change: dict[str, Any], rule: str) -> None:
    assert rule in rules(state, **change)


def test_what_is_late_by_less_than_the_grace_is_left_to_the_sweeper() -> None:
    just_now = NOW - timedelta(seconds=60)
    assert rules("running", lease={"owner": "x", "expires_at": just_now}) == []
    assert rules("waiting", retry={**RETRY, "due_at": just_now}) == []
    assert rules("queued", requested_at=None, state_since=just_now) == []


DELETED_AT = NOW - timedelta(hours=2)
SOFT: dict[str, Any] = {"reason": "soft-delete", "detail": "Soft delete.", "until": NOW + timedelta(days=3)}
HOLD: dict[str, Any] = {"reason": "legal-hold", "detail": "A legal hold.", "until": None}
LOCK: dict[str, Any] = {"reason": "retention", "detail": "A lock.", "until": NOW + timedelta(days=3)}


def of_tombstone(**tombstone: Any) -> list[tuple[str, bool]]:
    """Rules that a deleted video breaks, and whether each is excused."""
    video: Any = {
        "_id": "youtube:a",
        "state": "abandoned",
        "retry": RETRY,
        "state_since": LONG_AGO,
        "playlists": ["youtube:PL1"],
        "token": 1,
        "attempts": 1,
        "tombstone": {"at": DELETED_AT, "purged_at": None, **tombstone},
    }
    return [(violation.rule, violation.excused) for violation in violations_of(video, (1,), NOW, LIMITS)]


def test_a_deleted_video_is_purged_in_time() -> None:
    assert of_tombstone(purged_at=LONG_AGO) == []
    assert of_tombstone(at=NOW - timedelta(minutes=10)) == []
    assert of_tombstone(at=NOW - timedelta(minutes=20)) == [("purge-overdue", False)]


@pytest.mark.parametrize(
    ("kept", "excused"),
    [
        ([SOFT], True),
        ([{**SOFT, "until": NOW - timedelta(seconds=1)}], False),
        ([{**SOFT, "until": None}], False),
        ([HOLD], False),
        ([LOCK], False),
        ([SOFT, HOLD], False),
    ],
)
def test_what_a_store_keeps_is_excused_only_if_nobody_can_read_it_and_it_ends(
    kept: list[dict[str, Any]], *, excused: bool
) -> None:
    assert of_tombstone(kept=kept) == [("deleted-but-kept", excused)]
