"""The proxy that replaces the internet: CONNECT to an emulated host leads to the site, any other is refused."""

from __future__ import annotations

import asyncio
import contextlib

#: Hosts that the site emulates, including all names below them.
HOSTS = ("youtube.com", "youtu.be", "youtube-nocookie.com", "googlevideo.com", "ytimg.com", "google.com")
#: Seconds within which a client must send its CONNECT: longer than a busy machine may hang.
HEAD_SECONDS = 60


def emulated(host: str) -> bool:
    """Whether `host` is one of the emulated names or below one."""
    return any(host == known or host.endswith("." + known) for known in HOSTS)


class Proxy:
    """A CONNECT proxy on loopback. TLS ends at the site behind it, with a certificate of the site's own authority."""

    def __init__(self, site_port: int) -> None:
        self._site_port = site_port

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client connection."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            host = target.rsplit(":", 1)[0].strip("[]").lower()
            if method == "CONNECT" and emulated(host):
                await self._tunnel(reader, writer)
            else:
                writer.write(b"HTTP/1.1 403 Not on the local site\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
        writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site_reader, site_writer = await asyncio.open_connection("127.0.0.1", self._site_port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as both_ways:
                both_ways.create_task(_pump(reader, site_writer))
                both_ways.create_task(_pump(site_reader, writer))
        except* OSError:
            writer.transport.abort()
        finally:
            site_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end; then signal the end to the other side."""
    while data := await reader.read(256 * 1024):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
