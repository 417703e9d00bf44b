"""The style of --help, the same for every command; and the hint for ids that begin with a dash."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Any, NamedTuple

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from cli.errors import REFUSED, CliError

#: Video ids of YouTube have eleven letters, digits, dashes and underscores; the first may be a dash.
_VIDEO_ID = re.compile(r"-[A-Za-z0-9_-]{10}")
#: Values of short options have no such characters: names of reasons and profiles are in lower case.
_NO_WORD = re.compile(r"[A-Z_]")
_META = "fonoteca.dashed"


class _Dashed(NamedTuple):
    """An argument that begins with a dash and may be an id."""

    word: str
    #: It cannot be an option with a value.
    certain: bool
    #: It is an id, but this command takes no ids.
    unexpected: bool = False


def style_help(app: typer.Typer) -> None:
    """Give all commands and groups of `app` the same style."""
    app.info.cls = Group
    for command in app.registered_commands:
        command.cls = _Command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            style_help(group.typer_instance)


def _flags_without_type(parameters: list[Any]) -> list[Any]:
    """Remove `<bool>` from the help of flags: it would make people look for a value to give."""
    for parameter in parameters:
        if getattr(parameter, "is_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
    return parameters


class _Command(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        return _flags_without_type(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As in the base class, except that an id that begins with a dash raises CliError with a hint."""
        dashed = None if ctx.resilient_parsing else _dashed(self.get_params(ctx), args)
        if dashed is not None and dashed.certain:
            raise CliError(f"There is no option {dashed.word}. {_hint(ctx, dashed.word)}", REFUSED)
        if dashed is not None and dashed.unexpected:
            raise _takes_no_ids(ctx, dashed.word)
        if dashed is not None:
            ctx.meta[_META] = dashed.word
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """As in the base class; an error that follows from an id read as an option gets the hint."""
        try:
            return super().invoke(ctx)
        except CliError as error:
            if error.code != REFUSED or (word := ctx.meta.get(_META)) is None:
                raise
            raise CliError(f"{error} {_hint(ctx, word)}", REFUSED) from error


class Group(TyperGroup):
    """A group of commands: its --help, and its hint for ids that begin with a dash."""

    def get_params(self, ctx: Any) -> list[Any]:
        """As in the base class; flags show no type."""
        return _flags_without_type(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As in the base class, except that an id that begins with a dash raises CliError with a hint."""
        own = list(takewhile(lambda word: word not in self.commands, args))
        dashed = None if ctx.resilient_parsing else _dashed(self.get_params(ctx), own)
        if dashed is not None and dashed.unexpected:
            raise _takes_no_ids(ctx, dashed.word)
        return super().parse_args(ctx, args)


def _takes_no_ids(ctx: Any, word: str) -> CliError:
    return CliError(
        f"There is no option {word}, and {ctx.command_path} takes no ids. Run `fonoteca logs -- {word}` for a video, "
        f"`fonoteca status -- {word}` for a playlist.",
        REFUSED,
    )


def _hint(ctx: Any, word: str) -> str:
    return f"If {word} is an id, write it after two dashes, behind all options: {ctx.command_path} -- {word}"


def _dashed(parameters: list[Any], args: list[str]) -> _Dashed | None:
    """Return the first argument that looks like an option and may be an id; None if there is none."""
    takes_ids = any(isinstance(parameter, TyperArgument) for parameter in parameters)
    options = {name: p for p in parameters if isinstance(p, TyperOption) for name in (*p.opts, *p.secondary_opts)}
    words = iter(args)
    for word in words:
        if word == "--":
            return None
        name = word.partition("=")[0]
        if name in options:
            if not options[name].is_flag and "=" not in word:
                next(words, None)
        elif word.startswith("-") and len(word) > 2:
            value = _value_behind(word, options)
            is_id = _VIDEO_ID.fullmatch(word) is not None
            if not takes_ids:
                return _Dashed(word, certain=False, unexpected=True) if is_id and value is None else None
            if value is None and (is_id or not word.startswith("--")):
                return _Dashed(word, certain=True)
            if value is not None and is_id:
                taken_for_a_file = options[word[:2]].metavar == "FILE"
                return _Dashed(word, certain=not taken_for_a_file and _NO_WORD.search(value) is not None)
    return None


def _value_behind(word: str, options: dict[str, Any]) -> str | None:
    """Return the value in `-wfFILE`, where -f takes one and -w is a flag; None if a letter is no such option."""
    if word.startswith("--"):
        return None
    for place, letter in enumerate(word[1:], 2):
        option = options.get(f"-{letter}")
        if option is None:
            return None
        if not option.is_flag:
            return word[place:]
    return None
