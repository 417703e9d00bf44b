"""The services: the one list of them. What else lists them is derived from it, or compared with it by a test."""

from __future__ import annotations

#: Each is a package below `services`, an image, a role at the broker, and the prefix of its metrics and settings.
SERVICES = ("scraper", "retry", "sync", "api")
