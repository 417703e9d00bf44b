import pytest

from services.scraper.whole import NotWhole, check_duration


@pytest.mark.parametrize(("seconds", "expected"), [(5.0, 5.0), (4.6, 6.0), (61.4, 60), (3600, 3606), (12.0, None)])
def test_durations_that_agree(seconds: float, expected: float | None) -> None:
    check_duration(seconds, expected)


@pytest.mark.parametrize(
    ("seconds", "expected", "reason"),
    [(0.0, None, "empty-media"), (3.0, 5.0, "cut-short"), (3590, 3600, "cut-short"), (9.0, 5.0, "too-long")],
)
def test_durations_that_do_not_agree(seconds: float, expected: float | None, reason: str) -> None:
    with pytest.raises(NotWhole) as caught:
        check_duration(seconds, expected)
    assert caught.value.failure.reason == reason
