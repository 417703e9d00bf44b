"""The one list of the services. All other lists are derived from it, or a test compares them with it."""

from __future__ import annotations

#: Each name is that of a package in `services`, an image and a role at the broker, and prefixes metrics and settings.
SERVICES = ("scraper", "retry", "sync", "watch", "notify", "probe", "api")
