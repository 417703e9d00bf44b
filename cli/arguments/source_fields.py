"""The options of `fonoteca sources add` and `edit`, as fields of a definition."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from cli.arguments.filters import parse_filters
from cli.errors import REFUSED, CliError
from shared.following.definition import SourceDefinition

Json = dict[str, Any]


def source_fields(
    address: str | None,
    every: str | None,
    first: str | None,
    profile: list[str] | None,
    priority: str | None,
    filter_: list[str] | None,
    feed: str | None,
    keep: str | None,
    label: list[str] | None,
) -> Json:
    """Return the fields of a definition that the options give. Raises CliError for a label or filter that is wrong."""
    given: Json = {"address": address, "every": every, "priority": priority, "feed": feed, "keep": keep}
    given["first"] = int(first) if first is not None and first.isdecimal() else first
    given["profiles"] = [name for each in profile for name in each.split(",")] if profile else None
    given["filters"] = parse_filters(filter_) if filter_ else None
    given["labels"] = dict(_label(text) for text in label) if label else None
    return {name: value for name, value in given.items() if value is not None}


def _label(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise CliError(f"--label {text}: write NAME=VALUE.", REFUSED)
    return name, value


def source_definition(fields: Json) -> SourceDefinition:
    """Return the definition with these fields. Raises CliError, which names each wrong field."""
    try:
        return SourceDefinition.model_validate(fields)
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, p['loc'][:2]))}: {p['msg'].removeprefix('Value error, ')}" for p in error.errors()
        )
        raise CliError(f"{'; '.join(problems).removesuffix('.')}. Correct it.", REFUSED) from error
