"""The programme office: two people at their pages."""

import re
from dataclasses import dataclass
from typing import Self

import httpx2

from demo.people import OK, Page
from demo.story import check
from demo.town import PROGRAMME, Town


@dataclass(frozen=True)
class Clerk:
    """Somebody of the office, signed in."""

    name: str
    password: str
    browser: httpx2.Client

    @classmethod
    def hire(cls, town: Town, name: str, password: str) -> Self:
        """Make an office user and sign them in."""
        town.command("office", "add", name, told=f"{password}\n")
        clerk = cls(
            name, password, httpx2.Client(base_url=town.site, follow_redirects=True, timeout=30, trust_env=False)
        )
        page = clerk.post("/office/login/", username=name, password=password)
        check(page.status == OK and "login" not in page.address, f"{name} could not sign in: {page.words}")
        return clerk

    def look(self, path: str) -> Page:
        """Look at a page."""
        answer = self.browser.get(path)
        return Page(address=str(answer.url), status=answer.status_code, html=answer.text)

    def post(self, path: str, **typed: str) -> Page:
        """Press a page's button: its form carries the token against forged requests."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.browser.get(path).text)
        check(token, f"{path} has no form")
        form = typed | {"csrfmiddlewaretoken": token.group(1) if token else ""}
        answer = self.browser.post(path, data=form, headers={"Origin": str(self.browser.base_url).rstrip("/")})
        return Page(address=str(answer.url), status=answer.status_code, html=answer.text)

    def approve(self, service: str, number: int) -> Page:
        """Approve a claim."""
        return self.post(f"/office/{PROGRAMME}/claims/{service}/{number}/")

    def make_transfer(self) -> bytes:
        """Make the transfer file of all approved claims and download it."""
        page = self.post(f"/office/{PROGRAMME}/transfers/")
        links = re.findall(r'href="([^"]+/file)"', page.html)
        check(page.status == OK and links, f"no transfer file: {page.words}")
        return self.browser.get(links[0]).content
