"""A window of the browser that remembers whatever is wrong with the pages in it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, ViewportSize

WIDE: Final = 1280
NARROW: Final = 375
NARROWEST: Final = 320

_HEIGHT: Final = 667
_HEIGHTS: Final = {WIDE: 900}
_OWN_HOSTS: Final = {"127.0.0.1", "localhost", "[::1]", "::1"}
_SCREENSHOTS: Final = Path(__file__).parents[2] / ".artifacts" / "screenshots"
_PICTURED: Final = tuple(os.environ.get("SCREENSHOTS", "").split())
"""how the names of those pages begin of which pictures are asked for"""
_AXE: Final = Axe()


@dataclass
class Window:
    """One window, with a past of its own; it is as wide as the first of its widths, and each page fits all of them."""

    page: Page
    widths: tuple[int, ...]
    scripts: bool
    judged: set[str]
    complaints: list[str] = field(default_factory=list)
    _document: Response | None = None

    @property
    def source(self) -> str:
        """Return the page's HTML as the server sent it."""
        assert self._document is not None, "no page was opened"
        return self._document.text()

    @property
    def width(self) -> int:
        """How wide it is."""
        return self.widths[0]

    def _hold_still(self) -> None:
        """Wait for the page to which the last click led, and keep it: some pages load themselves again by and by."""
        self.page.wait_for_load_state()
        self.page.evaluate("window.stop()")

    def check(self, name: str, *, kind: str | None = None, expected: str = "") -> None:
        """Check the page once it is there: axe, console, requests to others, nothing wider than the window.

        :param kind: its template and state; of pages of one kind, axe looks at the first in all windows with the same
            memory. Without one it looks at every page.
        :param expected: what the browser itself complains about where all is well, such as an error's status, as a
            regular expression.
        :raises AssertionError: with everything that is wrong.
        """
        self._hold_still()
        complaints = [one for one in self.complaints if not (expected and re.search(expected, one))]
        flaws = [*complaints, *self._look_at_every_width(name), *self._find_torn_words()]
        if self.scripts and kind not in self.judged:  # axe needs them
            flaws += find_barriers(self.page)
            self.judged |= {kind} if kind else set()
        self.complaints.clear()
        assert not flaws, "\n".join([f"{name} ({self.page.url}):", *flaws])

    def _look_at_every_width(self, name: str) -> list[str]:
        """Find what is wider than the window; leave pictures of the whole page, where they are asked for."""
        flaws = []
        for width in reversed(self.widths):
            if len(self.widths) > 1:
                self.page.set_viewport_size({"width": width, "height": _HEIGHTS.get(width, _HEIGHT)})
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            flaws += [f"scrolls sideways: {wide} px wide at {width}"] if wide > width else []
            if name.startswith(_PICTURED):
                file = f"{name.strip('/').replace('/', '-') or 'start'}-{width}.png"
                self.page.screenshot(path=_SCREENSHOTS / file, full_page=True)
        return flaws

    def _find_torn_words(self) -> list[str]:
        """Find readings that the layout takes for boxes of their own, which tears their sentence apart."""
        torn = self.page.evaluate(
            "[...document.querySelectorAll('ruby')].map(ruby => ruby.parentElement)"
            ".filter(one => /flex|grid/.test(getComputedStyle(one).display)).map(one => one.innerText)"
        )
        return [f"is torn apart: {words}" for words in torn]

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
    browser: Browser,
    *,
    width: int = WIDE,
    others: tuple[int, ...] = (),
    scripts: bool = True,
    judged: set[str] | None = None,
    locale: str = "ja-JP",
) -> Iterator[Window]:
    """Open a window that shares nothing with any other, but the memory `judged` of what axe has seen.

    :param others: widths that its pages have to fit besides; a page is not loaded again for them.
    """
    viewport: ViewportSize = {"width": width, "height": _HEIGHTS.get(width, _HEIGHT)}
    context = browser.new_context(viewport=viewport, java_script_enabled=scripts, locale=locale)
    context.set_default_timeout(60_000)
    page = context.new_page()
    memory = set() if judged is None else judged
    window = Window(page=page, widths=(width, *others), scripts=scripts, judged=memory)
    page.on("console", window._hear)
    page.on("pageerror", lambda error: window.complaints.append(f"script: {error}"))
    page.on("request", window._notice)
    page.on("response", window._take)
    try:
        yield window
    finally:
        context.close()
