"""An account's cookies: each download works on a copy, and what the source renewed is put into the file, whole or not.

yt-dlp writes its cookies in place: two downloads on one file would sooner or later leave half of it, and the later one
would undo what the earlier one renewed. So cookies are merged one by one, under a lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from shared.errors import Misconfigured

#: First lines of a cookies.txt; yt-dlp reads no other file.
_BEGINNINGS = ("# Netscape HTTP Cookie File", "# HTTP Cookie File")
#: Beginning of a line that is a cookie and no comment.
_HTTP_ONLY = "#HttpOnly_"
_COPY, _BORROWED = "cookies.txt", "cookies-as-borrowed.txt"

#: (domain, path, name) → the cookie's line.
_Cookies = dict[tuple[str, str, str], str]


def lay_claim(cookies: Path) -> TextIO:
    """Make sure that the file can be used, and by this scraper alone while the returned file is open.

    Raises Misconfigured.
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
    """A copy for one download. Nobody else may read it."""
    with _alone(cookies):
        text = cookies.read_bytes()
    for name in (_COPY, _BORROWED):
        _write(folder / name, text, 0o600)
    return folder / _COPY


def give_back(copy: Path, cookies: Path) -> None:
    """Take over what the source renewed, added or removed since the copy was borrowed. Raises OSError."""
    borrowed, returned = _read(copy.with_name(_BORROWED)), _read(copy)
    renewed = {key: line for key, line in returned.items() if borrowed.get(key) != line}
    removed = borrowed.keys() - returned.keys()
    if not renewed and not removed:
        return
    with _alone(cookies):
        kept = {key: line for key, line in _read(cookies).items() if key not in removed} | renewed
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
def _alone(cookies: Path) -> Iterator[None]:
    """No other download of this scraper renews them meanwhile."""
    with cookies.with_name(f"{cookies.name}.renewing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
