"""Preloaded by the fork server of `workers`, and imported nowhere else: what every worker process is forked from.

The import has two effects, both meant: yt-dlp is loaded once for all workers, and the server leaves the service's
process group, so that a SIGTERM or Ctrl-C to the group reaches the service alone, which then drains.
"""

from __future__ import annotations

import os

from services.scraper.workers import chain as _warm

os.setpgid(0, 0)

__all__ = ["_warm"]
