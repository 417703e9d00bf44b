"""`sources.yaml`: all followed sources in one file. Wrong lines are reported together, with line, field and cure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import yaml

from shared.following.definition import SourceDefinition
from shared.listed_file import WrongFile, read_list

_TOP = "sources"


class WrongSources(WrongFile):
    """The file is wrong. The text has a line for each mistake."""


def parse_sources(text: str, *, private_hosts: bool = False) -> list[SourceDefinition]:
    """Parse a file. Raises WrongSources; then nothing of the file should be applied."""
    try:
        listed = read_list(text, _TOP, SourceDefinition)
        named: dict[str, int] = {}
        lists: dict[str, tuple[str, int]] = {}
        for line, definition in listed.definitions:
            mistakes = _mistakes(definition, named, lists, private_hosts=private_hosts)
            listed.mistakes.extend((line, text) for text in mistakes)
            named.setdefault(definition.name, line)
            lists.setdefault(definition.playlist.playlist_id, (definition.name, line))
        listed.refuse_mistakes()
    except WrongFile as error:
        raise WrongSources(str(error)) from error
    return [definition for _, definition in listed.definitions]


def write_sources(definitions: Sequence[SourceDefinition]) -> str:
    """Write a file that `parse_sources` reads back as the same definitions."""
    items = [definition.model_dump(mode="json", exclude_defaults=True) for definition in definitions]
    text: str = yaml.safe_dump({_TOP: items}, allow_unicode=True, sort_keys=False, width=120)
    return text


def _mistakes(
    definition: SourceDefinition, named: Mapping[str, int], lists: Mapping[str, tuple[str, int]], *, private_hosts: bool
) -> Iterator[str]:
    """Yield what is wrong beside the sources before it. `named`, `lists`: the lines of their names and lists."""
    if definition.name in named:
        yield f"name: {definition.name} is also in line {named[definition.name]}; give each source its own name."
    name, line = lists.get(definition.playlist.playlist_id, (definition.name, 0))
    if name != definition.name:
        yield f"address: the same list as {name} in line {line}; remove one of them."
    if not private_hosts and (host := definition.inner_host()) is not None:
        yield f"address: {host} is not on the public internet: only public addresses are followed."
