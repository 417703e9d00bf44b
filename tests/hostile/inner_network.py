"""A program: in a network of its own, a real worker is given names that lead inside. Prints what came of each.

Run it as root under `unshare --net --mount`. It makes the addresses, a name server and a web server that counts by
address; then it fetches. Each line of its output is a JSON object: name, outcome, and the addresses that were visited.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import classify
from services.scraper.workers.pool import WorkerDied, Workers, listing
from tests.hostile.name_server import NameServer

PUBLIC_IPV4, PUBLIC_IPV6 = "93.184.216.34", "2600::5"
INNER = [
    "10.9.8.7", "100.64.0.9", "169.254.169.254", "172.16.9.9", "192.168.9.9", "198.18.0.9", "192.0.0.9",
    "fec0::9", "fd00:ec2::254", "fe80::9", "64:ff9b::a09:807", "64:ff9b:1::a09:807", "64:ff9b:1:a09:8:700::",
    "2002:a09:807::1", "2001:0:a09:807::1", "::a09:807", "::ffff:0:a09:807", "2001:db8::9", "3fff::9",
]  # fmt: skip
#: Name → the sets of addresses that it has in turn.
NAMES: dict[str, list[list[str]]] = {
    **{f"inner-{number}.example.org": [[address]] for number, address in enumerate(INNER)},
    "loopback.example.org": [["127.0.0.1"]],
    "loopback6.example.org": [["::1"]],
    "anything.example.org": [["0.0.0.0"]],
    "both.example.org": [[PUBLIC_IPV4, "10.9.8.7"]],
    "both-families.example.org": [[PUBLIC_IPV4, "fd00:ec2::254"]],
    "rebound.example.org": [[PUBLIC_IPV4], ["10.9.8.7"]],
    "rebound6.example.org": [[PUBLIC_IPV6], ["fec0::9"]],
    "honest.example.org": [[PUBLIC_IPV4]],
    "honest6.example.org": [[PUBLIC_IPV6]],
}
#: Names tried at once: most of a try is waiting between attempts.
AT_ONCE = 8
RULES = SourceRules(request_interval=0, extractors=("default",))


class Visits:
    """A web server on all addresses; it notes by which name it was reached, and at which address."""

    def __init__(self) -> None:
        self.at: dict[str, set[str]] = defaultdict(set)
        visits = self.at

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                visits[self.headers["Host"]].add(self.connection.getsockname()[0].removeprefix("::ffff:"))
                body = b"ID3" + bytes(10_000)
                self.send_response(200)
                self.send_header("Content-Type", "audio/mpeg")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6
            daemon_threads = True

        server = Server(("::", 80), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()


def make_network(folder: Path) -> None:
    """Give this namespace its addresses, and itself as the name server."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (*INNER, PUBLIC_IPV4, PUBLIC_IPV6):
        bits = "128" if ":" in address else "32"
        made = subprocess.run(["ip", "addr", "add", f"{address}/{bits}", "dev", "lo"], check=False, capture_output=True)
        if made.returncode:
            # Some no kernel takes for an interface's; they are refused all the same.
            print(f"{address}: {made.stderr.decode().strip()}", file=sys.stderr)
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", str(resolver), "/etc/resolv.conf"], check=True)


async def fetched(workers: Workers, name: str, folder: Path) -> str:
    """What comes of a download from a host."""
    folder.mkdir()
    result = (await workers.fetch(f"http://{name}/media.mp3", folder, RULES, 120)).result
    return "downloaded" if isinstance(result, Downloaded) else classify(result, datetime.now(UTC)).reason


async def listed(name: str) -> str:
    """What comes of a listing of a page on a host."""
    try:
        batches = [batch async for batch in listing(f"http://{name}/list", RULES, 120)]
    except WorkerDied as error:
        return str(error)
    return f"{sum(map(len, batches))} items"


async def main(folder: Path) -> None:
    """Try every name, with a download and a listing."""
    make_network(folder)
    NameServer(NAMES)
    visits = Visits()
    workers = Workers(slots=AT_ONCE, tasks_per_worker=100)
    places = asyncio.Semaphore(AT_ONCE)

    async def tried(name: str) -> None:
        async with places:
            outcomes = await fetched(workers, name, folder / name), await listed(name)
        row = {"name": name, "outcome": outcomes[0], "listing": outcomes[1], "visited": sorted(visits.at[name])}
        print(json.dumps(row), flush=True)

    try:
        await asyncio.gather(*(tried(name) for name in NAMES))
    finally:
        await workers.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="fonoteca-inner-network-") as made:
        asyncio.run(main(Path(made)))
