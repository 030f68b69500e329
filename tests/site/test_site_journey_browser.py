"""The journey in a real browser: every page in three languages, wide and narrow, through the card program and back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from service_api_cast import FUJI, NOON, SAKURA, a_service
from signed_peer import SignedPeer, running_peer
from visitor import Visitor, confirm, register
from window_program import Program, make_environment, run_program, write_configuration

from browser.hands import Hand, Keyboard, Mouse
from browser.markup import check_html
from browser.window import NARROW, NARROWEST, WIDE, Window, open_window
from cast import Cast
from mynapoint.act.models import ProposedAct, UsedAct
from mynapoint.act.rules import LIFETIME
from mynapoint.application.models import Application
from mynapoint.journal.models import Entry
from mynapoint.journal.operations import sequence
from mynapoint.reservation.models import Reservation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LANGUAGES = {"ja": "", "easy": "/easy", "en": "/en"}
ON_ONE_LINE = "one => one.offsetHeight < 1.5 * parseFloat(getComputedStyle(one).lineHeight)"


@dataclass
class Walker:
    """Somebody who goes through the site in a window, looking at every page; the curious try what is wrong as well."""

    window: Window
    site: str
    language: str
    card: Path
    hand: Hand
    is_curious: bool = True
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def page(self) -> Page:
        return self.window.page

    def go(self, path: str) -> None:
        self.page.goto(f"{self.site}{LANGUAGES[self.language]}{path}")

    def look(self, name: str) -> None:
        """Check the page as it stands, and keep its HTML for the validator."""
        name_here = f"journey-{self.language}-{name}"
        self.window.check(name_here, kind=f"journey {name}", expected=r"status of (404|422|503)")
        self.sources[f"{self.language} {name} {self.window.width}"] = self.window.source

    def submit(self, name: str) -> None:
        """Check the page and press its button."""
        self.look(name)
        self.press("main form .button")

    def tick(self, *fields: str) -> None:
        for one in fields:
            self.hand.tick(self.page, one)

    def type_in(self, field: str, text: str) -> None:
        self.hand.type_in(self.page, field, text)

    def press(self, button: str) -> None:
        self.hand.press(self.page, button)

    def sign(self, name: str) -> None:
        """Go to the card program, choose the card, type the PIN and come back."""
        self.look(name)
        act = self.page.url
        self.press(".ways li:first-child .button")
        self.press(f'button[value="{self.card.stem}"]')
        self.type_in("pin", "1234")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(act)

    def reserve(self) -> None:
        self.go("/reserve/")
        self.submit("reserve")
        if self.is_curious:
            self.submit("who-missing")
            self.look("who-error")
            expect(self.page.get_by_role("alert")).to_be_focused()
        self.tick("who")
        self.press("main form .button")
        self.tick("terms")
        self.submit("terms")
        self.submit("check-reservation")
        self.sign("act-reservation")
        self.look("done-reservation")

    def apply(self) -> None:
        self.go("/apply/")
        self.submit("apply")
        self.tick("who")
        self.press("main form .button")
        self.tick("service")
        self.submit("service")
        self.tick("prepared")
        self.submit("preparation")
        self.tick("terms", "service_terms")
        self.submit("terms-service")
        if self.is_curious:
            self.type_in("account", "12")
            self.submit("account")
            self.look("account-error")
        self.type_in("account", f"1234 5678 9{self.window.width:03}"[:14])
        self.type_in("code1", "8524")
        self.press("main form .button")
        assert self.page.locator(".account-hint .whole").last.evaluate(ON_ONE_LINE)
        self.tick("own")
        self.submit("hint")
        self.tick("understood")
        self.submit("consequence")
        self.look("check-application")
        if self.is_curious:
            self.see_sheet()
        self.press("main form .button")
        self.sign("act-application")
        self.look("done-application")

    def see_sheet(self) -> None:
        check = self.page.url
        self.page.goto(check.replace("/check/", "/counter/"))
        self.look("sheet")
        self.page.goto(check)

    def look_at_status(self) -> None:
        self.go("/status/")
        self.look("status")
        self.press("main form .button")
        if self.is_curious:
            self.page.goto(f"{self.page.url}phone/")
            self.look("phone")
            self.page.go_back()
        self.sign("act-status")
        self.look("held")
        cell = "table-cell" if self.window.width == WIDE else "flow-root"
        expect(self.page.locator("table.stacked td").first).to_have_css("display", cell)

    def object_and_check(self) -> None:
        self.go("/objection/")
        self.submit("objection-missing")
        self.look("objection-error")
        self.tick("reason-3")
        self.press("main form .button")
        self.look("objection")
        self.go("/receipts/")
        self.look("receipts")
        self.go("/receipts/?number=12")
        self.look("receipts-error")
        self.go(f"/reserve/{'A' * 43}/")
        self.look("draft-unknown")

    def prove(self, file: str) -> None:
        self.go("/receipts/")
        self.page.locator("#receipt").fill(file)
        self.press("main form[method=post] .button")
        self.look("receipt-proved")
        expect(self.page.get_by_role("heading", level=1)).to_have_text("この受領書は本物です")

    def miss_service(self, account: str) -> None:
        self.go(account)
        self.type_in("account", "1234 5678 9012")
        self.type_in("code1", "8524")
        self.press("main form .button")
        self.look("account-service-away")
        expect(self.page.get_by_role("alert")).to_contain_text("いま返事がありません")

    @property
    def path(self) -> str:
        """Where the window is, without the language."""
        return urlsplit(self.page.url).path.removeprefix(LANGUAGES[self.language])

    def reserve_for_child(self) -> None:
        self.go("/reserve/")
        self.press("main form .button")
        self.tick("who-2")
        self.submit("who-child")
        self.tick("terms")
        self.submit("terms-child")
        self.submit("check-child")
        self.look("act-child")

    def object_for_child(self) -> None:
        self.go("/objection/")
        self.tick("reason-3")
        self.submit("objections-narrow")
        self.look("objection-narrow")
        self.press('main form[action$="/child/"] .button')
        self.look("act-objection-child")


@dataclass
class Judged:
    """What axe has looked at, of each state of each page the first; and the HTML that is left to the validator."""

    kinds: set[str] = field(default_factory=set)
    sources: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def site(hanako: Visitor, settings: Settings, live_server: LiveServer) -> str:
    settings.SITE_ORIGIN = live_server.url
    return str(live_server.url)


@pytest.fixture(scope="module")
def judged() -> Iterator[Judged]:
    """Judge, at the end, the HTML of all that the tests met: the validator takes longer to start than to judge."""
    judged = Judged()
    yield judged
    if judged.sources:
        check_html(judged.sources)


@pytest.fixture
def program(site: str, cast: Cast, settings: Settings, tmp_path: Path) -> Iterator[Program]:
    for name in (*(f"{language}-{width}" for language in LANGUAGES for width in (WIDE, NARROW)), "keyboard"):
        cast.card(name)
    folder = tmp_path / "program"
    folder.mkdir()
    environment = make_environment(folder, MYNAPOINT_DEMO="1")
    (folder / "clock.json").write_text(f'{{"at": "{NOON.isoformat()}", "since": null}}')
    sites = write_configuration(folder / "config.toml", site)
    words = ["--config", str(sites), "--demo-cards", str(cast.authority._folder / "cards")]
    with run_program(folder, *words, "--demo-clock", str(folder / "clock.json"), environment=environment) as program:
        settings.CARD_PROGRAM = program.origin
        yield program


def meet_states(hanako: Visitor, peer: SignedPeer, settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Bring about one state after the other; yield its name, where it is shown, and words that nothing else shows."""
    hanako.reserve()
    receipt = f"/receipts/{Entry.objects.get().id}/"
    yield "receipt-unwritten", receipt, "この受領書は、まだ記録簿に入っていません"
    sequence(at=NOON)
    yield "receipt", receipt, "この受領書は記録簿にあります"
    again = hanako.fill_in(hanako.begin_reservation())
    assert hanako.sign(again).status_code == 409
    yield "act-refused", again, "予約は済んでいます"
    check = hanako.begin_application()
    yield "check-changed", f"{check}?changed=1", "別の画面で内容が変わりました"
    act = hanako.fill_in(check)
    used = UsedAct.objects.create(id=ProposedAct.objects.latest("expires_at").id, used_at=NOON)
    yield "act-wait", act, "署名を確かめています"
    used.delete()
    register(a_service(SAKURA, id="fuji", address=peer.address, application_until=(NOON + LIFETIME).isoformat()))
    closing = hanako.begin_account("fuji")
    settings.CLOCK = lambda: NOON + LIFETIME
    yield "act-expired", act, "署名の時間が過ぎました"
    yield "closed", closing, "この決済サービスの受付は終わりました"


def begin_while_away(hanako: Visitor) -> str:
    """Begin an application with a service that does not answer; return the question for its account."""
    with running_peer(confirm) as gone:
        pass
    register(a_service(FUJI, id="away", address=gone.address))
    return hanako.begin_account("away")


class TestJourney:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_is_in_order_in_every_language_and_width(
        self, chromium: Browser, site: str, program: Program, cast: Cast, judged: Judged, language: str
    ) -> None:
        """Wide, by keys alone: every page and its errors, in the narrowest window too; on a phone: what is signed."""
        for width, others, hand in ((WIDE, (NARROWEST,), Keyboard()), (NARROW, (), Mouse())):
            card = cast.authority._folder / "cards" / f"{language}-{width}.json"
            with open_window(chromium, width=width, others=others, judged=judged.kinds) as window:
                walker = Walker(window, site, language, card, hand, is_curious=width == WIDE)
                walker.reserve()
                walker.apply()
                sequence(at=NOON)
                walker.look_at_status()
                if walker.is_curious:
                    walker.object_and_check()
                    judged.sources |= walker.sources
        assert Reservation.objects.count() == 2
        assert Application.objects.count() == 2

    def test_needs_neither_scripts_nor_a_mouse(
        self, chromium: Browser, site: str, program: Program, cast: Cast
    ) -> None:
        card = cast.authority._folder / "cards" / "keyboard.json"
        with open_window(chromium, width=NARROW, scripts=False) as window:
            walker = Walker(window, site, "ja", card, Keyboard())
            walker.reserve()
            walker.apply()
        assert Application.objects.count() == 1


class TestState:
    """What only few meet, each in one of the languages; the card signs behind the window's back."""

    def test_is_in_order(
        self, chromium: Browser, site: str, hanako: Visitor, peer: SignedPeer, settings: Settings, judged: Judged
    ) -> None:
        languages = cycle(LANGUAGES)
        with open_window(chromium, width=NARROWEST, others=(WIDE,), judged=judged.kinds) as window:
            walker = Walker(window, site, "ja", hanako.card, Mouse(), sources=judged.sources)
            for name, address, words in meet_states(hanako, peer, settings):
                assert words in hanako.client.get(address).content.decode()
                walker.language = next(languages)
                walker.go(address)
                walker.look(name)
            settings.CLOCK, walker.language = lambda: NOON, "ja"
            walker.prove(hanako.client.get(f"/journal/entries/{Entry.objects.get().id}").content.decode())
            walker.miss_service(begin_while_away(hanako))

    def test_of_a_child_is_in_order_too(self, chromium: Browser, site: str, hanako: Visitor, judged: Judged) -> None:
        """The legal representative reserves, looks and objects with the child's card, on a small phone."""
        with open_window(chromium, width=NARROWEST, judged=judged.kinds) as window:
            walker = Walker(window, site, "easy", hanako.card, Mouse(), sources=judged.sources)
            walker.reserve_for_child()
            hanako.signed(walker.path)
            walker.page.reload()
            walker.look("done-child")
            walker.object_for_child()
            hanako.signed(walker.path)
            walker.page.reload()
            walker.look("done-objection-child")
        assert [json.loads(entry.facts)["by"] for entry in Entry.objects.all()] == ["representative"] * 2
