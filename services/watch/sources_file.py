"""Applies the file of followed sources at the start."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from shared.catalog.connection import Catalog
from shared.catalog.sources.applying import apply
from shared.following.sources_file import parse_sources
from shared.listed_file import read_named_file
from shared.logs import logger

log = logger(__name__)


async def apply_file(catalog: Catalog, path: Path, *, private_hosts: bool) -> None:
    """Follow the sources in a file. Raises Misconfigured, with every wrong line, before anything is changed."""
    parse = partial(parse_sources, private_hosts=private_hosts)
    definitions = read_named_file("WATCH_SOURCES_FILE", path, parse)
    changes = await apply(catalog, definitions)
    log.info("sources.applied", path=str(path), **changes.counts)
