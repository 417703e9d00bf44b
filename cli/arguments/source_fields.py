"""The options of `fonoteca sources add` and `edit`, as fields of a definition."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from pydantic import ValidationError

from cli.arguments.filters import parse_filters
from cli.errors import REFUSED, CliError
from shared.following.definition import SourceDefinition

Json = dict[str, Any]


class SourceOptions(TypedDict):
    """The options as they are on the command line; None: not given."""

    address: str | None
    every: str | None
    first: str | None
    profiles: list[str] | None
    priority: str | None
    filters: list[str] | None
    feed: str | None
    keep: str | None
    labels: list[str] | None


def source_fields(**options: Unpack[SourceOptions]) -> Json:
    """Return the fields of a definition that the options give. Raises CliError for a label or filter that is wrong."""
    given: Json = dict(options)
    if (first := options["first"]) is not None and first.isdecimal():
        given["first"] = int(first)
    if profiles := options["profiles"]:
        given["profiles"] = [name for each in profiles for name in each.split(",")]
    given["filters"] = parse_filters(options["filters"]) if options["filters"] else None
    given["labels"] = dict(_label(text) for text in options["labels"]) if options["labels"] else None
    return {name: value for name, value in given.items() if value not in (None, [])}


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
