"""The terminal's two windows in one browser, and the hands before them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Error, Page
from playwright.sync_api import TimeoutError as TookTooLong

from deskwork.house import House
from mynapoint.signin.sessions import TERMINAL_COOKIE

MOST_STEPS = 8
MOST_TRIES = 5
REACTION_MS = 5000


@dataclass
class Windows:
    """What the clerk sees and what the citizen sees. `hasty` hands click everything twice."""

    house: House
    work: Page
    screen: Page
    is_hasty: bool = False

    def press(self, page: Page, selector: str) -> None:
        """Press a button, and see where it leads."""
        button = page.locator(selector).last
        if self.is_hasty:
            with page.expect_event("load"):
                button.dblclick(no_wait_after=True)
            page.wait_for_load_state("networkidle")
            return
        with page.expect_navigation():
            button.click()

    def press_late(self, page: Page, selector: str) -> None:
        """Press a button unless the page, which goes on by itself, was faster."""
        try:
            with page.expect_navigation():
                page.locator(selector).last.click(timeout=REACTION_MS)
        except TookTooLong:
            page.wait_for_load_state()

    def go(self, page: Page, path: str) -> None:
        """Type an address; where the page goes on by itself at that very moment, type it again."""
        for _ in range(MOST_TRIES):
            try:
                page.goto(f"{self.house.address}{path}")
            except Error as error:
                if not re.search("ERR_ABORTED|interrupted by another navigation", error.message):
                    raise
                page.wait_for_load_state()
            else:
                return
        raise AssertionError(f"{path} could not be looked at")

    def sign_in(self) -> None:
        """Give the browser what the clerk's sign-in and the terminal's registration gave."""
        sitting = self.house.sitting
        session, device = sitting.clerk.cookies["sessionid"].value, sitting.installed.device.token
        for name, value in (("sessionid", session), (TERMINAL_COOKIE, device)):
            self.work.context.add_cookies([{"name": name, "value": value, "url": self.house.address}])

    def begin_case(self, page: Page | None = None) -> str:
        """Press はじめる; return the case's id."""
        page = page or self.work
        self.go(page, "/counter/")
        self.press(page, 'form:has(input[name="case"]):not(:has(#slip)) .button')
        page.wait_for_url("**/cases/*/")
        self.house.sitting.case_id = urlsplit(page.url).path.rstrip("/").rpartition("/")[2]
        return self.house.sitting.case_id

    def begin_act(self, kind: str, *, again: bool = False) -> None:
        """Choose what the citizen came for, and put it on their screen; `again` when something is there by now."""
        self.go(self.work, self.house.sitting.page)
        if again:
            self.work.locator("summary", has_text="選び直す").click()
        form = self.work.locator(".begin")
        form.locator("#kind-a" if kind == "application" else "#kind-r").check()
        if kind == "application":
            form.locator("#number").fill("1")
            form.locator("#ready").check()
        self.press(self.work, ".begin .button")

    def look(self) -> str:
        """Look at the citizen's screen; return what it asks, or nothing."""
        self.go(self.screen, self.house.sitting.screen)
        return self.asked()

    def asked(self) -> str:
        """Return what the citizen's screen asks now."""
        parts = urlsplit(self.screen.url).path.removeprefix("/counter/display/").strip("/").split("/")
        return parts[1] if len(parts) > 1 else ""

    def answer(self, account: str) -> str:
        """Answer what the screen asks; return what it asked."""
        asked = self.asked()
        match asked:
            case "terms":
                for box in self.screen.locator('main form input[type="checkbox"]').all():
                    box.check()
            case "account":
                self.screen.locator("#account").fill(account)
                self.screen.locator("#code1").fill("8524")
            case "hint":
                self.screen.locator("#own").check()
            case "consequence":
                self.screen.locator("#understood").check()
        self.press(self.screen, "main form .button")
        return asked

    def answer_all(self, account: str, *, until: str = "") -> None:
        """Answer everything, up to the act, or to the question that `until` names."""
        self.look()
        for _ in range(MOST_STEPS):
            if self.asked() in {"", until}:
                return
            self.answer(account)

    def find_link(self) -> str | None:
        """Return the link of the act that the screen shows, if it shows one."""
        button = self.screen.locator("a.button.big")
        if not button.count():
            return None
        token = str(button.get_attribute("href")).rpartition("%2F")[2]
        return f"/act/{token}"


@contextmanager
def open_windows(browser: Browser, house: House) -> Iterator[Windows]:
    """Open both windows in one browser, as at a terminal."""
    context = browser.new_context(locale="ja-JP")
    context.set_default_timeout(60_000)
    windows = Windows(house, context.new_page(), context.new_page())
    windows.sign_in()
    try:
        yield windows
    finally:
        context.close()
