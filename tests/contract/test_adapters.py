"""Drivers' exceptions stay in the adapters: every other module names the errors of `shared.errors`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.install import ROOT
from shared import errors

#: Modules of drivers that define exceptions → where they may be named.
EXCEPTIONS = {
    "pymongo.errors": tuple(f"shared/catalog/{name}.py" for name in ("connection", "collection", "driver_errors")),
    "bson.errors": ("shared/catalog/archive/extended_json.py",),
    "minio.error": ("shared/storage/s3/",),
    "urllib3": ("shared/storage/s3/",),
    "azure.core.exceptions": ("shared/storage/azure/",),
    "aio_pika.exceptions": ("shared/messaging/",),
    "aiormq": ("shared/messaging/",),
    "pamqp": ("shared/messaging/",),
}
FILES = sorted(path for folder in ("shared", "services", "cli") for path in (ROOT / folder).rglob("*.py"))


def imported(file: Path) -> Iterator[str]:
    """The modules that a file imports, at its head or in a function."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", EXCEPTIONS)
def test_a_drivers_exceptions_are_named_in_its_adapter_alone(module: str) -> None:
    named_in = {
        str(file.relative_to(ROOT))
        for file in FILES
        if any(name == module or name.startswith(f"{module}.") for name in imported(file))
    }
    assert named_in, "nobody names it any more: take it out of this list"
    assert {file for file in named_in if not file.startswith(EXCEPTIONS[module])} == set()


def test_no_module_gathers_a_servers_errors_in_a_tuple_of_its_own() -> None:
    gathered = {
        f"{file.relative_to(ROOT)}: {node.id}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Name) and node.id.endswith("_ERRORS")
    }
    assert gathered == set()


def test_every_error_of_a_server_says_whether_asking_again_may_help() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ServerError)]
    bases = {errors.ServerError, errors.CatalogError, errors.StoreError, errors.MirrorError}
    for kind in set(kinds) - bases:
        assert issubclass(kind, errors.Unavailable) != issubclass(kind, errors.Refused), kind
