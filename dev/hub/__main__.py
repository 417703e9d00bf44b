"""Runs the hub: `python -m dev.hub --port P`."""

from __future__ import annotations

import argparse
import asyncio
import signal

from dev.hub.hub import Hub, serving


async def serve(port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(Hub(), port) as address:
        print(f"hub: {address}", flush=True)
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.hub", description="A small local hub of WebSub.")
    parser.add_argument("--port", type=int, default=0, help="where it listens on loopback; 0 chooses a free one")
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
