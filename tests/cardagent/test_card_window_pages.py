"""Every state of the card program's pages, in three languages: axe, the W3C's validator, 320 pixels wide."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from card_program_site import AT, PROBLEM, Site, reply_json, run_site
from playwright.sync_api import Browser, Page
from window_program import Program
from window_visitor import go_to_program, hold_still, type_pin

from browser.markup import check_html
from browser.window import NARROWEST, Window, open_window
from jpki.virtual.authority import Authority
from jpki.virtual.contents import FileMemory, Purpose

REFUSAL = {"type": "x", "code": "already", "title": "予約済みです。", "status": 409, "detail": "確認してください。"}
PLACE = {
    "case": {"id": "01917f00-0000-7000-8000-000000000002", "number": 12, "colour": "green"},
    "counter": {"id": "shimin", "name": "市民課"},
    "terminal": {"id": "2", "name": "2番窓口"},
}
LANGUAGES = ("ja", "easy", "en")


@dataclass
class Visitor:
    """Somebody in front of the window, with cards of their own."""

    window: Window
    program: Program
    site: Site
    authority: Authority

    @property
    def page(self) -> Page:
        return self.window.page

    def come(self, kind: str = "application") -> None:
        fresh = Site()
        self.site.post, self.site.kind = fresh.post, kind
        go_to_program(self.page, self.program, self.site)

    def come_with_card(self, *, tries: int = 3, days: int = 0, kind: str = "application") -> Path:
        self.come(kind)
        return self.choose(tries=tries, days=days)

    def choose(self, *, tries: int = 3, days: int = 0) -> Path:
        name = f"花子{os.urandom(4).hex()}"
        path = self.authority.issue(name, birth_date=date(1985, 4, 3), at=AT - timedelta(days=days))
        FileMemory(path).change(lambda card: card.with_secret(Purpose.AUTHENTICATION, tries_left=tries))
        self.page.reload()
        self.page.locator(f'button[value="{path.stem}"]').click()
        return path

    def type(self, pin: str) -> None:
        with self.page.expect_navigation():
            type_pin(self.page, pin)


def choose_a_card(visitor: Visitor) -> None:
    visitor.come("reservation")


def read_an_application(visitor: Visitor) -> None:
    visitor.come_with_card()


def read_an_act_at_a_counter(visitor: Visitor) -> None:
    visitor.site.place = PLACE
    hold_still(visitor.page)
    visitor.come_with_card()
    visitor.site.place = None


def press_the_pad(visitor: Visitor) -> None:
    visitor.come_with_card(kind="inquiry")
    visitor.page.get_by_role("button", name="1", exact=True).click()


def have_one_try(visitor: Visitor) -> None:
    visitor.come_with_card(tries=1)


def mistype(visitor: Visitor) -> None:
    visitor.come_with_card()
    visitor.type("0000")


def type_another_password(visitor: Visitor) -> None:
    visitor.come_with_card()
    visitor.type("ABC123")


def lock_the_card(visitor: Visitor) -> None:
    visitor.come_with_card(tries=0)


def bring_an_old_card(visitor: Visitor) -> None:
    visitor.come_with_card(days=6 * 365)


def take_the_card_away(visitor: Visitor) -> None:
    visitor.come_with_card().unlink()
    visitor.page.reload()


def be_refused(visitor: Visitor) -> None:
    visitor.come_with_card()
    visitor.site.post = lambda _site: reply_json(409, REFUSAL, PROBLEM)
    visitor.type("1234")


def lose_the_answer(visitor: Visitor) -> None:
    visitor.come_with_card()
    visitor.site.post = lambda _site: (0, "", b"")
    visitor.type("1234")


def be_done(visitor: Visitor) -> None:
    visitor.come_with_card()
    visit = visitor.page.url
    visitor.type("1234")
    visitor.page.wait_for_url(visitor.site.link)
    visitor.page.goto(visit)


def send_a_form_twice(visitor: Visitor) -> None:
    visitor.come_with_card()
    visitor.page.locator('input[name="token"]').first.evaluate("field => { field.value = 'older' }")
    visitor.type("1234")


STATES: list[Callable[[Visitor], None]] = [
    choose_a_card, read_an_application, read_an_act_at_a_counter, press_the_pad, have_one_try, mistype,
    type_another_password, lock_the_card, bring_an_old_card, take_the_card_away, be_refused, lose_the_answer, be_done,
    send_a_form_twice,
]  # fmt: skip
ADDRESSES = ("/{language}/", "/{language}/sign?link=x", "/{language}/visits/unknown", "/{language}/nothing")


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Collect every page's HTML, for one run of the validator."""
    return {}


@pytest.fixture(scope="module")
def visitor(chromium: Browser, program: Program, trusted: Site, card_authority: Authority) -> Iterator[Visitor]:
    with open_window(chromium, width=NARROWEST) as window:
        yield Visitor(window=window, program=program, site=trusted, authority=card_authority)


def check(visitor: Visitor, name: str, sources: dict[str, str]) -> None:
    visitor.window.check(name)
    sources[name] = visitor.window.source


class TestPages:
    @pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
    def test_are_in_order_in_every_language(
        self, visitor: Visitor, sources: dict[str, str], state: Callable[[Visitor], None]
    ) -> None:
        state(visitor)
        check(visitor, f"{state.__name__}-ja", sources)
        japanese = visitor.page.url
        for language in LANGUAGES[1:]:
            visitor.page.goto(japanese.replace("/ja/", f"/{language}/"))
            check(visitor, f"{state.__name__}-{language}", sources)

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_without_an_act_are_in_order(self, visitor: Visitor, sources: dict[str, str], address: str) -> None:
        for language in LANGUAGES:
            visitor.page.goto(visitor.program.origin + address.format(language=language))
            visitor.window.complaints.clear()  # the browser tells of a status of 404
            check(visitor, f"{address.format(language=language)}-{language}", sources)

    def test_name_a_stranger(self, visitor: Visitor, sources: dict[str, str]) -> None:
        with run_site() as stranger:
            visitor.page.goto(f"{visitor.program.origin}/sign?link={stranger.link}")
        visitor.window.complaints.clear()
        check(visitor, "stranger", sources)
        assert stranger.origin in visitor.page.get_by_role("alert").inner_text()
        assert not stranger.paths

    def test_are_valid_html(self, sources: dict[str, str]) -> None:
        assert len(sources) > len(STATES) * len(LANGUAGES)
        check_html(sources)
