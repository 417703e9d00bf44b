"""Every command of `fonoteca` and `make` that a page or a message names exists, with these options."""

from __future__ import annotations

import pytest

from tests.contract.named_commands import named, wrong


def test_there_are_many() -> None:
    """So that a change of how they are found does not find none."""
    places = {each.place for each in named()}
    assert {"README.md", "CHANGELOG.md", "docs/operating.md", "cli/api/cures.py", "deploy/k8s/README.md"} <= places
    assert len(named()) > 200


@pytest.mark.parametrize(
    ("command", "right"),
    [
        ("fonoteca mirror", False),
        ("fonoteca sync run --dry-run", True),
        ("fonoteca sync mend", False),
        ("fonoteca submit URL --wait --priority urgent", False),
        ("fonoteca submit URL --wait --priority high", True),
        ("fonoteca --env-file FILE status PLAYLIST", True),
        ("fonoteca status --no-such-option", False),
        ("make up STATE=<dir> S3=rgw", True),
        ("make dance", False),
        ("make up NOTHING=1", False),
    ],
)
def test_what_is_wrong_is_seen(command: str, *, right: bool) -> None:
    assert (wrong(command) is None) is right


def test_every_named_command_exists() -> None:
    assert [f"{place}: {command}: {why}" for place, command in named() if (why := wrong(command)) is not None] == []
