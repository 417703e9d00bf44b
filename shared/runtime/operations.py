"""The HTTP port for operators and orchestrators: /livez, /readyz and /metrics, as is usual on Kubernetes."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.metrics import ServiceMetrics
from shared.runtime.readiness import Readiness


def application(service: str, readiness: Readiness) -> Starlette:
    """Return the ASGI application of the operators' port of `service`."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        report = await readiness.report()
        body = {"ready": report.ready, "degraded": report.degraded, "checks": report.checks}
        return JSONResponse(body, status_code=200 if report.ready else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(ServiceMetrics(service)), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)])
