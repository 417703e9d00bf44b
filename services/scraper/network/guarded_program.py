"""Runs a Python module as a program behind the network guard: `guarded_program [--private-hosts] MODULE …`.

The module cannot start further programs: an FFmpeg started on a stream's address would bypass the guard. HTTP status
429 ends the program at once, whatever the module would do about it.
"""

from __future__ import annotations

import http.client
import os
import runpy
import sys
import urllib.request
from typing import IO, Any

from services.scraper.network.guard import guard
from services.scraper.network.program_guard import allow_engines_only

#: Exit code after status 429; the last line of the error stream is then the Retry-After header, or empty.
REFUSED = 75
_TOO_MANY = 429


def _end_when_refused() -> None:
    usual = urllib.request.HTTPDefaultErrorHandler.http_error_default

    def http_error_default(
        handler: Any, request: urllib.request.Request, answer: IO[bytes], code: int, text: str, headers: Any
    ) -> Any:
        if code == _TOO_MANY:
            message: http.client.HTTPMessage = headers
            sys.stderr.write(message.get("Retry-After", "") + "\n")
            sys.stderr.flush()
            os._exit(REFUSED)
        return usual(handler, request, answer, code, text, headers)

    urllib.request.HTTPDefaultErrorHandler.http_error_default = http_error_default  # type: ignore[method-assign,assignment]  # patched on purpose


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[0] == "--private-hosts":
        arguments = arguments[1:]
    else:
        guard()
    allow_engines_only(deno=False)
    _end_when_refused()
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
