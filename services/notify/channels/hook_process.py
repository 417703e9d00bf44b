"""Runs one installed hook in a process of its own: `python -m services.notify.channels.hook_process <name>`.

Each line of standard input is an event, as JSON; for each, one line goes to the original standard output: empty, or
why the hook failed, after which the process ends. What the hook prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import entry_points
from types import TracebackType

from shared.notifications.hooks import GROUP


def main(name: str) -> None:
    """Load the hook and call it with each event, until standard input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # Programs that the hook starts read no events.
    events = os.fdopen(os.dup(sys.stdin.fileno()))
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())

    def failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        answers.write(f"{kind.__name__}: {error}".replace("\n", " ") + "\n")

    sys.excepthook = failed
    entry_point = next(found for found in entry_points(group=GROUP) if found.name == name)
    hook = entry_point.load()
    for line in events:
        hook(json.loads(line))
        answers.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
