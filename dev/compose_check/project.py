"""A compose project that is started for a check, and removed with everything it created."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from dev.install import VENV

COMPOSE = VENV / "bin/docker-compose"
#: Separates the project from others that a user of docker-compose.yml may run on this machine.
NAME = "fonoteca-check"
#: Seconds until all containers must be healthy.
UP_SECONDS = 300
#: Seconds until Prometheus must have scraped every replica; it asks every 15 s.
TARGETS_SECONDS = 120


class CheckFailed(RuntimeError):
    """The check failed; the text says where."""


class Project:
    """Use as a context manager: leaving it removes containers, network and volumes."""

    def __init__(self, folder: Path, settings: Mapping[str, str], files: Iterable[Path]) -> None:
        env_file = folder / ".env"
        env_file.touch(mode=0o600)
        env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        chosen = [word for file in files for word in ("--file", str(file))]
        profiles = [word for name in ("observability", "audit", "backup", "topology") for word in ("--profile", name)]
        self._command = [str(COMPOSE), "--project-name", NAME, "--env-file", str(env_file), *chosen, *profiles]

    def __enter__(self) -> Self:
        # What an earlier check that was killed may have left.
        self._down()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None and not isinstance(error, KeyboardInterrupt):
                print(self._compose("logs", "--no-color", "--tail", "30"))
        finally:
            self._down()

    def up(self, services: Iterable[str]) -> None:
        """Start services and what they depend on. Returns when all are healthy. Raises CheckFailed."""
        self._compose("up", "--no-build", "--detach", "--wait", "--wait-timeout", str(UP_SECONDS), *services)

    def run(self, service: str) -> None:
        """Run a service that ends by itself, and print its output. Raises CheckFailed if its exit code is not 0."""
        print(self._compose("run", "--rm", "--no-deps", service))

    def ask(self, service: str, *command: str) -> str:
        """Return a command's output in a service's container. Raises CheckFailed if its exit code is not 0."""
        return self._compose("exec", "--no-TTY", service, *command)

    def address(self, service: str, port: int) -> str:
        """host:port on this machine where a container's port can be reached."""
        return self._compose("port", service, str(port))

    def died(self) -> str | None:
        """Return a description of a container that ended unexpectedly; None if there is none."""
        for container in self._containers():
            if container["State"] not in ("running", "created"):
                log = self._compose("logs", "--no-color", "--tail", "15", container["Service"])
                return f"{container['Name']} is {container['State']} ({container['ExitCode']}). Its last words:\n{log}"
        return None

    def wait_for_targets(self, wanted: Mapping[str, int]) -> None:
        """Wait until Prometheus has scraped so many instances of each job. Raises CheckFailed."""
        query = urlencode({"query": "count by (job) (up == 1)"})
        url = f"http://{self.address('prometheus', 9090)}/api/v1/query?{query}"
        found: dict[str, int] = {}
        end = time.monotonic() + TARGETS_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=10) as answer:
                result = json.load(answer)["data"]["result"]
                found = {each["metric"]["job"]: int(each["value"][1]) for each in result}
            if found == wanted:
                return
            time.sleep(1)
        raise CheckFailed(f"Prometheus reaches {found}, not {dict(wanted)}")

    def stop_cleanly(self, services: Iterable[str]) -> None:
        """Stop everything. Raises CheckFailed if one of `services` did not end with 0."""
        self._compose("stop")
        ended = {c["Name"]: c["ExitCode"] for c in self._containers() if c["Service"] in services}
        if unclean := {name: code for name, code in ended.items() if code != 0}:
            raise CheckFailed(f"these did not end cleanly: {unclean}")

    def _containers(self) -> list[dict[str, Any]]:
        # One JSON object a line.
        return [json.loads(line) for line in self._compose("ps", "--all", "--format", "json").splitlines()]

    def _down(self) -> None:
        self._compose("down", "--volumes", "--remove-orphans")

    def _compose(self, *arguments: str) -> str:
        done = subprocess.run([*self._command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = "\n".join(part.strip()[-3000:] for part in (done.stdout, done.stderr) if part.strip())
            raise CheckFailed(f"`docker compose {' '.join(arguments)}` ended with {done.returncode}:\n{said}")
        return done.stdout.strip()
