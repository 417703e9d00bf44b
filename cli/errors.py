"""Errors as a person at the command line reads them, and the exit codes."""

from __future__ import annotations

#: Exit codes: the API cannot be reached; it refused what was given; a setting is missing or wrong.
UNREACHABLE, REFUSED, WRONG_SETTING = 69, 2, 78


class CliError(Exception):
    """Something to tell the user; the command ends with `code`."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code
