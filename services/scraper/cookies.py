"""An account's cookies: each download works on a copy, and what the source renewed is written back whole or not at all.

yt-dlp writes its cookies in place; two downloads on one file would sooner or later leave half of it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import TextIO

from shared.errors import Misconfigured

#: First lines of a cookies.txt; yt-dlp reads no other file.
_BEGINNINGS = ("# Netscape HTTP Cookie File", "# HTTP Cookie File")
_COPY = "cookies.txt"


def lay_claim(cookies: Path) -> TextIO:
    """Make sure that the file can be used, and by this scraper alone while the returned file is open.

    Raises Misconfigured.
    """
    try:
        with cookies.open() as file:
            first = file.readline().strip()
        lock = cookies.with_name(f"{cookies.name}.lock").open("w")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"SCRAPER_COOKIES_FILE {cookies} cannot be used: {error}") from error
    if not first.startswith(_BEGINNINGS):
        lock.close()
        raise Misconfigured(f"SCRAPER_COOKIES_FILE {cookies} is no cookies.txt: it must begin with {_BEGINNINGS[0]!r}.")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Misconfigured(
            f"SCRAPER_COOKIES_FILE {cookies} is in use by another scraper. Give each one an account of its own."
        ) from None
    return lock


def borrow(cookies: Path, folder: Path) -> Path:
    """A copy for one download. Nobody else may read it."""
    copy = folder / _COPY
    shutil.copyfile(cookies, copy)
    copy.chmod(0o600)
    return copy


def give_back(copy: Path, cookies: Path) -> None:
    """Put what the source renewed in the place of the old cookies, at once."""
    if copy.stat().st_size == 0 or copy.read_bytes() == cookies.read_bytes():
        return
    new = cookies.with_name(f"{cookies.name}.{os.getpid()}.new")
    shutil.copyfile(copy, new)
    new.chmod(cookies.stat().st_mode & 0o777)
    new.replace(cookies)
