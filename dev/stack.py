"""The native stack: every backing server and every service on loopback, from one command, with nothing left behind.

    python -m dev.stack [--state DIR] [--s3 light|rgw] [--site] [--observe] [--servers-only]

A server whose address is in the environment (RABBITMQ_URL, MONGO_URI, MINIO_ENDPOINT, AZURE_ACCOUNT_URL) is used and
not started, unless the address comes from a stack's env file. Addresses, ports and generated credentials are written to
DIR/env as shell exports.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic_settings import BaseSettings

from dev.given_servers import as_exports, given_servers
from dev.install import ROOT
from dev.migration import migrate_catalog
from dev.processes.endings import exit_code
from dev.processes.log_files import rotate, rotate_folder
from dev.processes.program import LOOK_EVERY_SECONDS, READY_SECONDS, Program, ProgramFailed, RunningProgram
from dev.processes.service_programs import local_site, services
from dev.servers.azurite import azurite
from dev.servers.ministack import ministack
from dev.servers.mongodb import mongodb
from dev.servers.prometheus import prometheus
from dev.servers.rabbitmq import enable_metrics, rabbitmq
from dev.servers.rgw import rgw
from dev.state import State
from shared.settings import AzureSettings, BrokerSettings, MongoSettings, ObjectStoreSettings, check
from shared.topology.services import SERVICES

DEFAULT_STATE = ROOT / ".stack"
#: Seconds between two checks that everything still runs.
CHECK_EVERY_SECONDS = 0.5
#: The programs of the broker.
BROKER = ("epmd", "rabbitmq")
#: Free bytes below which lack of space is the probable cause of a failed start. RabbitMQ alone needs 50 MB.
NEEDED_BYTES = 100e6

#: Variable of a server → the substitute that the stack runs, printed at the start.
STAND_INS = {
    "mongodb": "MongoDB is a beta emulator",
    "s3": "S3 a light server that checks no secret",
    "azurite": "Azure an emulator on this same disk",
}

Maker = Callable[[State], tuple[list[Program], dict[str, str]]]
#: The variable of a server's address → other variables that belong to it.
_BELONGING = {
    "RABBITMQ_URL": (),
    "MONGO_URI": ("MONGO_DATABASE",),
    "MINIO_ENDPOINT": ("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", "MINIO_BUCKET", "MINIO_SECURE", "MINIO_REGION"),
    "AZURE_ACCOUNT_URL": ("AZURE_SAS_TOKEN", "AZURE_ACCOUNT_KEY", "AZURE_CONTAINER"),
}
#: The same → the group of settings that contains them.
_GROUPS: dict[str, type[BaseSettings]] = {
    "RABBITMQ_URL": BrokerSettings,
    "MONGO_URI": MongoSettings,
    "MINIO_ENDPOINT": ObjectStoreSettings,
    "AZURE_ACCOUNT_URL": AzureSettings,
}


class Stack:
    """A running stack. Use it as a context manager: leaving it stops everything, in reverse order of dependence."""

    def __init__(
        self,
        folder: Path,
        *,
        s3: str = "light",
        site: bool = False,
        service_names: tuple[str, ...] = SERVICES,
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True),
    ) -> None:
        self._say = say
        self._s3 = s3
        self._site = site
        self._service_names = service_names
        self._settings = dict(settings or {})
        self.state = State(folder)
        self.exports: dict[str, str] = {}
        self.programs: dict[str, RunningProgram] = {}
        self._servers: list[str] = []
        self._given, self._of_a_stack = given_servers(_BELONGING, os.environ)

    def __enter__(self) -> Self:
        # A new folder has no older data.
        known = "MONGO_URI" in self._given or (self.state.folder / "mongodb").exists()
        began = time.monotonic()
        try:
            programs = self._run_servers()
            # The broker takes longest. It starts meanwhile, and services wait for it as they do in a cluster.
            broker = [program for program in programs if program.name in BROKER]
            self._wait_ready([program for program in programs if program not in broker], began)
            if known and self._service_names:
                migrate_catalog(self.exports)
            started = self._run_services(self._service_names, self._settings)
            self._wait_ready(broker, began)
            self._wait_ready(started, began)
            self.state.write_env(self.exports)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def env_file(self) -> Path:
        """Return the path of the shell exports."""
        return self.state.folder / "env"

    def start_servers(self) -> None:
        """Start the backing servers that the environment does not name, and wait until all are ready.

        Raises Misconfigured with a sentence for each server that the environment names wrongly.
        """
        began = time.monotonic()
        self._wait_ready(self._run_servers(), began)
        self.state.write_env(self.exports)

    def _run_servers(self) -> list[Program]:
        makers: dict[str, Maker] = {
            "RABBITMQ_URL": rabbitmq,
            "MONGO_URI": mongodb,
            "MINIO_ENDPOINT": rgw if self._s3 == "rgw" else ministack,
            "AZURE_ACCOUNT_URL": azurite,
        }
        check(*(_GROUPS[variable] for variable in self._given))
        if self._of_a_stack:
            self._say(f"stack: {', '.join(self._of_a_stack)}: not used, since they come from the env file of a stack")
        programs: list[Program] = []
        for variable, make in makers.items():
            if variable in self._given:
                names = (variable, *_BELONGING[variable])
                self.exports |= {name: os.environ[name] for name in names if os.environ.get(name)}
                self._say(f"stack: {variable} is set: using that server, starting none")
                continue
            made, exports = make(self.state)
            programs += made
            self.exports |= exports
        self.exports |= as_exports((variable for variable in makers if variable not in self._given), self.exports)
        if self._site:
            made, exports = local_site(self.state)
            programs += made
            self.exports |= exports
        for note in self.state.notes:
            self._say(f"stack: {note}")
        self._servers = [program.name for program in programs]
        self._run(programs)
        return programs

    def start_services(self, names: tuple[str, ...], settings: Mapping[str, str]) -> None:
        """Start services and wait until they are ready."""
        began = time.monotonic()
        self._wait_ready(self._run_services(names, settings), began)
        self.state.write_env(self.exports)

    def _run_services(self, names: tuple[str, ...], settings: Mapping[str, str]) -> list[Program]:
        made, exports = services(self.state, self.exports, settings, names)
        self.exports |= exports
        self._run(made)
        return made

    def observe(self, every_seconds: float = 5) -> None:
        """Start Prometheus for all running services, with the chart's alerts."""
        urls = {"rabbitmq": enable_metrics(self.state)} if "rabbitmq" in self.programs else {}
        urls |= {name: self.exports[f"{name.upper()}_METRICS_URL"] for name in SERVICES if name in self.programs}
        made, exports = prometheus(self.state, urls, every_seconds)
        self.exports |= exports
        self.start(made)
        self.state.write_env(self.exports)

    def start(self, programs: list[Program]) -> None:
        """Start programs and wait until they are ready."""
        began = time.monotonic()
        self._run(programs)
        self._wait_ready(programs, began)

    def _wait_ready(self, programs: list[Program], began: float) -> None:
        """Wait until all programs are ready, and tell of each as it is. `began`: the moment from which to count."""
        waiting, end = [self.programs[program.name] for program in programs], time.monotonic() + READY_SECONDS
        try:
            while waiting:
                for running in [each for each in waiting if each.is_ready(end)]:
                    waiting.remove(running)
                    self._say(f"stack: {running.program.name} ready after {time.monotonic() - began:.1f} s")
                if waiting:
                    time.sleep(LOOK_EVERY_SECONDS)
        except ProgramFailed as error:
            free = shutil.disk_usage(self.state.folder).free
            if free >= NEEDED_BYTES:
                raise
            raise ProgramFailed(
                f"{error}\nOnly {free / 1e6:.0f} MB are free on the disk of {self.state.folder}: free some space, or "
                "choose a folder on another disk (STATE=…)."
            ) from error

    def _run(self, programs: list[Program]) -> None:
        for program in programs:
            log = self.state.log_file(program.name)
            rotate([log])
            self.programs[program.name] = RunningProgram(program, log)

    def start_again(self, name: str) -> None:
        """Restart a program that ended or was killed, on its port and with its data, and wait until it is ready."""
        ended = self.programs[name]
        # Also for a program that has ended: its remaining children are stopped too.
        ended.kill()
        self._run([ended.program])
        self.programs[name].wait_ready()

    def stop_and_start(self, name: str) -> None:
        """Stop a program cleanly and start it again."""
        self.programs[name].stop()
        self.start_again(name)

    def died(self) -> str | None:
        """Return a description of a program that ended unexpectedly; None if there is none."""
        return next((running.ended_story() for running in self.programs.values() if not running.running()), None)

    def stop_programs(self, names: list[str]) -> None:
        """Stop programs by name, all at once."""
        chosen = [self.programs.pop(name) for name in names if name in self.programs]
        if chosen:
            with ThreadPoolExecutor(len(chosen)) as pool:
                list(pool.map(RunningProgram.stop, chosen))

    def stop(self) -> None:
        """Stop the services, then the servers, then epmd, which the broker needs until its end."""
        servers = [name for name in self.programs if name in self._servers]
        self.stop_programs([name for name in self.programs if name not in servers])
        self.stop_programs([name for name in self.programs if name != "epmd"])
        self.stop_programs(list(self.programs))
        self.state.release()


def _ignore(_number: int, _frame: object) -> None:
    """Do nothing."""


def _raise_interrupt(number: int, _: object) -> None:
    # A second signal must not interrupt the clean-up. Not SIG_IGN: for a signal that has already arrived, Python would
    # then print a traceback.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _ignore)
    raise KeyboardInterrupt(number)


def state_folder(text: str) -> Path:
    """Return the folder of --state. Raises ArgumentTypeError if it is empty: it would be the current folder."""
    if text.strip() == "":
        raise argparse.ArgumentTypeError("STATE is empty: name a folder, or leave STATE= out")
    return Path(text)


def interrupt_on_signals() -> None:
    """Turn SIGINT and SIGTERM into one KeyboardInterrupt, so that `with` blocks clean up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise_interrupt)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dev.stack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--state", type=state_folder, default=DEFAULT_STATE, metavar="DIR", help="data, logs, ports, credentials"
    )
    parser.add_argument("--s3", choices=("light", "rgw"), default="light", help="rgw verifies every signature")
    parser.add_argument("--site", action="store_true", help="also the local site, which the scraper then uses")
    parser.add_argument("--observe", action="store_true", help="also Prometheus, with the alerts of the chart")
    parser.add_argument("--servers-only", action="store_true", help="no services")
    given = parser.parse_args()
    interrupt_on_signals()
    return exit_code("stack", lambda: _run(given))


def _run(given: argparse.Namespace) -> int:
    names = () if given.servers_only else SERVICES
    try:
        with Stack(given.state, s3=given.s3, site=given.site, service_names=names) as stack:
            if given.observe:
                stack.observe()
            _print_addresses(stack)
            while (story := stack.died()) is None:
                rotate_folder(stack.state.subfolder("logs"))
                time.sleep(CHECK_EVERY_SECONDS)
            print(
                f"stack: {story}\nstack: stopping all other programs; `make up` resumes from the stored data",
                file=sys.stderr,
            )
            return 1
    except KeyboardInterrupt:
        print("stack: stopped; no process is left", file=sys.stderr)
        return 0


def _print_addresses(stack: Stack) -> None:
    state = os.path.relpath(stack.state.folder)
    env = os.path.relpath(stack.env_file)
    print(f"stack: running. Data and logs are in {state}; addresses and credentials in {env}.", file=sys.stderr)
    if "API_URL" in stack.exports:
        print(
            f"stack: the dashboard is at {stack.exports['API_URL']}; sign in with API_KEY of {env}.\n"
            "stack: in another terminal, run:\n"
            f"    .venv/bin/fonoteca --env-file {env} submit --wait URL",
            file=sys.stderr,
        )
    if "PROMETHEUS_URL" in stack.exports:
        print(f"stack: Prometheus is at {stack.exports['PROMETHEUS_URL']}", file=sys.stderr)
    # The strict S3 server is a real server, not a substitute.
    started = {name for name in stack.programs if name != "s3" or "ceph-osd" not in stack.programs}
    if stand_ins := [text for name, text in STAND_INS.items() if name in started]:
        print(
            f"stack: for evaluation only; do not keep your only copy here: {', '.join(stand_ins)}.\n"
            "stack: `fonoteca backup --to DIR` saves an archive; docs/moving.md takes it to real servers.",
            file=sys.stderr,
        )
    print("stack: Ctrl-C stops everything.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
