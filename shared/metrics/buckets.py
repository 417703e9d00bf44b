"""The buckets of histograms, in seconds."""

from __future__ import annotations

#: From a quick handler to a long recording.
LONG = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
#: Waiting in queues and delays, up to days.
WAITS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600)
