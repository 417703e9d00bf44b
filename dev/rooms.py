"""Prints the rooms of a package by floors, and what each room imports.

    python -m dev.rooms                     the services, the shared packages and the command line
    python -m dev.rooms services.scraper    one package

A room is a folder or a file of the package. It is one floor above the highest room it imports, so arrows only point
down. For an import cycle, which has no floors, the cycle is printed and the exit code is 1. The import contracts of
`make lint` enforce the same.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import grimp

from shared.topology.services import SERVICES

ROOTS = ("shared", "services", "cli", "dev")
#: Packages that are printed by default.
PACKAGES = (*(f"services.{name}" for name in SERVICES), "shared", "shared.catalog", "cli")

Arrows = Mapping[str, frozenset[str]]


def arrows_between_rooms(graph: grimp.ImportGraph, package: str) -> Arrows:
    """Return room → the rooms of the same package that it imports, without the package's name."""
    rooms = graph.find_children(package)
    for room in rooms:
        graph.squash_module(room)
    return {
        _short(room, package): frozenset(
            _short(each, package) for each in graph.find_modules_directly_imported_by(room) & (rooms - {room})
        )
        for room in rooms
    }


def floors_of(arrows: Arrows) -> dict[str, int]:
    """Return room → its floor, from 1. Raises CycleError if rooms import each other."""
    floors: dict[str, int] = {}
    for room in TopologicalSorter(arrows).static_order():
        floors[room] = 1 + max((floors[below] for below in arrows[room]), default=0)
    return floors


def describe(package: str, arrows: Arrows) -> str:
    """Return the rooms of a package as text, the highest floor first."""
    floors = floors_of(arrows)
    count = sum(map(len, arrows.values()))
    lines = [f"{package}: {len(arrows)} rooms, {max(floors.values())} floors, {count} arrows"]
    for room in sorted(arrows, key=lambda name: (-floors[name], name)):
        below = ", ".join(sorted(arrows[room]))
        lines.append(f"  {floors[room]:2}  {room:24} {below and '→ '}{below}".rstrip())
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dev.rooms", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packages", metavar="PACKAGE", nargs="*", default=PACKAGES, help="e.g. shared.catalog")
    circles = 0
    for package in parser.parse_args().packages:
        # Squashing changes a graph, so each package gets its own.
        graph = grimp.build_graph(*ROOTS, exclude_type_checking_imports=True, cache_dir=None)
        if package not in graph.modules or not graph.find_children(package):
            parser.error(f"{package} is no package of {', '.join(ROOTS)}. Name one such as services.scraper.")
        arrows = arrows_between_rooms(graph, package)
        try:
            print(describe(package, arrows), end="\n\n")
        except CycleError as error:
            circles += 1
            print(f"{package}: these rooms import each other in a circle: {' → '.join(error.args[1])}", end="\n\n")
    return 1 if circles else 0


def _short(module: str, package: str) -> str:
    return module.removeprefix(f"{package}.")


if __name__ == "__main__":
    sys.exit(main())
