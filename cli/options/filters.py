"""The options by which `videos`, `export` and `get` select videos, declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from cli.options.common import Playlist
from cli.options.completion import reasons as complete_reasons


@dataclass(frozen=True)
class VideoFilters:
    """The criteria that a video must meet. Each field is an option of every command that selects videos."""

    playlist: Playlist = None
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason",
            "-r",
            metavar="REASON",
            help="Only videos whose last failure has this reason; `fonoteca reasons` lists them.",
            autocompletion=complete_reasons,
        ),
    ] = None
    channel: Annotated[str | None, typer.Option(metavar="NAME", help="Only videos of this channel (exact name).")] = (
        None
    )
    licence: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Only videos under this licence (exact text); `unknown`: none is stated."),
    ] = None
    text: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="Only videos with all these words in title or channel, accents ignored."),
    ] = None

    def given(self) -> dict[str, str]:
        """Return the criteria that were given, as the API names them."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


NO_FILTERS = VideoFilters()


def selecting_videos(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter `filters` of a command by one option for each criterion."""
    options = get_type_hints(VideoFilters, include_extras=True)
    hints = get_type_hints(command, include_extras=True)

    def parameter(name: str, default: Any, annotation: Any) -> inspect.Parameter:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    parameters: list[inspect.Parameter] = []
    for own in inspect.signature(command).parameters.values():
        if own.name == "filters":
            parameters += [parameter(field.name, None, options[field.name]) for field in fields(VideoFilters)]
        else:
            parameters.append(parameter(own.name, own.default, hints[own.name]))

    @wraps(command)
    def run(**given: Any) -> None:
        chosen = {field.name: given.pop(field.name) for field in fields(VideoFilters)}
        command(filters=VideoFilters(**chosen), **given)

    vars(run)["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
