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

#: Exit codes of sysexits.h: a wrong setting; a server that is not there.
EX_CONFIG = 78
EX_UNAVAILABLE = 69
#: Seconds without a consumer, on a connection that is there, before the process gives up, for its supervisor to start
#: it again.
WATCHDOG_SECONDS = 120
#: Seconds between two looks at the checks, so that the metric is right where nobody asks /readyz.
LOOK_EVERY_SECONDS = 15
#: Seconds that a stop takes beyond DRAIN_SECONDS: work is given back, connections and processes are closed. Whatever
#: ends a service with force must wait for so long: the chart, the compose file, the native stack.
STOP_MARGIN_SECONDS = 15


class Runtime:
    """What a service's composition root gets: settings of the process, readiness, and the wish to stop."""

    def __init__(self, service: str, settings: RuntimeSettings) -> None:
        self.service = service
        self.settings = settings
        self.readiness = Readiness()
        self._stop = asyncio.Event()
        self._failure: str | None = None
        #: What a background task found wrong with the settings.
        self.misconfigured: Misconfigured | None = None

    def check(self, name: str, check: Check) -> None:
        """Let /readyz ask `check` too: without it this process is not ready."""
        self.readiness.checks[name] = check

    def lesser_check(self, name: str, check: Check) -> None:
        """The same for what it can do without for a while: then it is degraded, and ready all the same."""
        self.readiness.lesser_checks[name] = check

    def note(self, name: str, note: Note) -> None:
        """Let /readyz tell `note` too; it says nothing about being ready."""
        self.readiness.notes[name] = note

    def ready(self) -> None:
        """The service works from now on."""
        self.readiness.started = True
        log.info("service.ready")

    def stop(self) -> None:
        """Ask for a clean stop."""
        self.readiness.draining = True
        self._stop.set()

    def fail(self, why: str) -> None:
        """Stop cleanly, but end with an error: a supervisor should start us again."""
        self._failure = why
        self.stop()

    async def stopped(self) -> None:
        """Return when the process should stop."""
        await self._stop.wait()

    @property
    def failure(self) -> str | None:
        """Why the process must end, if it must."""
        return self._failure

    def background(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run something beside the service. If it ends by itself, the process stops: it must not go on without it."""
        task = asyncio.create_task(work, name=name)

        def ended(done: asyncio.Task[None]) -> None:
            if self._stop.is_set():
                return
            if not done.cancelled() and isinstance(error := done.exception(), Misconfigured):
                self.misconfigured = error
                self.stop()
                return
            # Cancelled by nobody of ours: so a client library passes on that a stuck connection was given up.
            why = "it was cancelled from within" if done.cancelled() else repr(done.exception())
            self.fail(f"the background task {name} ended: {why}")

        task.add_done_callback(ended)
        return task

    async def watch(self, *checks: Check) -> None:
        """Fail when a consumer was gone for long: a process that takes no messages must not look alive."""
        sick_for = 0
        while True:
            await asyncio.sleep(1)
            problems = [problem for check in checks if (problem := await check()) is not None]
            sick_for = sick_for + 1 if problems else 0
            if sick_for >= WATCHDOG_SECONDS:
                self.fail(f"for {WATCHDOG_SECONDS} s {problems[0]}")
                sick_for = 0


Main = Callable[[Runtime], Awaitable[None]]


def run(service: str, main: Main, *groups: type[BaseSettings]) -> None:
    """Run a service until it is asked to stop. Ends the process with 0, 1, 69 or 78.

    `groups`: of the settings that it reads. All are looked at before any server is asked, so that whatever is wrong is
    told at once and together.
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
        looking = asyncio.create_task(_keep_looking(runtime), name="readiness")
        stack.callback(looking.cancel)
        work = asyncio.ensure_future(main(runtime))
        # A stop during the start, while a server is awaited, must not wait for that server.
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
            log.error("service.gave_up", problem=str(error))
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


async def _keep_looking(runtime: Runtime) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        await runtime.readiness.look()


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
