"""The whole system with a fault proxy in front of every server, and the auditor to look at it afterwards."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient

from cli.api.client import Address, ApiProblem, Client
from dev.demo.run import QUICK
from dev.faults.proxy import HEALTHY, Fault, FaultProxy
from dev.processes.program import Program
from dev.servers.rabbitmq import forget_topology
from dev.stack import Stack
from shared.topology.permissions import ROLES, url_variable
from shared.topology.services import SERVICES
from tests.e2e.pipeline import eventually
from tests.faults.numbers import PATIENCE_SECONDS, many

#: Size of the disk that the work folder lies on, and what must be free of it for work to begin.
WORK_MEGABYTES, FREE_MEGABYTES = 50, 10
#: Short times, so that a fault is over soon: the order of things is the same as with long ones.
SETTINGS = {
    **QUICK,
    "DRAIN_SECONDS": "2",
    "SCRAPER_LEASE_SECONDS": "6",
    "SCRAPER_STORAGE_REST_SECONDS": "1",
    "SCRAPER_FREE_MEGABYTES": str(FREE_MEGABYTES),
    # Far above what the slowest download here takes on a slow machine.
    "SCRAPER_VIDEO_SECONDS": "90",
    "RETRY_SWEEP_SECONDS": str(many(5, 1)),
    "RETRY_SWEEP_GRACE_SECONDS": "10",
    "RETRY_MAX_ATTEMPTS": "8",
    "WATCH_POLL_SECONDS": "0.5",
    # Far above what a thousand looks that are due at once take to be answered.
    "WATCH_ANSWER_SECONDS": str(many(120, 8)),
    "SYNC_RECONCILE_SECONDS": "2",
    "SYNC_GRACE_SECONDS": "10",
    "RABBITMQ_PUBLISH_SECONDS": "5",
    "RABBITMQ_HEARTBEAT_SECONDS": "5",
}
#: Server → the variable that leads to it.
VARIABLES = {
    "rabbitmq": "RABBITMQ_URL",
    "mongodb": "MONGO_URI",
    "s3": "MINIO_ENDPOINT",
    "azurite": "AZURE_ACCOUNT_URL",
}
FONOTECA = str(Path(sys.executable).parent / "fonoteca")
#: Seconds that the auditor lets things be overdue; above the sweeper's grace.
AUDIT_GRACE_SECONDS = 30


class Rig:
    """A stack of its own with all services. Servers and services are killed, restarted and cut off by their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open = ExitStack()
        self.stack = Stack(folder, site=True, service_names=(), say=lambda _: None)
        self.proxies: dict[str, FaultProxy] = {}
        self._absorbed_by_the_dead = 0

    def _small_disk(self, opening: ExitStack) -> bool:
        """Put the work folder on a small disk of its own, where we may."""
        work = self.stack.state.subfolder("work")
        options = ["-t", "tmpfs", "-o", f"size={WORK_MEGABYTES}m", "fonoteca-faults", str(work)]
        if subprocess.run(["mount", *options], check=False, capture_output=True).returncode != 0:
            return False
        opening.callback(subprocess.run, ["umount", "--lazy", str(work)], check=True)
        return True

    def __enter__(self) -> Rig:
        with ExitStack() as opening:
            stack = opening.enter_context(self.stack)
            self.has_small_disk = self._small_disk(opening)
            #: How the auditor reaches the servers: past the proxies.
            self.direct = dict(stack.exports)
            for server, variable in VARIABLES.items():
                port = port_of(stack.exports[variable])
                self.proxies[server] = opening.enter_context(FaultProxy(port))
                through = str(self.proxies[server].port)
                stack.exports[variable] = stack.exports[variable].replace(f":{port}", f":{through}")
            # A user who may declare: a broker that lost its data gets its queues back from the services.
            forget_topology(stack.state)
            for role in ROLES:
                stack.exports.pop(url_variable(role))
            stack.start_services(SERVICES, SETTINGS)
            self.direct |= {name: value for name, value in stack.exports.items() if name not in self.direct}
            self.client = Client(Address(self.direct["API_URL"], self.direct["API_KEY"]))
            self._open = opening.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def fault(self, server: str, fault: Fault) -> Iterator[FaultProxy]:
        """Something goes wrong on the way to a server, while the block runs."""
        proxy = self.proxies[server]
        proxy.set(fault)
        try:
            yield proxy
        finally:
            proxy.set(HEALTHY)
            if fault.frozen or fault.answers_frozen:
                # What was held back must not arrive as if nothing had happened.
                proxy.cut()

    def kill(self, name: str) -> None:
        """kill -9."""
        self._count_before_the_end(name)
        self.stack.programs[name].kill()

    def terminate(self, name: str) -> None:
        """SIGTERM, and the wait for the end."""
        self._count_before_the_end(name)
        program = self.stack.programs[name]
        os.kill(program.pid, signal.SIGTERM)
        wait_for(lambda: not program.running(), f"end of {name}")

    def absorbed(self) -> int:
        """Requests that scrapers took without anything to do, since the beginning."""
        return self._absorbed_by_the_dead + self._absorbed_by_the_living()

    def _count_before_the_end(self, name: str) -> None:
        if name == "scraper" and self.stack.programs[name].running():
            self._absorbed_by_the_dead += self._absorbed_by_the_living()

    def _absorbed_by_the_living(self) -> int:
        with urllib.request.urlopen(self.direct["SCRAPER_METRICS_URL"]) as answer:
            text = answer.read().decode()
        found = re.findall(r'^fonoteca_scraper_attempts_total\{.*outcome="duplicate".*\} (\S+)', text, re.MULTILINE)
        return int(sum(float(n) for n in found))

    def start_again(self, name: str) -> None:
        """Start a program that was killed or ended, as its supervisor would."""
        self.stack.start_again(name)

    @contextmanager
    def with_settings(self, name: str, **settings: str) -> Iterator[None]:
        """A service with other settings, while the block runs. It is restarted before and after."""
        usual = self.stack.programs[name].program
        self._restart(name, replace(usual, environment={**usual.environment, **settings}))
        try:
            yield
        finally:
            self._restart(name, usual)

    def _restart(self, name: str, program: Program) -> None:
        self.terminate(name)
        self.stack.programs[name].program = program
        self.start_again(name)

    def supervise(self) -> None:
        """Start every service again that ended by itself."""
        for name in SERVICES:
            if not self.stack.programs[name].running():
                self.start_again(name)

    def submit(self, url: str) -> dict[str, Any]:
        """Submit a playlist, again while the API answers 503: it may still be on its way back to a server."""
        return eventually(lambda: self._taken(url), f"answer to the submission of {url}", PATIENCE_SECONDS)

    def _taken(self, url: str) -> dict[str, Any] | None:
        try:
            return self.client.submit(url)
        except ApiProblem as problem:
            if problem.status != 503:
                raise
            return None

    def mongo(self) -> MongoClient[dict[str, Any]]:
        """The database, past the proxy."""
        return MongoClient(self.direct["MONGO_URI"])

    def states(self) -> dict[str, int]:
        """Videos by state, as the database has them."""
        with self.mongo() as mongo:
            videos = mongo[self.direct["MONGO_DATABASE"]]["videos"]
            return {row["_id"]: row["n"] for row in videos.aggregate([{"$group": {"_id": "$state", "n": {"$sum": 1}}}])}

    def audit(self, *options: str) -> dict[str, Any]:
        """`fonoteca audit --json`, as an operator runs it, and its exit code."""
        done = subprocess.run(
            [FONOTECA, "audit", "--json", "--grace", str(AUDIT_GRACE_SECONDS), *options],
            env={**os.environ, **self.direct},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        assert (done.returncode == 0) == all(v["repaired"] for v in report["violations"])
        return report

    def when_quiet(self, videos: int, states: Mapping[str, int]) -> float:
        """Wait until the archive holds `videos` in all, in exactly `states`, all announced. Returns the seconds."""
        began = time.monotonic()

        def quiet() -> bool:
            self.supervise()
            found = self.states()
            return sum(found.values()) == videos and found == states and self._announced()

        eventually(quiet, lambda: f"quiet with {dict(states)}; there are {self.states()}", PATIENCE_SECONDS)
        return time.monotonic() - began

    def _announced(self) -> bool:
        with self.mongo() as mongo:
            videos = mongo[self.direct["MONGO_DATABASE"]]["videos"]
            open_ = {"$or": [{"unannounced": {"$exists": True}}, {"state": "stored", "mirror": None}]}
            return videos.count_documents(open_) == 0


def port_of(address: str) -> int:
    """The port in an address, with or without a scheme."""
    port = urlsplit(address if "//" in address else f"//{address}").port
    assert port is not None
    return port


def wait_for(look: Callable[[], Any], what: str) -> None:
    """Return when `look` is true."""
    eventually(lambda: look() or None, what, PATIENCE_SECONDS)
