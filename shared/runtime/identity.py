"""The name of this process, which identifies it as the owner of leases, locks and breakers."""

from __future__ import annotations

import os
import socket


def name_of_this_process() -> str:
    """Return `<host>:<process id>`, which no other living process of the deployment has."""
    return f"{socket.gethostname()}:{os.getpid()}"
