"""A person's browser before the card program's pages: what they press there, one form after the other."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote

import httpx2

from demo.people import OK, Page, Person
from demo.story import check

LED_ON = (302, 303)


@dataclass(frozen=True)
class Window:
    """The card program at its address, as one person uses it."""

    origin: str
    person: Person

    def sign(self, page: Page) -> Page:
        """Go from an act's page to the card program, choose the card, type the PIN, and come back signed.

        :raises StepFailed: when the program stops on the way.
        """
        link = f"{self.origin}/ja/sign?link={quote(page.act_link, safe='')}"
        check(link in unescape(page.html), f"the page {page.address} has no link to the card program")
        asked = self._follow(self.person.browser.get(link, follow_redirects=False))
        chosen = self._press(asked, place=self.person.card.stem)
        check("あと3回" in chosen.words, chosen.words)
        done = self._press(chosen, do="sign", pin=self.person.pin)
        check(done.address == page.address, f"{self.person.name}: {done.words}")
        return done

    def _press(self, page: Page, **form: str) -> Page:
        token = re.search(r'name="token" value="([\w-]+)"', page.html)
        check(token, page.words)
        data = form | {"token": token[1] if token else ""}
        headers = {"Origin": self.origin}
        return self._follow(self.person.browser.post(page.address, data=data, headers=headers, follow_redirects=False))

    def _follow(self, answer: httpx2.Response) -> Page:
        while answer.status_code in LED_ON:
            target = answer.url.join(answer.headers["Location"])
            answer = self.person.browser.get(target, follow_redirects=False)
        check(answer.status_code == OK, f"{answer.url.path} answered {answer.status_code}")
        return Page(address=str(answer.url), status=answer.status_code, html=answer.text)
