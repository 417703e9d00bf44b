"""Applies the file of followed sources at the start."""

from __future__ import annotations

from pathlib import Path

from shared.catalog.connection import Catalog
from shared.catalog.sources.applying import apply
from shared.errors import Misconfigured
from shared.following.sources_file import WrongSources, parse_sources
from shared.logs import logger

log = logger(__name__)


async def apply_file(catalog: Catalog, path: Path, *, private_hosts: bool) -> None:
    """Follow the sources in a file. Raises Misconfigured, with every wrong line, before anything is changed."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"WATCH_SOURCES_FILE names {path}, which cannot be read: {error}. Correct the path or the file."
        ) from error
    try:
        definitions = parse_sources(text, private_hosts=private_hosts)
    except WrongSources as error:
        raise Misconfigured(
            f"WATCH_SOURCES_FILE names {path}, of which nothing was applied. Correct these lines:\n{error}"
        ) from error
    changes = await apply(catalog, definitions)
    log.info("sources.applied", path=str(path), **changes.counts)
