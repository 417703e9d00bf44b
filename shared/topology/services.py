"""The one list of the services. All other lists are derived from it, or a test compares them with it."""

from __future__ import annotations

#: Each is a package in `services`, an image, a role at the broker, and the prefix of its metrics and settings.
SERVICES = ("scraper", "retry", "sync", "watch", "api")
