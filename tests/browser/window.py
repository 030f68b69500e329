"""A window of the browser that remembers whatever is wrong with the pages in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

WIDE: Final = 1280
NARROW: Final = 375
NARROWEST: Final = 320

_HEIGHTS: Final = {WIDE: 900}
_OWN_HOSTS: Final = {"127.0.0.1", "localhost", "[::1]", "::1"}
_SCREENSHOTS: Final = Path(__file__).parents[2] / ".artifacts" / "screenshots"
_AXE: Final = Axe()


@dataclass
class Window:
    """One window, with a past of its own."""

    page: Page
    width: int
    scripts: bool
    complaints: list[str] = field(default_factory=list)
    _document: Response | None = None

    @property
    def source(self) -> str:
        """Return the page's HTML as the server sent it."""
        assert self._document is not None, "no page was opened"
        return self._document.text()

    def check(self, name: str) -> None:
        """Check the page as it stands: axe, console, requests to others, nothing wider than the window.

        :raises AssertionError: with everything that is wrong.
        """
        self.keep(name)
        flaws = [*self.complaints, *self._find_overflow()]
        if self.scripts:  # axe needs them
            flaws += find_barriers(self.page)
        self.complaints.clear()
        assert not flaws, "\n".join([f"{name} ({self.page.url}, {self.width} px):", *flaws])

    def keep(self, name: str) -> None:
        """Leave a picture of the whole page, where SCREENSHOTS asks for it."""
        if os.environ.get("SCREENSHOTS"):
            file = f"{name.strip('/').replace('/', '-') or 'start'}-{self.width}.png"
            self.page.screenshot(path=_SCREENSHOTS / file, full_page=True)

    def _find_overflow(self) -> list[str]:
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        return [f"scrolls sideways: {wide} px wide"] if wide > self.width else []

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console: {message.text}")

    def _notice(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme.startswith("http") and address.hostname not in _OWN_HOSTS:
            self.complaints.append(f"asks somebody else: {request.url}")

    def _take(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == self.page.main_frame:
            self._document = response


def find_barriers(page: Page) -> list[str]:
    """Return what axe finds, one line for each rule that is broken."""
    violations = _AXE.run(page).response["violations"]
    return [f"axe {one['id']}: {one['help']}: {[node['html'] for node in one['nodes']]}" for one in violations]


@contextmanager
def open_window(
    browser: Browser, *, width: int = WIDE, scripts: bool = True, locale: str = "ja-JP"
) -> Iterator[Window]:
    """Open a window that shares nothing with any other."""
    viewport = {"width": width, "height": _HEIGHTS.get(width, 667)}
    context = browser.new_context(viewport=viewport, java_script_enabled=scripts, locale=locale)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = context.new_page()
    window = Window(page=page, width=width, scripts=scripts)
    page.on("console", window._hear)
    page.on("pageerror", lambda error: window.complaints.append(f"script: {error}"))
    page.on("request", window._notice)
    page.on("response", window._take)
    try:
        yield window
    finally:
        context.close()
