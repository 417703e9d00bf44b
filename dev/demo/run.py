"""The demo: starts the native stack, publishes a playlist to the broker, shows its progress, and stops everything.

    python -m dev.demo                    a playlist of the local site (no internet needed)
    python -m dev.demo --playlist URL     a playlist of the internet, at the pace the settings say

Exit code 0 means: every video ended as expected, both stores hold equal bytes, no file and no process is left.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aio_pika
import psutil
from rich.live import Live
from rich.table import Table

from cli.api.client import Address, Client
from cli.display.formatting import coloured, length, plain, why
from cli.display.safe_console import SafeConsole
from cli.errors import CliError
from cli.waiting import progress_table, settled
from dev.checks.archive_check import Checked, check_video
from dev.clean import DEMO_MARK, INNER, NotCleaned, delete
from dev.demo.channel import NAME, DemoChannel, show_channel, show_received
from dev.demo.playlist import PLAYLIST_ID, DemoVideo, demo_videos
from dev.demo.receiver import DemoReceiver, receiving
from dev.processes.endings import exit_code
from dev.processes.program import ProgramFailed
from dev.site.client import add_playlist
from dev.stack import DEFAULT_STATE, Stack, interrupt_on_signals, state_folder
from shared.addresses.parse import playlist_address

DEMO_STATE = DEFAULT_STATE / INNER
#: Short delays, so that nobody waits half an hour for a demo.
QUICK = {
    "RETRY_BACKOFF_SECONDS": "1",
    "RETRY_EGRESS_SECONDS": "3",
    "RETRY_WAIT_MARGIN_SECONDS": "1",
    "RETRY_SWEEP_SECONDS": "2",
    "RETRY_SWEEP_GRACE_SECONDS": "20",
    "SCRAPER_EGRESS_REST_SECONDS": "2",
    "SCRAPER_EGRESS_REST_MAX_SECONDS": "8",
    "SCRAPER_RATE_LIMIT_REST_SECONDS": "3",
    "SCRAPER_WITNESS_INTERVAL_SECONDS": "1",
}
#: Retries that are due within this many seconds are waited for.
PATIENCE_SECONDS = 90
#: Seconds after which the local demo counts as failed. It takes about 40.
LOCAL_LIMIT_SECONDS = 300

console = SafeConsole(highlight=False, width=None if sys.stdout.isatty() else 110)


async def publish(url: str, exports: Mapping[str, str]) -> None:
    """Publish a playlist message as any AMQP client can."""
    connection = await aio_pika.connect(exports["RABBITMQ_URL"])
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange("fonoteca.work")
        body = json.dumps({"url": url}).encode()
        await exchange.publish(
            aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), "playlist.submitted.v1"
        )


def wait_until_done(
    client: Client, playlist_id: str, dead: Callable[[], str | None], limit: float | None
) -> dict[str, Any]:
    """Show progress until every video has ended and is mirrored, or waits for a distant time.

    Raises ProgramFailed after `limit` seconds, and when `dead` reports a program that ended unexpectedly.
    """
    began = time.monotonic()
    shown = told = ""
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while limit is None or time.monotonic() - began < limit:
            if (story := dead()) is not None:
                raise ProgramFailed(story)
            playlist = _playlist(client, playlist_id)
            if playlist is not None:
                live.update(progress_table([playlist]))
                if not console.is_terminal and (line := _counts_line(playlist)) != shown:
                    shown = line
                    console.print(f"  {time.monotonic() - began:5.1f} s  {line}")
                if playlist["state"] == "waiting" and (why_not := playlist["failure"]["detail"]) != told:
                    told = why_not
                    console.print(f"The listing failed and is tried again: {why_not}", markup=False)
                if _done(client, playlist):
                    return playlist
            time.sleep(0.5)
    raise ProgramFailed(
        f"the playlist did not end within {limit} s. Look at the logs in .stack/demo/logs, and run it again"
    )


def _playlist(client: Client, playlist_id: str) -> dict[str, Any] | None:
    try:
        return client.playlist(playlist_id)
    except CliError:
        return None  # The message is still on its way.


def _counts_line(playlist: Mapping[str, Any]) -> str:
    progress = playlist["progress"]
    return ", ".join(f"{n} {state}" for state, n in progress["counts"].items()) + f", {progress['mirrored']} mirrored"


def _done(client: Client, playlist: dict[str, Any]) -> bool:
    if playlist["state"] == "refused":
        return True
    progress = playlist["progress"]
    if not settled(playlist) or progress["mirrored"] < progress["counts"]["stored"]:
        return False
    now = datetime.now(UTC)
    waits = (datetime.fromisoformat(v["due_at"]) for v in client.videos("waiting", playlist["id"]))
    return all((due - now).total_seconds() > PATIENCE_SECONDS for due in waits)


def judge(
    videos: list[dict[str, Any]], checks: Mapping[str, Checked], expected: Mapping[str, DemoVideo]
) -> dict[str, str]:
    """Return video id → how its final state differs from the expected one; empty if none does."""
    wrong = {id_: "; ".join(checked.problems) for id_, checked in checks.items() if checked.problems}
    found = {video["id"]: video for video in videos}
    for id_, wanted in expected.items():
        video = found.get(id_)
        if video is None:
            wrong[id_] = "it is not in the catalog"
        elif video["state"] != wanted.ends:
            wrong[id_] = f"it is {video['state']}, not {wanted.ends}"
        elif wanted.reason is not None and video["failure"]["reason"] != wanted.reason:
            wrong[id_] = f"its reason is {video['failure']['reason']}, not {wanted.reason}"
        elif wanted.attempts is not None and video["attempts"] != wanted.attempts:
            wrong[id_] = f"it took {video['attempts']} attempts, not {wanted.attempts}"
    return wrong


def print_results(videos: list[dict[str, Any]], checks: Mapping[str, Checked], wrong: Mapping[str, str]) -> None:
    """Print the table and the totals."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("video", "state", "tries", "length", "audio", "sha256 in both stores", "title, or why and until when"):
        table.add_column(name, justify="right" if name in ("tries", "length") else "left", no_wrap=name == "video")
    for video in videos:
        checked = checks.get(video["id"])
        note = f"[red]WRONG: {wrong[video['id']]}[/]" if video["id"] in wrong else why(video)
        equal = checked is not None and checked.sha256_in_store == checked.sha256_in_mirror
        table.add_row(
            video["id"].removeprefix("youtube:"),
            coloured(video["state"]),
            str(video["attempts"]),
            length(checked.seconds) if checked else "",
            f"{checked.codec} {checked.bitrate_kbps}k" if checked else "",
            f"{checked.sha256_in_store[:12]}… equal" if checked and checked.sha256_in_store and equal else "",
            note or plain(video["title"])[:40],
        )
    console.print(table)
    stored = [video for video in videos if video["state"] == "stored"]
    seconds = sum(checked.seconds for checked in checks.values())
    megabytes = sum(video["audio"]["size_bytes"] for video in stored) / 1e6
    counts = {state: sum(v["state"] == state for v in videos) for state in ("stored", "abandoned", "waiting")}
    console.print(
        f"\n{len(videos)} videos: {counts['stored']} stored and mirrored, {counts['abandoned']} abandoned, "
        f"{counts['waiting']} waiting; {seconds / 60:.1f} minutes of audio, {megabytes:.1f} MB."
    )


def print_attempts(client: Client, videos: list[dict[str, Any]]) -> None:
    """Print the log of every video that was stored after more than one attempt."""
    for video in videos:
        if video["state"] == "stored" and video["attempts"] > 1:
            story = " → ".join(
                a["status"] + (f" ({a['reason']})" if a["reason"] else "") for a in client.attempts(video["id"])
            )
            console.print(f"  {video['id']} needed {video['attempts']} attempts: {story}", markup=False)


def forget_demo(folder: Path) -> None:
    """Delete an earlier demo's files. Raises NotCleaned if the folder holds anything else, or a stack runs on it."""
    if not folder.exists():
        return
    if (folder / DEMO_MARK).exists() or folder == DEMO_STATE:
        delete([folder])
    elif any(folder.iterdir()):
        raise NotCleaned(f"{folder} is not empty, and no demo made it: choose another folder, or delete this one")


def leftovers(folder: Path) -> list[str]:
    """Return the temporary files and processes of the stack that still exist."""
    left = [str(path) for path in (folder / "work").rglob("*")]
    for process in psutil.process_iter(["pid", "cmdline"]):
        try:
            words = " ".join(process.info["cmdline"] or ())
            if process.pid != psutil.Process().pid and str(folder) in words + str(process.environ().values()):
                left.append(f"process {process.pid}: {words[:100]}")
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return left


def _listening(ending: ExitStack) -> tuple[DemoReceiver, dict[str, str]]:
    """Start the receiver, until `ending` ends. Returns it, and the settings of the local demo."""
    own = Path(ending.enter_context(TemporaryDirectory(prefix="fonoteca-demo-")))
    receiver, told = ending.enter_context(receiving(own))
    return receiver, QUICK | told


def run(playlist_url: str | None, folder: Path) -> int:
    """Run the whole demo. Returns the exit code."""
    local = playlist_url is None
    if local:
        console.print("Fonoteca demo: a playlist of the local site, a small emulation of YouTube on this machine.")
        console.print("For a playlist of the internet: make demo PLAYLIST=<url>\n")
        forget_demo(folder)
    else:
        console.print(f"Fonoteca demo: {playlist_url} from the internet, politely: a few seconds between downloads.\n")
    with ExitStack() as ending:
        receiver, settings = _listening(ending) if local else (None, {})
        stack = ending.enter_context(Stack(folder, site=local, settings=settings))
        if local:
            (folder / DEMO_MARK).touch()
        videos: list[DemoVideo] = demo_videos() if local else []
        url = (
            add_playlist(stack.exports, PLAYLIST_ID, [v.site for v in videos], title="Fonoteca demo")
            if local
            else str(playlist_url)
        )
        client = Client(Address(stack.exports["API_URL"], stack.exports["API_KEY"]))
        channel = DemoChannel(stack.exports, client) if local else None
        if channel is not None:
            console.print(f"\nFollowing {channel.follow()} as {NAME}.", markup=False)
        asyncio.run(publish(url, stack.exports))
        console.print(f'\nPublished {{"url": "{url}"}} to the exchange fonoteca.work.\n', markup=False)
        playlist_id = playlist_address(url).playlist_id
        playlist = wait_until_done(client, playlist_id, stack.died, LOCAL_LIMIT_SECONDS if local else None)
        if playlist["state"] == "refused":
            console.print(f"The playlist was refused: {playlist['failure']['detail']}", markup=False)
            return 1
        found = list(client.videos(playlist=playlist_id))
        checks = {v["id"]: check_video(v, stack.exports) for v in found if v["state"] == "stored"}
        wrong = judge(found, checks, {f"youtube:{v.site['id']}": v for v in videos})
        print_results(found, checks, wrong)
        print_attempts(client, found)
        if channel is not None:
            wrong |= show_channel(channel, stack, LOCAL_LIMIT_SECONDS)
            assert receiver is not None
            wrong |= show_received(receiver, channel, stack, LOCAL_LIMIT_SECONDS)
        bucket, container = stack.exports["MINIO_BUCKET"], stack.exports["AZURE_CONTAINER"]
        console.print(
            f"\nStored in bucket {bucket} under audio/, mirrored to container {container} under the same names."
        )
    left = leftovers(folder)
    for thing in left:
        console.print(f"[red]left behind[/]: {plain(thing)}")
    if not left:
        console.print("Stopped: no temporary file and no process is left.")
    return 1 if wrong or left else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dev.demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--playlist", metavar="URL", help="a playlist of the internet instead of the local site's")
    parser.add_argument("--state", type=state_folder, metavar="DIR", help="where data and logs go")
    given = parser.parse_args()
    interrupt_on_signals()
    return exit_code("demo", lambda: _demo(given.playlist, given.state))


def _demo(playlist: str | None, state: Path | None) -> int:
    try:
        if playlist is not None:
            playlist = playlist_address(playlist).url
        return run(playlist, (state or (DEFAULT_STATE if playlist else DEMO_STATE)).resolve())
    except KeyboardInterrupt:
        print("demo: stopped", file=sys.stderr)
        return 130
    except (CliError, NotCleaned) as error:
        raise ProgramFailed(str(error)) from error
