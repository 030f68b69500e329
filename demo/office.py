"""The programme office: two people at their pages."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import httpx2

from demo.authenticator_app import AuthenticatorApp
from demo.people import OK, Page
from demo.story import check
from demo.town import PROGRAMME, Town

FACTORS: Final = "/signin/factors/"
OFFICE: Final = ("--role", "office")


@dataclass(frozen=True)
class Clerk:
    """Somebody of the staff, signed in."""

    name: str
    password: str
    app: AuthenticatorApp
    browser: httpx2.Client

    @classmethod
    def hire(
        cls,
        town: Town,
        name: str,
        password: str,
        *,
        post: Sequence[str] = OFFICE,
        telephone_time: Callable[[], float] = time.time,
    ) -> Self:
        """Add somebody of the staff, who follows the invitation and then signs in with both factors."""
        invitation = find(r"https?://\S+/signin/invitation/\S+", town.command("staff", "add", name, *post))
        with open_browser(town) as first:
            page = press(first, invitation, password=password, again=password)
            check(page.address.endswith(FACTORS), f"{name} could not choose a password: {page.words}")
            shown = first.get(f"{FACTORS}app/").text
            app = AuthenticatorApp(find(r'id="secret">([A-Z2-7]+)<', shown), telephone_time)
            page = press(first, f"{FACTORS}app/", shown, code=app.show())
            check("回復コード" in page.words, f"{name} could not register an app: {page.words}")
        clerk = cls(name, password, app, open_browser(town))
        clerk.sign_in()
        return clerk

    def sign_in(self, *, steps: int = 0) -> None:
        """Give the password, then the app's code, or a later one: each is good once."""
        self.post("/signin/", login=self.name, password=self.password)
        page = self.post("/signin/second/", code=self.app.show(steps=steps))
        check("/signin/" not in page.address, f"{self.name} could not sign in: {page.words}")

    def look(self, path: str) -> Page:
        """Look at a page."""
        answer = self.browser.get(path)
        return Page(address=str(answer.url), status=answer.status_code, html=answer.text)

    def post(self, path: str, **typed: str) -> Page:
        """Press a page's button."""
        return press(self.browser, path, **typed)

    def approve(self, service: str, number: int) -> Page:
        """Approve a claim."""
        return self.post(f"/office/{PROGRAMME}/claims/{service}/{number}/")

    def make_transfer(self) -> bytes:
        """Make the transfer file of all approved claims and download it."""
        page = self.post(f"/office/{PROGRAMME}/transfers/")
        links = re.findall(r'href="([^"]+/file)"', page.html)
        check(page.status == OK and links, f"no transfer file: {page.words}")
        return self.browser.get(links[0]).content


def open_browser(town: Town) -> httpx2.Client:
    """Open a browser on the town's site."""
    return httpx2.Client(base_url=town.site, follow_redirects=True, timeout=30, trust_env=False)


def press(browser: httpx2.Client, path: str, shown: str = "", **typed: str) -> Page:
    """Press the button of a page, fetched unless it is shown: its form carries the token against forged requests."""
    token = find(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown or browser.get(path).text)
    origin = str(browser.base_url).rstrip("/")
    answer = browser.post(path, data=typed | {"csrfmiddlewaretoken": token}, headers={"Origin": origin})
    return Page(address=str(answer.url), status=answer.status_code, html=answer.text)


def find(pattern: str, text: str) -> str:
    """Return what a pattern finds, or its group."""
    found = re.search(pattern, text)
    check(found, f"there is no {pattern}")
    return found.group(found.lastindex or 0) if found else ""
