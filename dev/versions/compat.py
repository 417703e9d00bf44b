"""Runs the broker's tests on RabbitMQ 4, which compose and the chart use; `make test` uses this machine's RabbitMQ.

python -m dev.versions.compat [arguments of pytest]

Ends with the table of faults: `lost` must be 0 everywhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from dev.install import ROOT
from dev.servers.rabbitmq_programs import ROOT_VARIABLE, server_version
from dev.versions.rabbitmq4 import NotInstallable, install

#: Tests that depend on the broker's version: rules about queues, rights and headers; streams; crashes.
TESTS = (
    "tests/faults/test_broker_faults.py",
    "tests/hostile/broker",
    "tests/integration/messaging/test_declaring.py",
    "tests/integration/messaging/test_publishing.py",
    "tests/integration/messaging/test_consuming.py",
    "tests/integration/messaging/test_connections.py",
    "tests/integration/messaging/test_permissions.py",
    "tests/integration/api/test_live.py",
    "tests/e2e/operation/test_moved_state.py",
)
#: Each test process starts its own servers. The faults take as long as all other tests, so they begin first.
PROCESSES = ("--numprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder")


def main() -> int:
    began = time.monotonic()
    try:
        root = install()
    except NotInstallable as error:
        print(f"compat: {error}", file=sys.stderr)
        return 1
    installed = time.monotonic()
    os.environ[ROOT_VARIABLE] = str(root)
    version = server_version()
    print(f"compat: the tests about the broker, on RabbitMQ {version}", flush=True)
    chosen = sys.argv[1:] or [*PROCESSES, *TESTS]
    code = subprocess.run([sys.executable, "-m", "pytest", *chosen], cwd=ROOT, check=False).returncode
    ended = time.monotonic()
    outcome = "passed" if code == 0 else "failed"
    print(f"compat: RabbitMQ {version} {outcome}; set-up {installed - began:.0f} s, tests {ended - installed:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
