"""Pictures of every page, dark and light, in English and French, at a desk and on a phone.

python -m tests.browser.pictures.every_page DIR    starts the native stack with the local site, and stops it afterwards
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, expect

from cli.api.client import Address, Client
from dev.stack import Stack
from tests.browser.archive import Archive, fill
from tests.browser.chromium import PROGRAMS, chromium, launched
from tests.browser.places import PLACES, path_of
from tests.browser.visitor import Visitor
from tests.e2e.conftest import SETTINGS

WIDTHS = {"desk": (1366, 900), "phone": (360, 740)}


class Look(NamedTuple):
    """How a reader sees the pages."""

    language: str
    locale: str
    colours: Literal["light", "dark"]


LOOKS = (Look("en", "en-GB", "light"), Look("en", "en-GB", "dark"), Look("fr", "fr-FR", "light"))


def shoot(browser: Browser, base: str, key: str, archive: Archive, folder: Path) -> list[Path]:
    """Take all pictures: `<page>-<width>-<language>-<colours>.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        picture
        for width in WIDTHS
        for look in LOOKS
        for picture in _series(browser, Address(base, key), archive, folder, (width, look))
    ]


def _series(browser: Browser, address: Address, archive: Archive, folder: Path, seen: tuple[str, Look]) -> list[Path]:
    name, look = seen
    width, height = WIDTHS[name]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=look.colours,
        locale=look.locale,
        reduced_motion="reduce",
    )
    visitor = Visitor(context.new_page(), address.url)

    def take(page: str) -> Path:
        # As high as the page, so that what stays at an edge of the screen is at an edge of the picture.
        visitor.page.set_viewport_size({"width": width, "height": height})
        content = visitor.page.evaluate("document.documentElement.scrollHeight")
        visitor.page.set_viewport_size({"width": width, "height": max(height, content)})
        picture = folder / f"{page}-{name}-{look.language}-{look.colours}.png"
        visitor.page.screenshot(path=picture)
        return picture

    visitor.go("overview")
    visitor.page.locator("#key").wait_for()
    pictures = [take("sign-in")]
    visitor.sign_in(address.key)
    # Away from what would show that it is pointed at.
    visitor.page.mouse.move(0, 0)
    for place in PLACES:
        visitor.go(*path_of(place, archive))
        visitor.loaded()
        expect(visitor.page.locator(".is-live")).to_be_visible()
        pictures.append(take(place))
    context.close()
    return pictures


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.browser.pictures.every_page",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=__doc__,
    )
    parser.add_argument("folder", type=Path, help="where the pictures go")
    folder: Path = parser.parse_args().folder
    path = chromium()
    if path is None:
        print(f"There is no {' or '.join(PROGRAMS)}; Debian has the package of this name.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="fonoteca-pictures-") as state:  # noqa: SIM117
        with Stack(Path(state), site=True, settings=SETTINGS) as stack, launched(path) as browser:
            base, key = stack.exports["API_URL"], stack.exports["API_KEY"]
            archive = fill(stack.exports, Client(Address(base, key)))
            for picture in shoot(browser, base, key, archive, folder):
                print(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
