"""Preloaded by the fork server from which every worker process is forked; no other module may import it.

The import has two intended effects: yt-dlp is loaded once for all workers, and the fork server leaves the service's
process group, so that a SIGTERM or Ctrl-C to the group reaches only the service, which then drains.
"""

from __future__ import annotations

import os

from shared.quick_imports import quick_imports

with quick_imports():
    from services.scraper.workers import chain as _warm

os.setpgid(0, 0)

__all__ = ["_warm"]
