"""The people of the town: each with a card, a card program and a browser."""

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx2

from cardagent.places import FilePlace
from cardagent.signing import sign_act
from cardagent.site import ActRefused
from demo.story import check
from demo.town import Town
from jpki.client import JpkiCard
from jpki.pin import Pin
from jpki.virtual.card import VirtualCard
from paymentservice.clock import Clock

OK = 200


@dataclass(frozen=True)
class Page:
    """A page as its reader sees it: its address and its words."""

    address: str
    status: int
    html: str

    @property
    def words(self) -> str:
        """The page's text without its marks."""
        main = self.html.partition("<main")[2].partition("</main>")[0]
        return re.sub(r"\s+", " ", _take_off_marks(main, leaving=" "))

    @property
    def act_link(self) -> str:
        """The link of the act that the page shows, as programs know it, whatever the page's language."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}/act/{parts.path.rstrip('/').rpartition('/')[2]}"

    def find(self, css_class: str) -> str:
        """Return the text of the element with a class."""
        found = re.search(rf'class="{css_class}"[^>]*>([^<]+)<', self.html)
        check(found, f"the page {self.address} has no {css_class}")
        return found.group(1).strip() if found else ""

    def read(self, term: str) -> str:
        """Return the value that stands beside a term."""
        found = re.search(rf"<dt>{term}</dt><dd><strong[^>]*>(.*?)</strong>", self.html)
        check(found, f"the page {self.address} does not say {term}")
        return _take_off_marks(found[1]) if found else ""


def _take_off_marks(html: str, *, leaving: str = "") -> str:
    return unescape(re.sub(r"<[^>]+>", leaving, html))


@dataclass(frozen=True)
class Person:
    """One citizen."""

    name: str
    card: Path
    browser: httpx2.Client
    clock: Clock
    pin: str = "1234"

    @classmethod
    def move_in(cls, town: Town, name: str) -> Self:
        """Give a newcomer a card and a browser."""
        card = Path(town.command("card", "issue", name))
        browser = httpx2.Client(base_url=town.site, follow_redirects=True, timeout=30, trust_env=False)
        return cls(name=name, card=card, browser=browser, clock=town.clock)

    def walk(self, path: str, **answers: str) -> Page:
        """Begin at a page and answer one question after the other, until there is something to sign or to mend."""
        page = self.fill_in(path)
        while page.status == OK and "/act/" not in page.address:
            hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.html))
            asked = set(re.findall(r'<input [^>]*name="(\w+)"', page.html))
            typed = {field: answer for field, answer in answers.items() if field in asked}
            page = self.fill_in(page.address, **(hidden | typed))
        return page

    def fill_in(self, path: str, **typed: str) -> Page:
        """Fill in a page's form and follow to where it leads."""
        answer = self.browser.post(path, data=typed)
        return Page(address=str(answer.url), status=answer.status_code, html=answer.text)

    def look(self, address: str) -> Page:
        """Look at a page."""
        answer = self.browser.get(address)
        return Page(address=address, status=answer.status_code, html=answer.text)

    def sign(self, page: Page, *, pin: str | None = None) -> Page:
        """Sign what a page asks for and look at the page again.

        :raises StepFailed: when the site refuses, with its sentence.
        """
        refused = self.try_to_sign(page, pin=pin)
        check(refused is None, f"{self.name}: {refused and refused.title}")
        return self.look(page.address)

    def try_to_sign(self, page: Page, *, pin: str | None = None) -> ActRefused | None:
        """Sign what a page asks for; return the site's refusal, None when it did the act."""
        check(page.status == OK, f"{self.name}: {page.words}")
        try:
            sign_act(page.act_link, FilePlace(self.card), Pin(pin or self.pin), self.browser, at=self.clock())
        except ActRefused as refused:
            return refused
        return None

    def tries_left(self) -> int:
        """Ask the card how many PIN tries are left."""
        return JpkiCard(VirtualCard.open(self.card)).get_pin_tries_left()

    def reserve(self) -> Page:
        """Answer the reservation's questions."""
        return self.walk("/reserve/", who="myself", terms="yes")

    def apply(self, service: str, account: dict[str, object]) -> Page:
        """Answer the application's questions with an account of a service."""
        codes = {f"code{n}": str(code) for n, code in enumerate(account["codes"], start=1)}  # type: ignore[arg-type,var-annotated]
        ticked = dict.fromkeys(("prepared", "terms", "service_terms", "own", "understood"), "yes")
        account_id = str(account["account_id"])
        return self.walk(f"/apply/with/{service}/", who="myself", account=account_id, **codes, **ticked)


def check_refused(refused: ActRefused | None, code: str) -> None:
    """Fail the step unless an act was refused, and for this."""
    check(refused is not None and refused.code == code, f"expected {code}, got {refused and refused.code}")
