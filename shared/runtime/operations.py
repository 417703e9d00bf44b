"""The HTTP port for operators and orchestrators: /livez, /readyz and /metrics. Standard paths of Kubernetes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.metrics import MetricsOf

#: A check returns None if all is well, else a sentence about what is wrong.
Check = Callable[[], Awaitable[str | None]]
#: A note tells how things are, whether well or not.
Note = Callable[[], Awaitable[str]]


class Readiness:
    """Whether this process should get work: it is started, not draining, and every check is content."""

    def __init__(self) -> None:
        self.started = False
        self.draining = False
        self.checks: dict[str, Check] = {}
        self.notes: dict[str, Note] = {}

    async def look(self) -> tuple[bool, dict[str, str]]:
        """(ready, detail by name)"""
        if self.draining:
            return False, {"runtime": "draining"}
        if not self.started:
            return False, {"runtime": "starting"}
        detail = {name: (await check()) or "ok" for name, check in self.checks.items()}
        ready = all(text == "ok" for text in detail.values())
        return ready, detail | {name: await note() for name, note in self.notes.items()}


def application(service: str, readiness: Readiness) -> Starlette:
    """The ASGI application of the port."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        ready, detail = await readiness.look()
        return JSONResponse({"ready": ready, "checks": detail}, status_code=200 if ready else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(MetricsOf(service)), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)])
