"""The commands that pages and messages name: where they stand, and whether they exist with these options."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import typer

from cli.main import app
from dev.install import ROOT

#: What is read by people: pages, notes, comments of settings, alerts, and the texts in the code.
PAGES: tuple[str, ...] = (
    "*.md",
    "docs/**/*.md",
    "deploy/**/*.md",
    "services/*/README.md",
    ".env.example",
    "docker-compose.yml",
)
PAGES += (
    "deploy/**/*.yaml",
    "deploy/**/NOTES.txt",
    "deploy/**/*.tpl",
    "deploy/**/*.json",
    "Makefile",
    "pyproject.toml",
)
CODE = ("cli", "services", "shared", "dev")
WEB = "services/api/web/**/*.js"
#: A span of code in Markdown, also over the end of a line, but not over an empty one.
_SPAN = re.compile(r"(?<!`)`([^`\n]+(?:\n(?!\s*\n)[^`\n]+)?)`(?!`)")
#: Words that stand for others: PLAYLIST, N, …, <url>, "…", {name}
_PLACEHOLDER = re.compile(r"^[A-Z][A-Z0-9_]*…?$|…|^<.*>$|^\{.*\}$|^X$|^\"")
#: Variables of make that any target may have, or that its recipes read from the environment.
_OF_MAKE = set(re.findall(r"\$\((?:[a-z]+ )*([A-Z][A-Z0-9_]*)\)", (ROOT / "Makefile").read_text()))


class Named(NamedTuple):
    """A command that somebody is told to give, and where."""

    place: str
    command: str


@cache
def named() -> list[Named]:
    """Every command line of `fonoteca` and `make` that a person can read somewhere."""
    return sorted({*_in_pages(), *_in_code(), *_in_web()})


def wrong(command: str) -> str | None:
    """What is wrong with a command line; None if it exists with these options."""
    words = [word.strip("\"'.,:;)") for word in command.split()]
    return _wrong_make(words[1:]) if words[0] == "make" else _wrong_fonoteca([word for word in words[1:] if word])


def _in_pages() -> Iterator[Named]:
    for file in sorted({file for pattern in PAGES for file in ROOT.glob(pattern) if _is_ours(file)}):
        text = file.read_text()
        place = str(file.relative_to(ROOT))
        for span in _SPAN.findall(text):
            yield from _of_line(place, " ".join(span.split()))
        if file.suffix == ".md":
            for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL):
                for line in block.splitlines():
                    yield from _of_line(place, line.strip())


def _in_code() -> Iterator[Named]:
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            if not _is_ours(file):
                continue
            place = str(file.relative_to(ROOT))
            for text in _texts(ast.parse(file.read_text())):
                for span in _SPAN.findall(text):
                    yield from _of_line(place, " ".join(span.split()))
                for words in re.findall(r"(?<![`/\w-])fonoteca ((?:[a-z]+ ?){1,2})", text) if folder == "cli" else ():
                    yield from _of_prose(place, words.split())


def _in_web() -> Iterator[Named]:
    for file in sorted(ROOT.glob(WEB)):
        for words in re.findall(r"fonoteca ((?:[a-z]+ ?){1,2})", file.read_text()):
            yield from _of_prose(str(file.relative_to(ROOT)), words.split())


def _of_line(place: str, line: str) -> Iterator[Named]:
    """The command in a line of code, if it is one of ours."""
    if (found := re.match(r"^(?:[A-Z_]+=\S+ )*make(?: [a-z-]+| [A-Z_]+=\S+)+", line)) is not None:
        yield Named(place, re.sub(r"^(?:[A-Z_]+=\S+ )*", "", found[0]))
    for part in re.split(r"\||&&|\$\(|;", line):
        if (
            call := re.match(r"^\s*(?:[A-Z_]+=\S*\s+)*(?:\S*/)?fonoteca((?:\s+\S+)*)", part.split(" # ")[0])
        ) is not None:
            for words in _alternatives(call[1].split()):
                yield Named(place, " ".join(["fonoteca", *words]))


def _of_prose(place: str, words: list[str]) -> Iterator[Named]:
    """Of running text only the names of commands can be told from what follows."""
    if words and words[0] in _commands(_root()):
        inner = _commands(_root())[words[0]]
        group = _commands(inner)
        yield Named(place, " ".join(["fonoteca", words[0], *([words[1]] if words[1:] and words[1] in group else [])]))


def _alternatives(words: list[str]) -> Iterator[list[str]]:
    """`keys create|list` is two commands."""
    for index, word in enumerate(words[:2]):
        if "|" in word and re.fullmatch(r"[a-z-]+(\|[a-z-]+)+", word):
            for each in word.split("|"):
                yield [*words[:index], each, *words[index + 1 :]]
            return
    yield words


def _wrong_make(words: list[str]) -> str | None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for word in words:
        if "=" in word:
            name = word.partition("=")[0]
            if name not in _OF_MAKE:
                return f"the Makefile reads no {name}"
        elif word not in targets:
            return f"the Makefile has no target {word}"
    return None


def _wrong_fonoteca(words: list[str]) -> str | None:
    command: Any = _root()
    while words:
        word, words = words[0], words[1:]
        if word.startswith("-") and word != "-":
            name, has_value, _ = word.partition("=")
            options = _options(command)
            if name in ("--help", "--install-completion", "--show-completion", "--"):
                continue
            if name not in options:
                return f"{command.name or 'fonoteca'} has no option {name}"
            option = options[name]
            if option.is_flag or has_value:
                continue
            value, words = (words[0], words[1:]) if words else ("", [])
            choices = _choices(getattr(option, "type_descriptor", None))
            if choices and value and not _PLACEHOLDER.search(value) and not set(value.split("|")) <= set(choices):
                return f"{name} takes one of {', '.join(choices)}, not {value}"
        elif (inner := _commands(command)) and word in inner:
            command = inner[word]
        elif inner and not _PLACEHOLDER.search(word):
            return f"there is no command {word}"
    return None


@cache
def _root() -> Any:
    return typer.main.get_command(app)


def _commands(command: Any) -> dict[str, Any]:
    return dict(getattr(command, "commands", {}))


def _options(command: Any) -> dict[str, Any]:
    return {name: p for p in command.params if p.param_type_name == "option" for name in (*p.opts, *p.secondary_opts)}


def _choices(descriptor: Any) -> tuple[str, ...]:
    """The words that an option takes, if it takes no others."""
    annotation = getattr(descriptor, "annotation", None)
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _is_ours(file: Path) -> bool:
    return not {"node_modules", ".venv", ".venv-servers", ".venv-bench", ".stack"} & set(file.parts)


def _texts(tree: ast.AST) -> Iterator[str]:
    """The strings of a module; what is put into them is X."""
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in ast.walk(node)} - {id(node)}
            if id(node) not in inside:
                yield "".join(str(p.value) if isinstance(p, ast.Constant) else "X" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value
