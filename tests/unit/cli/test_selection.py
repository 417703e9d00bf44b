from __future__ import annotations

import pytest

from cli.commands.decisions import Selection
from cli.errors import CliError


@pytest.mark.parametrize("selection", [Selection(), Selection(since="3d")])
def test_a_time_alone_selects_nothing(selection: Selection) -> None:
    assert selection.is_empty


@pytest.mark.parametrize(
    "selection", [Selection(["a"]), Selection(reason="private"), Selection(playlist="youtube:PL1")]
)
def test_ids_a_reason_or_a_playlist_select_videos(selection: Selection) -> None:
    assert not selection.is_empty


def test_criteria_are_those_that_were_given() -> None:
    assert Selection(["a"]).criteria() == {}
    found = Selection(reason="private", since="2026-05-01").criteria()
    assert found.keys() == {"reason", "since"}
    assert found["reason"] == "private"
    assert found["since"].startswith("2026-05-01T00:00:00")


def test_a_time_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(CliError, match="'yesterday' is not a time"):
        Selection(reason="private", since="yesterday").criteria()
