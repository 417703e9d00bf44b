"""Somebody who uses the dashboard, and notes what a browser complains about meanwhile."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

#: Milliseconds within which something must be seen; reached only when it is not.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
#: Controls on the way to one, at most.
MAX_TABS = 150


class Visitor:
    """One page of one browser."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        #: What the browser's console calls an error, failures of scripts, and requests to anybody else.
        self.complaints: list[str] = []
        #: What this test provokes, in the browser's words: it calls every refused request an error.
        self.provoked: set[str] = set()
        page.set_default_timeout(PATIENCE)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"{error.name}: {error.message}"))
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # Whether somebody is signed in is asked first of all; "nobody" is an answer like any other.
        asked = urlsplit(message.location["url"]).path
        # The page reports a server that stood still for a moment, and asks again; the test still checks what it shows.
        expected = {"status of 503"} | ({"status of 401"} if asked == "/v1/session" else set())
        if not any(words in message.text for words in expected | self.provoked):
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.base}/", "data:")):
            self.complaints.append(f"a request to {request.url}")

    def go(self, *path: str, query: str = "") -> None:
        """Open a page by its address."""
        parts = "/".join(quote(part, safe="") for part in path)
        self.page.goto(f"{self.base}/#/{parts}{'?' + query if query else ''}")
        # Where only the part after the # changes, the page learns of it a moment later.
        self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def sign_in(self, key: str) -> None:
        """With a key, on the page that asks for one."""
        # By its place and not by its words, which differ by language.
        self.page.locator("#key").fill(key)
        self.page.locator(".sign-in form button").click()

    def open(self, key: str, *path: str, query: str = "") -> None:
        """Open a page and sign in on the way."""
        self.go(*path, query=query)
        self.sign_in(key)
        self.loaded()

    def loaded(self) -> None:
        """The page has its content."""
        expect(self.page.locator("#main[aria-busy=false]")).to_be_visible()

    def tab_to(self, control: Locator) -> None:
        """Reach a control as people do who have no mouse. It must show that it has the focus."""
        for _ in range(MAX_TABS):
            if control.evaluate("element => element === document.activeElement"):
                outline = control.evaluate(
                    "e => [getComputedStyle(e), getComputedStyle(e, '::after')].map(s => s.outlineStyle).join(' ')"
                )
                assert outline != "none none", f"nothing shows the focus of {control}"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{control} is not reached by the keyboard")
