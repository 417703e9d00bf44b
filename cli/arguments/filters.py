"""`--filter RULE=VALUE`: the rules of `shared.filters` as they are written on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from cli.errors import REFUSED, CliError
from shared.filters import Filters

#: Rules that take several values, separated by commas.
_LISTS = ("licences", "languages")
#: Every rule, by the name that files and the API give it too.
RULES = tuple(Filters.model_fields)


def parse_filters(texts: Sequence[str]) -> dict[str, Any] | None:
    """Return the rules as the API takes them; None if there are none. Raises CliError, which names the wrong rule."""
    if not texts:
        return None
    rules: dict[str, Any] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not separator or name not in RULES:
            raise CliError(f"--filter {text}: write RULE=VALUE. The rules are {', '.join(RULES)}.", REFUSED)
        if name in rules and name not in _LISTS:
            raise CliError(f"--filter {name} was given twice; give it once.", REFUSED)
        rules[name] = [*rules.get(name, []), *_listed(value)] if name in _LISTS else value
    try:
        return Filters.model_validate(rules).model_dump(mode="json", exclude_defaults=True) or None
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, p['loc'][:1]))}: {_sentence(p['msg'])}".lstrip(": ") for p in error.errors())
        raise CliError(f"--filter: {'; '.join(problems)}. Correct this rule.", REFUSED) from error


def _listed(value: str) -> Iterable[str]:
    return (part.strip() for part in value.split(","))


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")
