"""Reads a YAML file that holds one list of definitions. Wrong lines are reported with line, field and cure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from shared.errors import Misconfigured

#: Characters of a file: some hundred thousand definitions.
MAX_TEXT = 64 * 2**20
Definition = TypeVar("Definition", bound=BaseModel)
Parsed = TypeVar("Parsed")


class WrongFile(ValueError):
    """The file is wrong. The text has a line for each mistake."""


class Listed(NamedTuple, Generic[Definition]):
    """The definitions of a file and the mistakes in it, each with its line."""

    definitions: list[tuple[int, Definition]]
    mistakes: list[tuple[int, str]]

    def refuse_mistakes(self) -> None:
        """Raise WrongFile if there are mistakes."""
        if self.mistakes:
            raise WrongFile("\n".join(f"line {line}: {text}" for line, text in sorted(self.mistakes)))


def read_named_file(setting: str, path: Path, parse: Callable[[str], Parsed]) -> Parsed:
    """Read and parse the file that a setting names. Raises Misconfigured, with every wrong line.

    `parse`: parses its text; raises WrongFile.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{setting} names {path}, which cannot be read: {error}. Correct the path or the file."
        ) from error
    try:
        return parse(text)
    except WrongFile as error:
        raise Misconfigured(
            f"{setting} names {path}, of which nothing was applied. Correct these lines:\n{error}"
        ) from error


def read_list(text: str, top: str, model: type[Definition]) -> Listed[Definition]:
    """Parse a file whose only key is `top`, a list of `model`. Raises WrongFile if it has another form."""
    if len(text) > MAX_TEXT:
        raise WrongFile(f"it has {len(text)} characters; at most {MAX_TEXT} are allowed")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_twins(root, set())
        data = _plain(root, {})
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise WrongFile(f"line {line}: {error.problem}. Correct the YAML.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise WrongFile(f"it is not YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get(top), list) or set(data) != {top}:
        raise WrongFile(
            f"line 1: write `{top}:` and below it a list, each {top.removesuffix('s')} beginning with `- name: …`."
        )
    assert isinstance(root, yaml.MappingNode)
    nodes = next(value for key, value in root.value if key.value == top).value
    found: Listed[Definition] = Listed([], [])
    for node, item in zip(nodes, data[top], strict=True):
        try:
            found.definitions.append((node.start_mark.line + 1, model.model_validate(item)))
        except ValidationError as error:
            found.mistakes.extend(_mistakes(node, item, error, f"the {top.removesuffix('s')}"))
    return found


def _mistakes(node: yaml.Node, item: object, error: ValidationError, what: str) -> Iterator[tuple[int, str]]:
    name = item.get("name") if isinstance(item, dict) else None
    for problem in error.errors(include_url=False):
        where = [part for part in problem["loc"] if isinstance(part, str | int)]
        line, known = _line_of(node, where)
        field = ".".join(map(str, known)) or what
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
