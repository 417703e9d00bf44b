"""A download that does everything wrong: it starts a process, floods its output and never ends."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from services.scraper.workers.pool import be_known

#: Bytes; more than any pipe holds.
FLOOD = 4 * 2**20


def fetch(_url: str, folder: Path, _rules: Any) -> None:
    """Stands for `services.scraper.workers.pool._fetch`."""
    be_known(folder)
    child = subprocess.Popen(["sleep", "1000"])
    (folder / "child").write_text(str(child.pid))
    # Through the file itself: it is the worker's own output, wherever that leads.
    os.write(1, b"x" * FLOOD)
    time.sleep(1000)
