"""An API of a test module's own: a real process that may open as many files as most systems let it, on the servers."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
import socket
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from dev.processes.program import RunningProgram
from dev.processes.service_programs import services
from dev.stack import Stack
from shared.catalog.connection import Catalog, connect
from shared.settings import MongoSettings

#: The soft limit of most systems, here the hard one as well.
FILES = 1024
#: Seconds after which a socket of these tests gives up; reached only when something is wrong.
PATIENCE = 120


@dataclass
class Api:
    """A running API."""

    url: str
    health_url: str
    key: str
    mongo: MongoSettings
    pid: int
    log: Path

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return _address(self.url)

    @property
    def health_address(self) -> tuple[str, int]:
        """Those of the port for operators."""
        return _address(self.health_url)

    def http(self, key: str | None = None, **headers: str) -> httpx.Client:
        """A client with a key, the first one of all unless another is given."""
        headers = {"Authorization": f"Bearer {key or self.key}", **headers}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=PATIENCE)

    def memory(self) -> int:
        """Bytes of memory that the process holds."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found is not None
        return int(found[1]) * 1024

    def files(self) -> int:
        """Files that the process has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def is_well(self) -> None:
        """Fail unless it answers a stranger's question for its health and a holder's for the archive."""
        for path in ("/livez", "/readyz", "/metrics"):
            answer = httpx.get(f"{self.health_url}{path}", trust_env=False, timeout=PATIENCE)
            assert answer.status_code == 200, answer.text
        with self.http() as client:
            assert client.get("/v1/status").status_code == 200

    def metric(self, text: str) -> float:
        """The value of a line of its metrics; 0 if there is none."""
        lines = httpx.get(f"{self.health_url}/metrics", trust_env=False, timeout=PATIENCE).text.splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(text)), 0)

    @asynccontextmanager
    async def catalog(self) -> AsyncIterator[Catalog]:
        """Its catalog."""
        catalog = await connect(self.mongo, "tests", 10)
        try:
            yield catalog
        finally:
            await catalog.close()


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


@contextmanager
def running_api(servers: Stack, name: str, settings: Mapping[str, str] | None = None) -> Iterator[Api]:
    """An API with a database of its own. `name`: no other module's."""
    database = f"test-{uuid.uuid4().hex[:12]}"
    exports = {**servers.exports, "MONGO_DATABASE": database}
    [program], found = services(servers.state, exports, settings or {}, (f"api-{name}",))
    program = dataclasses.replace(program, command=["prlimit", f"--nofile={FILES}:{FILES}", *program.command])
    running = RunningProgram(program, servers.state.log_file(program.name))
    try:
        running.wait_ready()
        variable = f"API_{name.upper()}"
        yield Api(
            found[f"{variable}_URL"],
            found[f"{variable}_METRICS_URL"].removesuffix("/metrics"),
            found["API_KEY"],
            MongoSettings(uri=SecretStr(exports["MONGO_URI"]), database=database),
            running.pid,
            running.log,
        )
    finally:
        running.stop()
        asyncio.run(_drop(MongoSettings(uri=SecretStr(exports["MONGO_URI"]), database=database)))


async def _drop(mongo: MongoSettings) -> None:
    catalog = await connect(mongo, "tests", 10)
    await catalog.drop()
    await catalog.close()


def opened(address: tuple[str, int], sends: bytes = b"", receive_bytes: int | None = None) -> socket.socket:
    """A connection that has sent something. `receive_bytes`: what its own side takes before it is read."""
    connection = socket.socket()
    connection.settimeout(PATIENCE)
    if receive_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.connect(address)
    # Closed already: which is what many tests wait for.
    with contextlib.suppress(ConnectionError):
        connection.sendall(sends)
    return connection


def read_to_end(connection: socket.socket) -> bytes:
    """All that comes until the other side closes the connection."""
    found = bytearray()
    try:
        while piece := connection.recv(65_536):
            found += piece
    except ConnectionError:
        pass
    return bytes(found)
