"""Cells of a CSV file that no spreadsheet runs as a formula, however it splits the file."""

from __future__ import annotations

import re

from shared.untrusted.text import printable

#: Characters that start a formula in some spreadsheet: ASCII, full width, small forms, the minus sign.
_BEGINS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
#: Invisible characters that may precede a formula: blanks of all kinds, joiners.
_UNSEEN = "\\s\u200c\u200d"
#: The start of a formula: at the start of the cell, or after a character that may be read as the end of a cell.
_FORMULA = re.compile(f"(^|[,;|\"'])([{_UNSEEN}]{{0,250}})(?=[{_BEGINS}])")
#: Cells that cannot hold a formula wherever they are split: ids, addresses, keys, hashes, times.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9:/._%&?=+#~@-]{0,4000}")


def cell(value: object) -> object:
    """Return a value that is safe in spreadsheets: an apostrophe precedes each text that they might run."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if not isinstance(value, str) or _PLAIN.fullmatch(value) is not None:
        return value
    # Tabs and line ends become blanks, so that they start no cell.
    return _FORMULA.sub(r"\1'\2", str(printable(value)))
