"""`--filter RULE=VALUE`."""

from __future__ import annotations

from typing import Any

import pytest

from cli.arguments.filters import parse_filters
from cli.errors import CliError


@pytest.mark.parametrize(
    ("texts", "rules"),
    [
        ([], None),
        (["title_include=a=b"], {"title_include": "a=b"}),
        (["min-seconds=60", "max_seconds=3600.5"], {"min_seconds": 60, "max_seconds": 3600.5}),
        (["licences=CC, unknown", "licences=public domain"], {"licences": ["cc", "unknown", "public domain"]}),
        (["published_from=2026-01-31"], {"published_from": "2026-01-31"}),
        (["live=take"], None),
    ],
)
def test_rules_are_read(texts: list[str], rules: dict[str, Any] | None) -> None:
    assert parse_filters(texts) == rules


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["teaser"], "write RULE=VALUE"),
        (["titel=x"], "The rules are title_include"),
        (["min_seconds=1", "min_seconds=2"], "given twice"),
        (["min_seconds=long"], "min_seconds"),
        (["title_include=(a"], "missing )"),
        (["min_seconds=2", "max_seconds=1"], "nothing can match"),
    ],
)
def test_a_wrong_rule_is_named(texts: list[str], said: str) -> None:
    with pytest.raises(CliError) as refused:
        parse_filters(texts)
    assert said in str(refused.value)
