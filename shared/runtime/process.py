"""The life of a service process: settings, signals, the operators' port, readiness, drain, exit code."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import Any

from pydantic_settings import BaseSettings

from shared import logs, metrics
from shared.errors import Misconfigured, Unavailable
from shared.runtime.http import serve_http
from shared.runtime.operations import application
from shared.runtime.readiness import Check, Note, Readiness
from shared.settings import RuntimeSettings, check, load

log = logs.logger(__name__)

#: Exit codes of sysexits.h: a wrong setting; an unavailable server.
EX_CONFIG = 78
EX_UNAVAILABLE = 69
#: Seconds without a consumer on an open connection, after which the process ends so that its supervisor restarts it.
WATCHDOG_SECONDS = 120
#: Seconds between two runs of the checks, which keep the metric current when nothing requests /readyz.
READINESS_POLL_SECONDS = 15
#: Seconds that a stop may take after DRAIN_SECONDS, to return work and to close connections and processes. The chart,
#: the compose file and the native stack wait that long before they kill a service.
STOP_MARGIN_SECONDS = 15


class Runtime:
    """Passed to a service's composition root: settings of the process, its readiness, and stop requests."""

    def __init__(self, service: str, settings: RuntimeSettings) -> None:
        self.service = service
        self.settings = settings
        self.readiness = Readiness()
        self._stop = asyncio.Event()
        self._failure: str | None = None
        #: The settings error that a background task raised, if any.
        self.misconfigured: Misconfigured | None = None

    def check(self, name: str, check: Check) -> None:
        """Add a check to /readyz. While it fails, this process is not ready."""
        self.readiness.checks[name] = check

    def optional_check(self, name: str, check: Check) -> None:
        """Add a check of something that this process can lack for a while. While it fails, the process is degraded."""
        self.readiness.optional_checks[name] = check

    def note(self, name: str, note: Note) -> None:
        """Add a note to /readyz, which does not affect readiness."""
        self.readiness.notes[name] = note

    def ready(self) -> None:
        """Mark the service as started."""
        self.readiness.started = True
        log.info("service.ready")

    def stop(self) -> None:
        """Request a clean stop."""
        self.readiness.draining = True
        self._stop.set()

    def fail(self, why: str) -> None:
        """Stop cleanly, but end with an error, so that a supervisor restarts the process."""
        self._failure = why
        self.stop()

    async def stopped(self) -> None:
        """Wait until a stop is requested."""
        await self._stop.wait()

    @property
    def failure(self) -> str | None:
        """The reason why the process ends with an error; None if it does not."""
        return self._failure

    def background(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run a task alongside the service. If it ends by itself, the process stops, since it needs the task."""
        task = asyncio.create_task(work, name=name)

        def ended(done: asyncio.Task[None]) -> None:
            if self._stop.is_set():
                return
            if not done.cancelled() and isinstance(error := done.exception(), Misconfigured):
                self.misconfigured = error
                self.stop()
                return
            # Our code did not cancel it: a client library does when it closes a stuck connection.
            why = "it was cancelled from within" if done.cancelled() else repr(done.exception())
            self.fail(f"the background task {name} ended: {why}")

        task.add_done_callback(ended)
        return task

    async def watch(self, *checks: Check) -> None:
        """Fail the process once a check has failed for WATCHDOG_SECONDS, so that it restarts. Never returns."""
        failing_seconds = 0
        while True:
            await asyncio.sleep(1)
            problems = [problem for check in checks if (problem := await check()) is not None]
            failing_seconds = failing_seconds + 1 if problems else 0
            if failing_seconds >= WATCHDOG_SECONDS:
                self.fail(f"for {WATCHDOG_SECONDS} s {problems[0]}")
                failing_seconds = 0


Main = Callable[[Runtime], Awaitable[None]]


def run(service: str, main: Main, *groups: type[BaseSettings]) -> None:
    """Run a service until a stop is requested. Ends the process with 0, 1, 69 or 78.

    `groups`: the settings groups that it reads. All are checked before any connection, so that all errors are reported
    at once.
    """
    try:
        check(RuntimeSettings, *groups)
        settings = load(RuntimeSettings)
        logs.configure(service, settings.log_format, settings.log_level)
        code = asyncio.run(_run(service, main, settings))
    except Misconfigured as error:
        print(f"fonoteca-{service} cannot start:\n{error}", file=sys.stderr)
        code = EX_CONFIG
    sys.exit(code)


async def _run(service: str, main: Main, settings: RuntimeSettings) -> int:
    runtime = Runtime(service, settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, runtime.stop)
    metrics.BUILD.info({"service": service, "version": version("fonoteca")})
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_operators_port(runtime))
        polling = asyncio.create_task(_poll_readiness(runtime), name="readiness")
        stack.callback(polling.cancel)
        work = asyncio.ensure_future(main(runtime))
        # A stop request ends a start that is still waiting for a server.
        stop = asyncio.create_task(_stopped_while_starting(runtime))
        try:
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
            await work
        except asyncio.CancelledError:
            if not runtime.readiness.draining:
                runtime.fail("the service was cancelled from within")
        except Unavailable as error:
            log.error("service.server_unavailable", problem=str(error))
            return EX_UNAVAILABLE
        finally:
            stop.cancel()
        if runtime.misconfigured is not None:
            raise runtime.misconfigured
        if runtime.failure is not None:
            log.error("service.failed", problem=runtime.failure)
            return 1
        log.info("service.stopped")
        return 0


async def _poll_readiness(runtime: Runtime) -> None:
    while True:
        await asyncio.sleep(READINESS_POLL_SECONDS)
        await runtime.readiness.report()


async def _stopped_while_starting(runtime: Runtime) -> None:
    await runtime.stopped()
    if runtime.readiness.started:
        await asyncio.Event().wait()


@asynccontextmanager
async def _operators_port(runtime: Runtime) -> AsyncIterator[None]:
    settings = runtime.settings
    async with serve_http(
        application(runtime.service, runtime.readiness), settings.metrics_host, settings.metrics_port, "METRICS"
    ) as port:
        log.info("operations.listening", host=settings.metrics_host, port=port)
        yield
