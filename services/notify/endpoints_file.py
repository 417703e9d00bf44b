"""Applies the file of endpoints at the start."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from services.notify.channels.people import check_address
from services.notify.settings import NotifySettings
from shared.catalog.connection import Catalog
from shared.catalog.notifications.endpoints import apply_endpoints, apply_hooks
from shared.listed_file import read_named_file
from shared.logs import logger
from shared.notifications.definition import EVERY_TYPE, EndpointDefinition
from shared.notifications.endpoints_file import Endpoint, parse_endpoints
from shared.notifications.hooks import installed_hooks

log = logger(__name__)


def read_file(path: Path, *, private_hosts: bool) -> list[Endpoint]:
    """Read a file of endpoints and their secrets. Raises Misconfigured, with every wrong line."""
    parse = partial(parse_endpoints, read_secret=read_secret, private_hosts=private_hosts)
    return read_named_file("NOTIFY_ENDPOINTS_FILE", path, parse)


async def apply_file(catalog: Catalog, path: Path, *, private_hosts: bool) -> None:
    """Make the endpoints those of a file. Raises Misconfigured before anything is changed."""
    endpoints = read_file(path, private_hosts=private_hosts)
    changed = await apply_endpoints(catalog, endpoints)
    log.info("endpoints.applied", path=str(path), endpoints=len(endpoints), changed=changed)


async def apply_endpoints_of(catalog: Catalog, settings: NotifySettings) -> None:
    """Make the endpoints those of the file, if one is set, and the hooks those that are installed.

    Raises Misconfigured before anything is changed.
    """
    hooks = installed_hooks()
    if settings.endpoints_file is not None:
        await apply_file(catalog, settings.endpoints_file, private_hosts=settings.private_hosts)
    if changed := await apply_hooks(catalog, hooks, EVERY_TYPE):
        log.info("hooks.applied", hooks=sorted(hooks), changed=changed)


def read_secret(definition: EndpointDefinition) -> str:
    """Read the secret or address that a definition names. Raises ValueError, whose text does not hold it."""
    if definition.is_webhook:
        return _read(definition.secret_file, definition.secret_env, "whsec_ and base64")
    address = _read(definition.to_file, definition.to_env, "an address")
    check_address(address)
    return address


def _read(path: Path | None, variable: str | None, what: str) -> str:
    if path is not None:
        try:
            return path.read_text(encoding="ascii")
        except OSError as error:
            raise ValueError(f"it cannot be read: {error}. Correct the path.") from error
        except UnicodeDecodeError:
            raise ValueError(f"the file holds other than ASCII; write {what} alone into it") from None
    assert variable is not None
    if not (secret := os.environ.get(variable)):
        raise ValueError(f"{variable} is not set; set it for the notify service")
    return secret
