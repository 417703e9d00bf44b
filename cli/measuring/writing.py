"""Writes measurements for other programs: all that the API says, or the columns of Pytomo."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Literal, TextIO

from cli.api.answers import Json
from cli.display.row_files import complete_file, write_rows
from cli.errors import REFUSED, CliError
from cli.measuring.columns import COLUMNS, row_of

Form = Literal["csv", "jsonl", "sqlite", "parquet"]
#: Rows of a Parquet file that are written at once.
GROUP = 10_000
#: Name of the table in a SQLite file.
TABLE = "measurements"


def write_text(rows: Iterable[Json], form: Literal["csv", "jsonl"], file: TextIO) -> int:
    """Write measurements as text. jsonl: all that the API says; csv: the columns of Pytomo. Returns how many."""
    return write_rows(rows if form == "jsonl" else map(row_of, rows), form, list(COLUMNS), file)


def write_file(rows: Iterable[Json], form: Form, to: Path) -> int:
    """Write measurements into a file. Returns how many. Raises CliError if it cannot be written."""
    with complete_file(to) as part:
        if form == "sqlite":
            return _write_sqlite(rows, part)
        if form == "parquet":
            return _write_parquet(rows, part)
        with part.open("w", encoding="utf-8", newline="") as file:
            return write_text(rows, form, file)


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


def _write_parquet(rows: Iterable[Json], path: Path) -> int:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise CliError(
            "Parquet needs the package pyarrow. Install it: pip install 'fonoteca[parquet]'. Or export as csv.",
            REFUSED,
        ) from error
    types = {"TEXT": pyarrow.string(), "REAL": pyarrow.float64(), "INTEGER": pyarrow.int64()}
    schema = pyarrow.schema([(name, types[type_]) for name, (type_, _) in COLUMNS.items()])
    number, left = 0, iter(rows)
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        while group := [row_of(row) for row in itertools.islice(left, GROUP)]:
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))
            number += len(group)
    return number
