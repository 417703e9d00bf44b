"""All commands of `fonoteca sources`, in the order of --help."""

from __future__ import annotations

from cli.following.source_files import apply, export
from cli.following.source_retention import retention
from cli.following.sources import sources

__all__ = ["sources"]

sources.command()(apply)
sources.command()(retention)
sources.command()(export)
