"""Lends an account's cookies to downloads. Refreshed cookies are merged back atomically.

yt-dlp rewrites its cookie file in place: two downloads on one file would eventually truncate it, and the later one
would undo what the earlier one refreshed. So each download gets a copy, and cookies are merged one by one under a lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from shared.errors import Misconfigured

#: First lines of a cookies.txt; yt-dlp rejects any other file.
_BEGINNINGS = ("# Netscape HTTP Cookie File", "# HTTP Cookie File")
#: Prefix of a cookie line that looks like a comment.
_HTTP_ONLY = "#HttpOnly_"
_COPY, _BORROWED = "cookies.txt", "cookies-as-borrowed.txt"

#: (domain, path, name) → the cookie's line.
_Cookies = dict[tuple[str, str, str], str]


def acquire(cookies: Path) -> TextIO:
    """Lock the cookie file for this scraper. Returns the open lock file, which holds the lock until it is closed.

    Raises Misconfigured if the file is unusable or in use.
    """
    try:
        with cookies.open() as file:
            first = file.readline().strip()
        lock = cookies.with_name(f"{cookies.name}.lock").open("w")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"SCRAPER_COOKIES_FILE {cookies} cannot be used: {error}. Name a file beside which the scraper may write."
        ) from error
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
    """Copy the cookies into `folder` for one download, readable by this user only. Returns the copy."""
    with _locked(cookies):
        text = cookies.read_bytes()
    for name in (_COPY, _BORROWED):
        _write(folder / name, text, 0o600)
    return folder / _COPY


def merge_back(copy: Path, cookies: Path) -> None:
    """Merge the cookies that the source refreshed, added or removed since `borrow`. Raises OSError."""
    borrowed, returned = _read(copy.with_name(_BORROWED)), _read(copy)
    refreshed = {key: line for key, line in returned.items() if borrowed.get(key) != line}
    removed = borrowed.keys() - returned.keys()
    if not refreshed and not removed:
        return
    with _locked(cookies):
        kept = {key: line for key, line in _read(cookies).items() if key not in removed} | refreshed
        text = "\n".join([_BEGINNINGS[0], *kept.values(), ""]).encode()
        new = cookies.with_name(f"{cookies.name}.new")
        _write(new, text, cookies.stat().st_mode & 0o777)
        new.replace(cookies)


def _read(path: Path) -> _Cookies:
    found: _Cookies = {}
    for line in path.read_text(errors="replace").splitlines():
        fields = line.removeprefix(_HTTP_ONLY).split("\t")
        if len(fields) == 7 and (line.startswith(_HTTP_ONLY) or not line.startswith("#")):
            found[fields[0], fields[2], fields[5]] = line
    return found


def _write(path: Path, text: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(text)


@contextmanager
def _locked(cookies: Path) -> Iterator[None]:
    """Hold the lock under which downloads of this scraper read and merge cookies."""
    with cookies.with_name(f"{cookies.name}.refreshing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
