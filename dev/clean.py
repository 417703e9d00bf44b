"""Deletes a native stack's data, after showing it and asking.

    python3 dev/clean.py [--state DIR] [--yes]

It deletes only what a stack creates, and never the folder of a running one. Standard library only, any Python 3.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

#: The file that shows that a demo created the folder.
DEMO_MARK = "made-by-demo"
#: File or folder that a stack leaves → its description.
MADE = {
    "mongodb": "the catalog",
    "s3": "recordings in the object store",
    "ceph": "recordings in the object store (S3=rgw)",
    "azurite": "recordings in the mirror",
    "rabbitmq": "messages on their way",
    "prometheus": "metrics",
    "site": "the local site's media",
    "work": "downloads under way",
    "logs": "logs",
    DEMO_MARK: "",
    "env": "addresses and credentials",
    "stack.json": "ports and credentials",
    "lock": "",
}
#: The demo's state folder, inside that of `make up`.
INNER = "demo"


class NotCleaned(Exception):
    """Nothing was deleted; the text says why."""


def states(folder: Path) -> list[Path]:
    """Return the state folders at `folder`: itself, the demo's inside, both or none."""
    return [each for each in (folder / INNER, folder) if _is_state(each)]


def _is_state(folder: Path) -> bool:
    """Whether a stack created it. Other programs have a stack.json too, beside folders called work, logs or site."""
    try:
        known = json.loads((folder / "stack.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(known, dict) and {"ports", "secrets"} <= known.keys()


def sizes(folder: Path) -> dict[str, int]:
    """Return file or folder of a stack → the bytes that it takes on the disk."""
    return {name: _bytes(folder / name) for name in MADE if os.path.lexists(folder / name)}


def delete(folders: list[Path]) -> None:
    """Delete what stacks left in their folders, and each folder if nothing else is in it.

    Raises NotCleaned while a stack runs on one of them; then nothing is deleted.
    """
    with ExitStack() as locks:
        for folder in folders:
            lock = locks.enter_context((folder / "lock").open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise NotCleaned(f"{folder} is used by a running stack: stop that one first (Ctrl-C)") from None
        for folder in folders:
            for name in MADE:
                _remove(folder / name)
            if not any(folder.iterdir()):
                folder.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def _bytes(path: Path) -> int:
    """Bytes on the disk; sparse files count what they take."""
    return sum(512 * each.lstat().st_blocks for each in _all_in(path))


def _all_in(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            yield from (Path(folder, name) for name in (*folders, *files))


def _size(number: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number / 1000:.1f} kB"


def _show(folder: Path) -> None:
    found = sizes(folder)
    print(f"{folder}: {_size(sum(found.values()))}")
    for name, taken in sorted(found.items(), key=lambda item: -item[1]):
        print(f"  {_size(taken):>10}  {name:<11} {MADE[name]}".rstrip())
    others = sorted(path.name for path in folder.iterdir() if path.name not in (*MADE, INNER))
    if others:
        print(f"  not made by a stack, so it stays: {', '.join(others)}")


def clean(folder: Path, yes: bool) -> None:
    """Show, ask, delete. Raises NotCleaned."""
    if not os.path.lexists(folder):
        print(f"clean: {folder} does not exist: nothing to delete")
        return
    found = states(folder)
    if not found:
        raise NotCleaned(f"{folder} is not the state folder of a stack (it has no stack.json of one)")
    for each in found:
        _show(each)
    if not yes:
        if not sys.stdin.isatty():
            raise NotCleaned("there is no terminal to ask on; YES=1 (or --yes) deletes without asking")
        if input("Delete all this for good? Type yes: ").strip().lower() != "yes":
            raise NotCleaned("nothing was deleted")
    delete(found)
    print("clean: deleted")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="dev/clean.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--state", metavar="DIR", default=str(Path(__file__).resolve().parent.parent / ".stack"))
    parser.add_argument("--yes", action="store_true", help="do not ask")
    given = parser.parse_args()
    try:
        if given.state.strip() == "":
            raise NotCleaned("STATE is empty: name a folder, or leave STATE= out")
        clean(Path(given.state).resolve(), given.yes)
    except (NotCleaned, OSError) as error:
        print(f"clean: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print("\nclean: nothing was deleted", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
