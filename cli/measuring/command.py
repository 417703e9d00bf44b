"""`fonoteca probe`: how well videos download, one by one, by the hour, and as a file for other programs."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.api.measurements import Measurements
from cli.context import AsJson, client, err, out, print_json_line
from cli.display.formatting import coloured
from cli.display.measurements import rate, short_time
from cli.display.tables import new_table, title
from cli.display.times import moment
from cli.errors import REFUSED, CliError
from cli.measuring import crawls
from cli.measuring.counting import counted_rows
from cli.measuring.report.command import report
from cli.measuring.selecting import Egress, OfCrawl, Provider, Since, Source, Until, Wanted
from cli.measuring.writing import Form, write_file, write_text

#: Measurements that `list` shows by default.
SHOWN = 20

probe = typer.Typer(no_args_is_help=True)


@probe.callback()
def about() -> None:
    """Show how well videos download, and measure that.

    Scrapers measure every download of the archive, which costs no request. A crawl downloads to measure.

    docs/measurements.md explains what each value means, and how far to trust it.
    """


probe.command()(crawls.crawl)
probe.command()(crawls.crawls)
probe.command()(crawls.stop)
probe.command()(report)


@probe.command("list")
def list_measurements(
    video: Annotated[str | None, typer.Option("--video", metavar="ID", help="Of this video alone.")] = None,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many.")] = SHOWN,
    since: Since = None,
    until: Until = None,
    egress: Egress = None,
    crawl: OfCrawl = None,
    as_json: AsJson = False,
) -> None:
    """List downloads as they were measured, the newest first.

    Single measurements are kept for PROBE_KEEP_DAYS. --json prints one object per line, with all that was measured.

    Examples:

    - `fonoteca probe list --since 24h --egress cotonou-1`
    - `fonoteca probe list -n 1000 --json | jq -r 'select(.stalls > 0) | .video_id'`
    """
    of_video = {"video_id": video} if video is not None else {}
    query = Wanted(since, until, egress, None, None, crawl).query() | of_video
    found = itertools.islice(Measurements(client()).newest(query), number)
    if as_json:
        for measurement in found:
            print_json_line(measurement)
        return
    table = new_table("when", "result", "rate", "first byte", "starts", "stalls", "from", "what")
    for row in found:
        table.add_row(
            moment(row["at"]),
            coloured(row["result"]) if row["reason"] is None else f"[red]{row['reason']}[/]",
            rate(row["average_rate"]),
            short_time(row["first_byte_seconds"]),
            short_time(row["startup_seconds"]),
            "–" if row["stalls"] is None else str(row["stalls"]),
            row["host"] or "–",
            title(row["title"] or row["video_id"]),
        )
    nothing = "Nothing was measured. Does the probe service run, and is SCRAPER_MEASURE on?"
    out.print(table if table.row_count else nothing)


@probe.command()
def hours(
    since: Since = "24h",
    until: Until = None,
    egress: Egress = None,
    provider: Provider = None,
    source: Source = None,
    as_json: AsJson = False,
) -> None:
    """Show how well videos downloaded by the hour: middle values, by egress and source. Kept for ever.

    Examples:

    - `fonoteca probe hours --since 7d --egress cotonou-1`
    - `fonoteca probe hours --since 2026-01-01 --json | jq '[.hour, .average_rate.p50]'`
    """
    found = Measurements(client()).hours(Wanted(since, until, egress, provider, source).query())
    if as_json:
        for hour in found:
            print_json_line(hour)
        return
    table = new_table("hour", "egress", "source", "downloads", "failed", "rate", "first byte", "starts", "stalls")
    for row in found:
        table.add_row(
            moment(row["hour"]),
            row["egress"],
            row["source"],
            str(row["downloads"]),
            f"[red]{row['failed']}[/]" if row["failed"] else "0",
            rate(row["average_rate"]["p50"]),
            short_time(row["first_byte_seconds"]["p50"]),
            short_time(row["startup_seconds"]["p50"]),
            str(row["stalls"]),
        )
    out.print(table if table.row_count else "Nothing was downloaded in that time.")


@probe.command()
def export(
    form: Annotated[Form, typer.Option("--format", help="csv, jsonl (JSON Lines), sqlite or parquet.")] = "csv",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="The file to write. Default: standard output.")
    ] = None,
    since: Since = None,
    until: Until = None,
    egress: Egress = None,
    provider: Provider = None,
    source: Source = None,
    crawl: OfCrawl = None,
) -> None:
    """Export measurements for other programs, the newest first.

    csv, sqlite and parquet have the 29 columns of Pytomo, jsonl all that was measured: docs/measurements.md.

    Examples:

    - `fonoteca probe export --since 7d --to week.csv`
    - `fonoteca probe export --format sqlite --egress cotonou-1 --to cotonou.db`
    """
    if to is None and form in ("sqlite", "parquet"):
        raise CliError(f"A {form} file cannot be written to standard output. Add --to FILE.", REFUSED)
    rows = counted_rows(Measurements(client()).newest(Wanted(since, until, egress, provider, source, crawl).query()))
    if to is not None:
        number = write_file(rows, form, to)
    else:
        number = write_text(rows, "jsonl" if form == "jsonl" else "csv", sys.stdout)
    err.print(f"{number} measurements written", markup=False)
