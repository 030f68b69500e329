"""A counter's terminal: the clerk's window, the reader with its card program, and the citizen's own screen."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any, Final, Self

import httpx2

from cardagent.reporting import LOOK_SECONDS
from demo.office import Clerk, find, press
from demo.people import OK, Page, Person
from demo.processes import Process
from demo.story import check, wait_for
from demo.town import Town

MOST_QUESTIONS: Final = 8
SIGN_LINK: Final = re.compile(r"sign\?link=[^\"]*act%2F([\w-]{43})")


@dataclass
class Terminal:
    """One terminal, with a clerk before one of its windows and whoever has come before the other."""

    town: Town
    browser: httpx2.Client
    display: str
    card_program: Process
    began: Page | None = None

    @classmethod
    def set_up(cls, town: Town, terminal_id: str, browser: httpx2.Client, clerk: Clerk) -> Self:
        """Have a clerk sign in at a terminal, and give it a card program with a reader of its own."""
        shown = town.command("terminal", "addresses", terminal_id)
        reader = town.folder / "reader"
        reader.mkdir()
        program = town.card_program(reader, report_to=find(r"report_to = \"(\S+)\"", shown), name="reader")
        Clerk(clerk.name, clerk.password, clerk.app, browser).sign_in(steps=1)
        return cls(town, browser, find(r"display = \"(\S+)\"", shown), program)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Have the reader work for as long as somebody is there."""
        self.card_program.start()
        try:
            yield
        finally:
            self.card_program.stop()

    def begin(self, person: Person) -> str:
        """Press はじめる, and have somebody put their card down; return the case's name, such as 件 1 赤."""
        page = self.browser.get("/counter/").text
        self.began = press(self.browser, "/counter/cases/", page, case=find(r'name="case" value="([^"]+)"', page))
        shutil.copy(person.card, self._reader)
        wait_for(lambda: "カードを置いてもらって" not in self.look().words, "the card in the reader", seconds=20)
        return find(r"件 \d+ \S+", self.look().words)

    def take_card(self) -> Page:
        """Have the card taken out, which ends the case; return what the citizen's screen says then."""
        last = self._watch_address
        for card in self._reader.iterdir():
            card.unlink()
        sleep(2 * LOOK_SECONDS)  # until the card program has looked: otherwise the next card is the one that lay there
        wait_for(lambda: "終わりました" in self.look().words, "the end of the case", seconds=20)
        answer = self.browser.get(last)
        return Page(address=last, status=answer.status_code, html=answer.text)

    def begin_act(self, kind: str, service: str = "") -> None:
        """Put a reservation, or an application with a service, on the citizen's screen."""
        number = find(rf"<b>(\d+)</b> {service}", self.look().html) if service else ""
        typed = {"kind": kind, "who": "myself"} | ({"number": number, "ready": "yes"} if service else {})
        page = self._press(f"{self._case.address}act/", shown_at=self._case.address, **typed)
        check("市民の画面で入力しています" in page.words, page.words)

    def look(self) -> Page:
        """Look at the clerk's window."""
        answer = self.browser.get(self._case.address)
        return Page(address=self._case.address, status=answer.status_code, html=answer.text)

    def watch(self, person: Person) -> Page:
        """Look at the citizen's screen."""
        answer = person.browser.get(self._watch_address)
        return Page(address=str(answer.url), status=answer.status_code, html=answer.text)

    def answer_all(self, person: Person, **account: Any) -> Page:
        """Have the citizen answer everything on their own screen; return the page on which the act is signed."""
        answers = dict.fromkeys(("terms", "service_terms", "own", "understood"), "yes") | account
        page = self.watch(person)
        for _ in range(MOST_QUESTIONS):
            if SIGN_LINK.search(page.html):
                break
            hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.html))
            asked = set(re.findall(r'<input [^>]*name="(\w+)"', page.html))
            typed = {field: answer for field, answer in answers.items() if field in asked}
            page = person.fill_in(page.address, **(hidden | typed))
        found = SIGN_LINK.search(page.html)
        check(found, f"{person.name}: {page.words}")
        return Page(address=f"{self.town.site}/act/{found[1] if found else ''}/", status=page.status, html=page.html)

    def print_receipt(self) -> str:
        """Print the receipt; return what came of it."""
        answer = self.browser.get(f"{self._case.address}receipt.pdf")
        if answer.status_code == OK and answer.content.startswith(b"%PDF-"):
            return f"受領書を印刷した(PDF {len(answer.content):,} バイト)"
        page = Page(address=str(answer.url), status=answer.status_code, html=answer.text)
        check("PDF" in page.words, page.words)
        return "受領書は印刷できない(この機械に日本語のフォントがない)"

    def _press(self, path: str, *, shown_at: str, **typed: str) -> Page:
        return press(self.browser, path, self.browser.get(shown_at).text, **typed)

    @property
    def _case(self) -> Page:
        assert self.began is not None, "nobody has pressed はじめる"
        return self.began

    @property
    def _watch_address(self) -> str:
        case_id = self._case.address.rstrip("/").rpartition("/")[2]
        return f"{self.display}?case={case_id}"

    @property
    def _reader(self) -> Path:
        return self.town.folder / "reader"
