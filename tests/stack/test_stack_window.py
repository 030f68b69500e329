"""`mynapoint-card serve` before the real stack: its pages, with a card that is laid down, exchanged and pulled."""

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from card_program_site import Site, run_site
from reader_cards import Puller, at, lying_in
from stack_times import AT
from window_program import Browser, Page, make_environment, run_program, write_configuration

from demo.card_stack import SOCKET_VARIABLE, CardStack
from jpki.virtual.authority import Authority
from jpki.virtual.contents import describe_card


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with run_site() as site:
        yield site


@pytest.fixture(scope="module")
def visitor(stack: CardStack, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("program")
    environment = make_environment(folder, MYNAPOINT_DEMO="1", **{SOCKET_VARIABLE: str(stack.socket)})
    words = ["--config", str(write_configuration(folder / "config.toml", site.origin))]
    words += ["--demo-clock", str(folder / "clock.json")]
    with run_program(folder, *words, environment=environment) as program, Browser(program) as visitor:
        yield visitor


@pytest.fixture
def page(visitor: Browser, site: Site, stack: CardStack) -> Page:
    """Come from the site and choose the first of many readers."""
    site.handed_in.clear()
    page = visitor.open(site.link)
    assert all(reader.name in page.words for reader in stack.readers)
    return visitor.press(page, place=stack.readers[0].name)


def look_again(visitor: Browser, page: Page) -> Page:
    return visitor.go(page.address.removeprefix(visitor.program.origin))


class TestWindow:
    def test_waits_for_the_card_and_has_it_sign_once(
        self, visitor: Browser, page: Page, site: Site, stack: CardStack, card_path: Path
    ) -> None:
        assert "カードが置かれていません" in page.words
        assert 'name="pin"' not in page.response.text
        with lying_in(stack.readers[0], at(card_path)):
            page = look_again(visitor, page)
            assert "あと3回まちがえるとロックされます" in page.words
            page = visitor.press(page, do="sign", pin="0000")
            assert "暗証番号がちがいます。あと2回" in page.words
            assert visitor.press(page, do="sign", pin="1234").address == site.link
        assert len(site.handed_in) == 1
        assert describe_card(card_path).pin_tries_left == 3

    def test_tries_no_pin_on_a_card_that_was_exchanged(
        self, visitor: Browser, page: Page, site: Site, stack: CardStack, card_path: Path, stack_authority: Authority
    ) -> None:
        with lying_in(stack.readers[0], at(card_path)):
            page = look_again(visitor, page)
        other = stack_authority.issue("次郎", birth_date=date(1990, 1, 1), at=AT)
        with lying_in(stack.readers[0], at(other)):
            page = visitor.press(page, do="sign", pin="9999")
        assert "はじめに置いたカードとちがう" in page.words
        assert describe_card(other).pin_tries_left == 3
        assert not site.handed_in

    def test_says_that_the_card_went_and_goes_on_when_it_is_back(
        self, visitor: Browser, page: Page, site: Site, stack: CardStack, card_path: Path
    ) -> None:
        puller = Puller(card_path, frame=20, is_heard=True)
        with lying_in(stack.readers[0], puller.power_up) as puller.connection:
            page = look_again(visitor, page)
            page = visitor.press(page, do="sign", pin="1234")
        assert "途中でカードが離れました" in page.words
        assert not site.handed_in
        time.sleep(0.5)  # pcscd looks every 0.4 s
        with lying_in(stack.readers[0], at(card_path)):
            page = look_again(visitor, page)
            assert visitor.press(page, do="sign", pin="1234").address == site.link
        assert describe_card(card_path).pin_tries_left == 3
