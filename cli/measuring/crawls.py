"""`fonoteca probe crawl`, `crawls` and `stop`: downloads that are made to measure them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.status import Status

from cli.api.answers import Json
from cli.api.crawls import CrawlRequests
from cli.arguments.addresses import playlist_problem, shown
from cli.arguments.playlist_file import read_lines
from cli.arguments.text_files import lines_of, read_text
from cli.context import AsJson, client, err, is_watched, out, print_json, print_json_line
from cli.display.formatting import counted
from cli.display.tables import new_table
from cli.display.times import file_stamp, moment
from cli.errors import REFUSED, CliError
from shared.addresses.resolvers import SYSTEM
from shared.crawling.definition import CrawlDefinition
from shared.crawling.searches import TimeFrame, most_viewed

#: Seconds between two looks at a crawl that is waited for; and between two lines where nobody watches.
LOOK_SECONDS, LINE_SECONDS = 1.0, 10.0

Addresses = Annotated[
    list[str] | None,
    typer.Argument(metavar="ADDRESS", help="Videos, playlists, channels, ytsearch20:words: all that can be submitted."),
]
File = Annotated[
    str | None,
    typer.Option("--file", "-f", metavar="FILE", help="A file with one address per line; # starts a comment."),
]
Search = Annotated[
    list[str] | None, typer.Option("--search", metavar="WORDS", help="YouTube's most viewed videos for these words.")
]
Frame = Annotated[
    TimeFrame, typer.Option("--time-frame", "-t", help="How long ago the videos of --search were published at most.")
]
Name = Annotated[str | None, typer.Option("--name", help="Its name. Default: crawl- and the time.")]
Videos = Annotated[int, typer.Option("--videos", "-u", min=0, help="Videos in all. 0: no limit; add --unlimited.")]
Unlimited = Annotated[bool, typer.Option("--unlimited", help="Confirm that you want no limit (--videos 0).")]
Rounds = Annotated[int, typer.Option("--rounds", "-r", min=1, help="Each after the first measures what is related.")]
Related = Annotated[bool, typer.Option("--related/--no-related", "-R", help="Measure related videos as well.")]
PerVideo = Annotated[int, typer.Option("--per-video", "-p", min=1, help="Related videos taken of each video.")]
PerList = Annotated[int, typer.Option("--per-list", "-P", min=1, help="Videos taken of each playlist or search.")]
Loop = Annotated[bool, typer.Option("--loop/--no-loop", "-l", help="Begin again after the last round, until stopped.")]
Seconds = Annotated[float, typer.Option("--seconds", "-D", min=0.1, help="Seconds of download of each video.")]
FullEvery = Annotated[int, typer.Option("--full-every", min=0, metavar="N", help="Download every N-th video in full.")]
Pings = Annotated[int, typer.Option("--pings", "-n", min=0, help="Round trips that are measured to each server.")]
Resolvers = Annotated[
    list[str] | None,
    typer.Option("--resolver", metavar="IP", help="system, or an IP address. Repeat it to compare resolvers."),
]
Delay = Annotated[float, typer.Option("--delay", "-S", min=0, help="Seconds of pause after each video and list.")]
OfEgress = Annotated[str | None, typer.Option("--egress", help="The egress that measures. Default: any.")]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Show progress until it ends. Ctrl-C does not stop it.")]


def crawl(
    context: typer.Context,
    addresses: Addresses = None,
    file: File = None,
    search: Search = None,
    time_frame: Frame = TimeFrame.WEEK,
    name: Name = None,
    videos: Videos = 100,
    unlimited: Unlimited = False,
    rounds: Rounds = 1,
    related: Related = False,
    per_video: PerVideo = 20,
    per_list: PerList = 20,
    loop: Loop = False,
    seconds: Seconds = 30,
    full_every: FullEvery = 0,
    pings: Pings = 10,
    resolver: Resolvers = None,
    delay: Delay = 1,
    egress: OfEgress = None,
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Start a crawl: download the beginnings of videos to measure how well that goes. Nothing is kept of them.

    Unlike the measurements of an archive's downloads, this asks sources for more. It uses a small share of each
    egress's hourly budget (SCRAPER_PROBE_SHARE_PERCENT), one download at a time, and only where no archiving waits.
    docs/crawls.md has the options of Pytomo beside these.

    Examples:

    - `fonoteca probe crawl https://www.youtube.com/watch?v=dQw4w9WgXcQ --resolver system --resolver 8.8.8.8`
    - `fonoteca probe crawl --search "fon news" -t month -R -r 3 -u 200 --wait`
    - `fonoteca probe crawl -f addresses.txt -D 10 --egress cotonou-1`
    """
    begins = [*_named(addresses or []), *_in_file(file), *(most_viewed(words, time_frame) for words in search or [])]
    _start(_definition(context.params, begins), wait=wait, as_json=as_json)


def _start(definition: CrawlDefinition, *, wait: bool, as_json: bool) -> None:
    api = CrawlRequests(client())
    started = api.start(definition)
    if wait:
        started = _ended(api, definition.name, quiet=as_json)
    if as_json:
        print_json(started)
        return
    out.print(f"{started['name']}: {_progress(started)}", markup=False)
    if not wait:
        out.print(f"Follow it with `fonoteca probe crawls {started['name']}`.", markup=False)


def crawls(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One crawl, with all its tasks.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show crawls, the newest first, or what one does and has done.

    --json prints one object per line.

    Examples:

    - `fonoteca probe crawls`
    - `fonoteca probe crawls cotonou-evening --json | jq -r 'select(.failure) | .url'`
    """
    api = CrawlRequests(client())
    if name is None:
        _show_crawls(api.newest(), as_json=as_json)
        return
    found = api.one(name)
    if not as_json:
        out.print(f"{found['name']}: {_progress(found)}", markup=False)
    _show_tasks(api.tasks(name), as_json=as_json)


def stop(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The crawl.")],
    as_json: AsJson = False,
) -> None:
    """Stop a crawl. What was measured stays."""
    stopped = CrawlRequests(client()).stop(name)
    if as_json:
        print_json(stopped)
    else:
        out.print(f"{stopped['name']}: {_progress(stopped)}", markup=False)


def _named(addresses: Iterable[str]) -> Iterator[str]:
    """Yield addresses of the command line. Raises CliError for one that is none."""
    for address in addresses:
        if (problem := playlist_problem(address)) is not None:
            raise CliError(f"{shown(address)}: {problem}", REFUSED)
        yield address


def _in_file(file: str | None) -> Iterator[str]:
    """Yield the addresses of a file. A line that is none is reported, and the rest goes on."""
    if file is None:
        return
    for line in read_lines(lines_of(read_text(file))):
        if line.problem is None:
            yield line.address
        else:
            err.print(f"Line {line.number} is left out: {shown(line.address)}: {line.problem}", markup=False)


def _definition(options: Mapping[str, Any], begins: Sequence[str]) -> CrawlDefinition:
    """Return the definition that the options of `crawl` make. Raises CliError with every mistake."""
    if not begins:
        raise CliError("Nothing to measure. Give an address, a file (-f) or a search (--search).", REFUSED)
    same = (
        "videos",
        "unlimited",
        "rounds",
        "related",
        "per_list",
        "per_video",
        "seconds",
        "full_every",
        "pings",
        "egress",
    )
    try:
        return CrawlDefinition(
            name=options["name"] or f"crawl-{file_stamp(datetime.now(UTC)).lower()}",
            addresses=tuple(begins),
            loops=0 if options["loop"] else 1,
            resolvers=tuple(options["resolver"] or [SYSTEM]),
            delay_seconds=options["delay"],
            **{name: options[name] for name in same},
        )
    except ValidationError as error:
        raise CliError("\n".join(_mistake(each) for each in error.errors(include_url=False)), REFUSED) from error


def _mistake(error: Any) -> str:
    field = str(error["loc"][0]) if error["loc"] else ""
    text = str(error["msg"]).removeprefix("Value error, ")
    words = {"videos: 0": "--videos 0", "unlimited: true": "--unlimited", "related: true": "--related"}
    for written, option in words.items():
        text = text.replace(written, option)
    return f"{field}: {text}." if field else f"{text[0].upper()}{text[1:]}."


def _ended(api: CrawlRequests, name: str, *, quiet: bool) -> Json:
    """Wait for the end of a crawl, and show how far it is."""
    watched = is_watched(err)
    last, last_at = "", float("-inf")
    with Status("", console=err) as status:
        if not watched:
            status.stop()
        while (found := api.one(name))["state"] == "running":
            line = f"{name}: {_progress(found)}"
            if watched:
                status.update(line)
            elif not quiet and line != last and time.monotonic() - last_at >= LINE_SECONDS:
                err.print(line, markup=False)
                last, last_at = line, time.monotonic()
            time.sleep(LOOK_SECONDS)
    return found


def _progress(found: Json) -> str:
    parts = [found["state"]]
    if found["loop"] > 1:
        parts.append(f"loop {found['loop']}")
    if found["state"] == "running" and found["round"] is not None:
        parts.append(f"round {found['round']}")
    parts.append(f"{found['measured']} of {counted(found['videos'], 'video')} measured")
    if found["failed"]:
        parts.append(f"{found['failed']} failed")
    if found["lists_failed"]:
        parts.append(f"{counted(found['lists_failed'], 'list')} could not be read whole")
    parts.append(counted(found["requests"], "request"))
    return ", ".join(parts)


def _show_crawls(found: Iterable[Json], *, as_json: bool) -> None:
    table = new_table("crawl", "state", "started", "round", "measured", "failed", "requests")
    for each in found:
        if as_json:
            print_json_line(each)
            continue
        table.add_row(
            each["name"],
            each["state"],
            moment(each["created_at"]),
            str(each["round"] or "–"),
            f"{each['measured']} of {each['videos']}",
            f"[red]{each['failed']}[/]" if each["failed"] else "0",
            str(each["requests"]),
        )
    if not as_json:
        out.print(table if table.row_count else "There are no crawls. Start one with `fonoteca probe crawl ADDRESS`.")


def _show_tasks(found: Iterable[Json], *, as_json: bool) -> None:
    table = new_table("round", "state", "when", "found", "what")
    for each in found:
        if as_json:
            print_json_line(each)
            continue
        reason = each["failure"]["reason"] if each["failure"] is not None else None
        table.add_row(
            str(each["round"]),
            f"[red]{reason}[/]" if reason is not None else each["state"],
            moment(each["ended_at"]) if each["ended_at"] is not None else "–",
            str(each["found"] or "–"),
            each["video_id"] or shown(each["url"]),
        )
    if not as_json and table.row_count:
        out.print(table)
