"""Runs the site: `python -m dev.site --folder DIR --proxy-port P --tls-port T --control-port C`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import ssl
from pathlib import Path

import trustme
from aiohttp import web

from dev.site.app import Site
from dev.site.control import Control
from dev.site.library import Library
from dev.site.media.covers import Covers
from dev.site.media.fragments import FragmentMaker
from dev.site.media.media import SoundMaker
from dev.site.proxy import HOSTS, Proxy

#: Seconds that unfinished answers may take when the site stops; stalled ones would never end.
STOP_SECONDS = 1


def tls(folder: Path) -> ssl.SSLContext:
    """Return a server context for all emulated hosts. Clients find the authority's certificate in `folder`/ca.pem."""
    authority = trustme.CA(organization_name="Fonoteca local site")
    certificate = authority.issue_cert(*HOSTS, *(f"*.{host}" for host in HOSTS))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return context


async def serve(folder: Path, host: str, proxy_port: int, tls_port: int, control_port: int) -> None:
    """Serve until SIGINT or SIGTERM. `host`: where the proxy and the control port listen."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    library = Library()
    sounds = SoundMaker(folder / "media")
    site = Site(library, sounds, FragmentMaker(sounds, folder / "fragments"), Covers(folder / "covers"))
    control = Control(library, sounds)
    runners = [
        web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
        for app in (site.application(), control.application())
    ]
    for runner in runners:
        await runner.setup()
    await web.TCPSite(runners[0], "127.0.0.1", tls_port, ssl_context=tls(folder)).start()
    proxy = await asyncio.start_server(Proxy(tls_port).handle, host, proxy_port)
    await web.TCPSite(runners[1], host, control_port).start()
    await stop.wait()
    proxy.close()
    for runner in runners:
        await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.site", description="A small local emulation of YouTube.")
    parser.add_argument("--folder", type=Path, required=True, help="where the made sounds, the pictures and ca.pem go")
    parser.add_argument(
        "--host", default="127.0.0.1", help="where it listens; another than loopback in containers only"
    )
    parser.add_argument("--proxy-port", type=int, required=True, help="https_proxy for clients: http://127.0.0.1:PORT")
    parser.add_argument("--tls-port", type=int, required=True, help="where the proxy leads to")
    parser.add_argument("--control-port", type=int, required=True, help="plain HTTP: add playlists, read counters")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(given.folder, given.host, given.proxy_port, given.tls_port, given.control_port))


if __name__ == "__main__":
    main()
