"""Every page has a picture in all colours, languages and widths. FONOTECA_SCREENSHOTS=<folder> keeps them."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Browser

from dev.stack import Stack
from tests.browser.archive import Archive
from tests.browser.pictures.every_page import LOOKS, WIDTHS, shoot
from tests.browser.places import PLACES


def test_pictures_of_every_page(browser: Browser, stack: Stack, key: str, archive: Archive, tmp_path: Path) -> None:
    folder = Path(os.environ.get("FONOTECA_SCREENSHOTS") or tmp_path)
    pictures = shoot(browser, stack.exports["API_URL"], key, archive, folder)
    assert len(pictures) == (len(PLACES) + 1) * len(LOOKS) * len(WIDTHS)
    assert all(picture.stat().st_size > 5000 for picture in pictures)
