"""`fonoteca probe report`: what was measured, in one file for people."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.api.measurements import Measurements
from cli.context import client, err
from cli.display.row_files import complete_file
from cli.errors import REFUSED, CliError
from cli.measuring.counting import counted_rows
from cli.measuring.report.page import report_page
from cli.measuring.report.rows import row_of
from cli.measuring.selecting import Egress, OfCrawl, Provider, Since, Source, Until, Wanted

#: Programs that print a page as PDF, the first that is found.
BROWSERS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "chrome")
#: Seconds that printing may take.
PRINT_SECONDS = 120


def report(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The file to write: .html, or .pdf with Chromium.")],
    since: Since = None,
    until: Until = None,
    egress: Egress = None,
    provider: Provider = None,
    source: Source = None,
    crawl: OfCrawl = None,
) -> None:
    """Write a report on measurements: findings in words, pictures and tables in one file.

    Without a time it is about all single measurements that are kept (PROBE_KEEP_DAYS).

    Examples:

    - `fonoteca probe report --since 7d --to week.html`
    - `fonoteca probe report --crawl cotonou-evening --to evening.pdf`
    """
    if to.suffix.lower() not in (".html", ".htm", ".pdf"):
        raise CliError(f"{to} is neither .html nor .pdf. Name the file with one of these endings.", REFUSED)
    browser = _browser() if to.suffix.lower() == ".pdf" else None
    wanted = Wanted(since, until, egress, provider, source, crawl)
    rows = [row_of(found) for found in counted_rows(Measurements(client()).newest(wanted.query()))]
    page = report_page(rows, wanted.words(), datetime.now(UTC))
    with complete_file(to) as part:
        if browser is None:
            part.write_text(page, encoding="utf-8")
        else:
            _print(browser, page, part)
    err.print(f"{to}: {len(rows)} measurements", markup=False)


def _browser() -> str:
    """Return the program that prints. Raises CliError."""
    found = next((path for name in BROWSERS if (path := shutil.which(name)) is not None), None)
    if found is None:
        raise CliError(
            f"A PDF needs one of {', '.join(BROWSERS)}. Install it, or write .html and print that.",
            REFUSED,
        )
    return found


def _print(browser: str, page: str, to: Path) -> None:
    """Print a page into a file. Raises CliError if the browser cannot."""
    with tempfile.TemporaryDirectory(prefix="fonoteca-report-") as folder:
        source, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(page, encoding="utf-8")
        options = ["--headless", "--disable-gpu", "--no-pdf-header-footer"]
        # Root cannot have its sandbox; the page is our own, and has no script.
        options += ["--no-sandbox"] if os.geteuid() == 0 else []
        options += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}", source.as_uri()]
        try:
            ran = subprocess.run(
                [browser, *options], capture_output=True, text=True, check=False, timeout=PRINT_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise CliError(f"{browser} took more than {PRINT_SECONDS} s. Write .html instead.", REFUSED) from error
        if not printed.exists():
            why = ran.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise CliError(f"{browser} printed nothing: {why[0]}. Write .html instead.", REFUSED)
        shutil.move(printed, to)
