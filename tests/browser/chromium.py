"""The browser of the tests: Debian's Chromium, headless."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

#: The smaller one first.
PROGRAMS = ("chromium-headless-shell", "chromium")


def chromium() -> str | None:
    """Where it is; None: not installed."""
    return next((path for name in PROGRAMS if (path := shutil.which(name)) is not None), None)


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    """A running browser."""
    with sync_playwright() as playwright:
        # Its sandbox needs rights that containers do not give; it only opens pages of ours.
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield browser
        browser.close()
