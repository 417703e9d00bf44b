"""Errors as the user reads them, and the exit codes."""

from __future__ import annotations

#: Exit codes: the API or a server is unreachable; wrong input; a setting is missing or wrong.
UNREACHABLE, REFUSED, WRONG_SETTING = 69, 2, 78


class CliError(Exception):
    """Ends the command with exit code `code`; the text tells the user what is wrong and what to do."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code
