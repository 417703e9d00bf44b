"""`sources.yaml`: all followed sources in one file. Wrong lines are reported together, with line, field and cure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
        found: dict[str, tuple[int, SourceDefinition]] = {}
        for line, definition in listed.definitions:
            mistakes = _rules_between(definition, found, private_hosts=private_hosts)
            listed.mistakes.extend((line, text) for text in mistakes)
            found.setdefault(definition.name, (line, definition))
        listed.refuse_mistakes()
    except WrongFile as error:
        raise WrongSources(str(error)) from error
    return [definition for _, definition in found.values()]


def write_sources(definitions: Sequence[SourceDefinition]) -> str:
    """Write a file that `parse_sources` reads back as the same definitions."""
    items = [definition.model_dump(mode="json", exclude_defaults=True) for definition in definitions]
    text: str = yaml.safe_dump({_TOP: items}, allow_unicode=True, sort_keys=False, width=120)
    return text


def _rules_between(
    definition: SourceDefinition, found: dict[str, tuple[int, SourceDefinition]], *, private_hosts: bool
) -> Iterator[str]:
    if definition.name in found:
        yield f"name: {definition.name} is also in line {found[definition.name][0]}; give each source its own name."
    playlist_id = definition.playlist.playlist_id
    for line, other in found.values():
        if other.name != definition.name and other.playlist.playlist_id == playlist_id:
            yield f"address: the same list as {other.name} in line {line}; remove one of them."
    if not private_hosts and (host := definition.inner_host()) is not None:
        yield f"address: {host} is not on the public internet: only public addresses are followed."
