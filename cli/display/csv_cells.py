"""Cells of a table that other programs open: none of them is a formula, however the program takes the file apart."""

from __future__ import annotations

import re

from shared.untrusted.text import printable

#: What a formula begins with in some spreadsheet: ASCII, full width, small forms, the minus sign.
_BEGINS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
#: What is not seen, so that a formula may begin behind it: blanks of all kinds, joiners.
_UNSEEN = "\\s\u200c\u200d"
#: A beginning, at the cell's own and behind whatever may be taken for the end of another one.
_FORMULA = re.compile(f"(^|[,;|\"'])([{_UNSEEN}]{{0,250}})(?=[{_BEGINS}])")
#: Cells of letters that cannot be a formula wherever they are cut: ids, addresses, keys, hashes, moments.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9:/._%&?=+#~@-]{0,4000}")


def cell(value: object) -> object:
    """A value as spreadsheets may take it: an apostrophe stands before each text that they might run as a formula."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if not isinstance(value, str) or _PLAIN.fullmatch(value) is not None:
        return value
    # Tabs and ends of lines become blanks, and with them the cells that they would begin.
    return _FORMULA.sub(r"\1'\2", str(printable(value)))
