"""`sources.yaml`: all followed sources in one file. Wrong lines are reported together, with line, field and cure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml
from pydantic import ValidationError

from shared.following.definition import SourceDefinition

#: Characters of a file: some hundred thousand sources.
MAX_TEXT = 64 * 2**20
_TOP = "sources"


class WrongSources(ValueError):
    """The file is wrong. The text has a line for each mistake."""


def parse_sources(text: str, *, private_hosts: bool = False) -> list[SourceDefinition]:
    """Parse a file. Raises WrongSources; then nothing of the file should be applied."""
    if len(text) > MAX_TEXT:
        raise WrongSources(f"it has {len(text)} characters; at most {MAX_TEXT} are allowed")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_twins(root, set())
        data = _plain(root, {})
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise WrongSources(f"line {line}: {error.problem}. Correct the YAML.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise WrongSources(f"it is not YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get(_TOP), list) or set(data) != {_TOP}:
        raise WrongSources(f"line 1: write `{_TOP}:` and below it a list, each source beginning with `- name: …`.")
    assert isinstance(root, yaml.MappingNode)
    nodes = next(value for key, value in root.value if key.value == _TOP).value
    mistakes: list[tuple[int, str]] = []
    found: dict[str, tuple[int, SourceDefinition]] = {}
    for node, item in zip(nodes, data[_TOP], strict=True):
        line = node.start_mark.line + 1
        try:
            definition = SourceDefinition.model_validate(item)
        except ValidationError as error:
            mistakes += _mistakes(node, item, error)
            continue
        mistakes += [(line, text) for text in _rules_between(definition, found, private_hosts=private_hosts)]
        found.setdefault(definition.name, (line, definition))
    if mistakes:
        raise WrongSources("\n".join(f"line {line}: {text}" for line, text in sorted(mistakes)))
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


def _mistakes(node: yaml.Node, item: object, error: ValidationError) -> Iterator[tuple[int, str]]:
    name = item.get("name") if isinstance(item, dict) else None
    for problem in error.errors(include_url=False):
        where = [part for part in problem["loc"] if isinstance(part, str | int)]
        line, known = _line_of(node, where)
        field = ".".join(map(str, known)) or "the source"
        sentence = problem["msg"].removeprefix("Value error, ")
        yield line, f"{f'{name}: ' if isinstance(name, str) else ''}{field}: {sentence}"


def _line_of(node: yaml.Node, where: Sequence[str | int]) -> tuple[int, list[str | int]]:
    """The line of the field at a path, and as much of the path as is in the file."""
    line = node.start_mark.line + 1
    known: list[str | int] = []
    for part in where:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == part), None)
            if pair is None:
                if not known:
                    known.append(part)
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
        known.append(part)
    return line, known


def _refuse_twins(node: yaml.Node | None, seen: set[int]) -> None:
    """Raise MarkedYAMLError for a key that comes twice in one mapping: YAML would keep the last one alone."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twins(item, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key is no word; quote it", problem_mark=key.start_mark)
            if key.value in keys:
                raise yaml.MarkedYAMLError(problem=f"{key.value} is there twice", problem_mark=key.start_mark)
            keys.add(str(key.value))
            _refuse_twins(value, seen)


def _plain(node: yaml.Node | None, known: dict[int, object]) -> object:
    """The mappings, lists and texts of a document. Every scalar is a text: the fields' types say what it means.

    In YAML 1.1 `off`, and the language `no`, would be false.
    """
    if node is None or id(node) in known:
        return known.get(id(node))
    if isinstance(node, yaml.MappingNode):
        known[id(node)] = {str(key.value): _plain(value, known) for key, value in node.value}
    elif isinstance(node, yaml.SequenceNode):
        known[id(node)] = [_plain(item, known) for item in node.value]
    else:
        known[id(node)] = node.value
    return known[id(node)]
