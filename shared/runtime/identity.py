"""Who holds a lease, a lock or a breaker: the name of this process."""

from __future__ import annotations

import os
import socket


def name_of_this_process() -> str:
    """Return `<host>:<process id>`, which no other living process of the deployment has."""
    return f"{socket.gethostname()}:{os.getpid()}"
