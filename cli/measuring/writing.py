"""Writes measurements into a file. A file appears when it is complete, and not before."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, TextIO

from cli.api.client import Json
from cli.display.csv_cells import cell
from cli.display.json_text import json_text
from cli.errors import REFUSED, CliError
from cli.measuring.columns import COLUMNS, row_of

Form = Literal["csv", "jsonl", "sqlite"]
#: Name of the table in a SQLite file.
TABLE = "measurements"


def write_text(rows: Iterable[Json], form: Literal["csv", "jsonl"], file: TextIO) -> int:
    """Write measurements as text. jsonl: all that the API says; csv: the columns of Pytomo. Returns how many."""
    if form == "jsonl":
        return sum(1 for row in rows if file.write(json_text(row) + "\n"))
    table = csv.DictWriter(file, list(COLUMNS))
    table.writeheader()
    number = 0
    for row in rows:
        table.writerow({name: cell(value) for name, value in row_of(row).items()})
        number += 1
    return number


def write_file(rows: Iterable[Json], form: Form, to: Path) -> int:
    """Write measurements into a file. Returns how many. Raises CliError if it cannot be written."""
    with _complete(to) as part:
        if form == "sqlite":
            return _write_sqlite(rows, part)
        with part.open("w", encoding="utf-8", newline="") as file:
            return write_text(rows, form, file)


@contextmanager
def _complete(to: Path) -> Iterator[Path]:
    """Yield a file beside `to` that takes its place when the block ends."""
    part = to.with_name(f"{to.name}.part")
    try:
        part.unlink(missing_ok=True)
        yield part
        part.replace(to)
    except (OSError, ValueError, sqlite3.OperationalError) as error:
        why = getattr(error, "strerror", None) or error
        raise CliError(f"{to} cannot be written: {why}. Name a file in an existing folder.", REFUSED) from error


def _write_sqlite(rows: Iterable[Json], path: Path) -> int:
    fields = ", ".join(f"{name} {type_}" for name, (type_, _) in COLUMNS.items())
    places = ", ".join("?" * len(COLUMNS))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE {TABLE} ({fields})")
        count = database.executemany(
            f"INSERT INTO {TABLE} VALUES ({places})",  # noqa: S608  # our own names
            (tuple(row_of(row).values()) for row in rows),
        ).rowcount
    return max(count, 0)
