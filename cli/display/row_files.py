"""Files of rows, for other programs: JSON Lines or CSV. A file appears when it is complete, and not before."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TextIO

from cli.display.csv_cells import cell
from cli.display.json_text import json_text
from cli.errors import REFUSED, CliError


@contextmanager
def complete_file(to: Path) -> Iterator[Path]:
    """Yield a file beside `to` that takes its place when the block ends. Raises CliError if it cannot be written."""
    part = to.with_name(f"{to.name}.part")
    try:
        part.unlink(missing_ok=True)
        yield part
        part.replace(to)
    except (OSError, ValueError, sqlite3.OperationalError) as error:
        why = getattr(error, "strerror", None) or error
        raise CliError(f"{to} cannot be written: {why}. Name a file in an existing folder.", REFUSED) from error


def write_rows(
    rows: Iterable[Mapping[str, Any]], form: Literal["jsonl", "csv"], columns: Sequence[str], file: TextIO
) -> int:
    """Write rows as text; csv has a first line with the columns. Returns how many."""
    if form == "jsonl":
        return sum(1 for row in rows if file.write(json_text(row) + "\n"))
    table = csv.DictWriter(file, columns)
    table.writeheader()
    number = 0
    for row in rows:
        table.writerow({name: cell(value) for name, value in row.items()})
        number += 1
    return number
