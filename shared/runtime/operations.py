"""The HTTP port for operators and orchestrators: /livez, /readyz and /metrics. Standard paths of Kubernetes."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.metrics import MetricsOf
from shared.runtime.readiness import Readiness


def application(service: str, readiness: Readiness) -> Starlette:
    """The ASGI application of the port."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        found = await readiness.look()
        told = {"ready": found.ready, "degraded": found.degraded, "checks": found.checks}
        return JSONResponse(told, status_code=200 if found.ready else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(MetricsOf(service)), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)])
