"""Hooks: functions of installed packages that are called with each event.

A package declares one so, and the notify service calls `my_package.publish(event)` with the event in its envelope, as a
dictionary:

    [project.entry-points."fonoteca.hooks"]
    my-hook = "my_package:publish"
"""

from __future__ import annotations

import re
from importlib.metadata import entry_points

from shared.errors import Misconfigured
from shared.notifications.definition import HOOK_PREFIX

#: The group of entry points.
GROUP = "fonoteca.hooks"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?")


def installed_hooks() -> dict[str, str]:
    """Return the installed hooks: name of the endpoint → module and function. Raises Misconfigured for wrong names."""
    found: dict[str, str] = {}
    for entry_point in entry_points(group=GROUP):
        if _NAME.fullmatch(entry_point.name) is None:
            raise Misconfigured(
                f"An installed package names a hook {entry_point.name!r} ({entry_point.value}). Names have lower-case "
                "letters, digits and hyphens; correct its entry point."
            )
        name = HOOK_PREFIX + entry_point.name
        if found.setdefault(name, entry_point.value) != entry_point.value:
            raise Misconfigured(
                f"Two installed packages name a hook {entry_point.name!r}: {found[name]} and {entry_point.value}. "
                "Remove one of them."
            )
    return found
