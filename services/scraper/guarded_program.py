"""Runs a Python module as a program behind the guard of the network: `guarded_program [--private-hosts] MODULE …`."""

from __future__ import annotations

import runpy
import sys

from services.scraper.network_guard import guard

if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[0] == "--private-hosts":
        arguments = arguments[1:]
    else:
        guard()
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
