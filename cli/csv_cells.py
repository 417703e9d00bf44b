"""Cells of a table that other programs open: none of them is a formula, however the program takes the file apart."""

from __future__ import annotations

import re

from shared.contracts.text import printable

#: What a formula begins with in some spreadsheet: ASCII, full width, small forms, the minus sign.
_BEGINS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
#: A beginning, at the cell's own and behind whatever may be taken for the end of another one.
_FORMULA = re.compile(f"(^|[,;|:\t\r\n\"'])([ \u00a0\u3000]{{0,200}})(?=[{_BEGINS}])")
#: What stands between two cells in some files: a cell that begins with it may be two.
_SEPARATORS = ("\t", "\r", "\n")


def cell(value: object) -> object:
    """A value as spreadsheets may take it: an apostrophe stands before each text that they might run as a formula."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if not isinstance(value, str):
        return value
    safe = _FORMULA.sub(r"\1'\2", value)
    if safe.startswith(_SEPARATORS):
        safe = f"'{safe}"
    return printable(safe)
