"""Applies the file of endpoints at the start."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from shared.catalog.connection import Catalog
from shared.catalog.notifications.endpoints import apply_endpoints
from shared.listed_file import read_named_file
from shared.logs import logger
from shared.notifications.definition import EndpointDefinition
from shared.notifications.endpoints_file import Endpoint, parse_endpoints

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


def read_secret(definition: EndpointDefinition) -> str:
    """Read the secret that a definition names. Raises ValueError, whose text does not hold it."""
    if definition.secret_file is not None:
        try:
            return definition.secret_file.read_text(encoding="ascii")
        except OSError as error:
            raise ValueError(f"it cannot be read: {error}. Correct the path.") from error
        except UnicodeDecodeError:
            raise ValueError("the file holds other than ASCII; write whsec_ and base64 alone into it") from None
    assert definition.secret_env is not None
    if not (secret := os.environ.get(definition.secret_env)):
        raise ValueError(f"{definition.secret_env} is not set; set it for the notify service")
    return secret
