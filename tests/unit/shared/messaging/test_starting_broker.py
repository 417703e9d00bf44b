"""A broker that is still starting, as the log of a service shows it."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import asyncio, contextlib
from pydantic import SecretStr
from shared import logs
from shared.errors import Unavailable
from shared.messaging.connection import connect
from shared.settings import BrokerSettings
logs.configure("retry", "json", "info")
# Nothing listens at this port.
settings = BrokerSettings(url=SecretStr("amqp://guest:guest@127.0.0.1:9/"))
with contextlib.suppress(Unavailable):
    asyncio.run(connect(settings, "retry", 0.1))
"""


def test_it_is_reported_by_our_own_warnings_alone() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {(line["event"], line["level"]) for line in lines} == {("server.waiting", "warning")}
    assert all("start RabbitMQ" in line["cure"] for line in lines)
