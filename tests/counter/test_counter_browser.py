"""The counter in a real browser, its two windows side by side: a whole application by the keys alone."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from service_api_cast import NOON
from sitting import Sitting
from window_program import Program, make_environment, run_program, write_configuration
from window_visitor import hold_still, let_go

from browser.markup import check_html
from browser.window import NARROW, WIDE, Window, open_window
from cast import Cast
from mynapoint.signin.sessions import TERMINAL_COOKIE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
MOST_INTERACTIONS = 12
MOST_TABS = 30
LANGUAGES = {"ja": "", "easy": "/easy", "en": "/en"}


@dataclass
class Clerk:
    """Somebody practised, without a mouse, of whom every key is counted."""

    page: Page
    interactions: int = 0

    def press(self, key: str) -> None:
        self.interactions += 1
        self.page.keyboard.press(key)

    def go_to(self, selector: str) -> None:
        self.interactions += go_by_tab(self.page, selector)


def go_by_tab(page: Page, selector: str) -> int:
    """Press Tab until something has the focus; return how often."""
    wanted = page.locator(selector).last
    for pressed in range(MOST_TABS):
        if wanted.evaluate("one => one === document.activeElement"):
            return pressed
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {selector}")


@dataclass
class Table:
    """A terminal with its two windows."""

    sitting: Sitting
    site: str
    card: Path
    work: Window
    screen: Window
    sources: dict[str, str] = field(default_factory=dict)

    def clerk_goes(self, path: str = "/counter/") -> Page:
        self.work.page.goto(f"{self.site}{path}")
        return self.work.page

    def citizen_looks(self, prefix: str = "") -> Page:
        self.screen.page.goto(f"{self.site}{prefix}{self.sitting.screen}")
        return self.screen.page

    def look(self, window: Window, name: str) -> None:
        """Check a page as it stands, and keep its HTML for the validator."""
        window.check(f"counter-{name}", expected=r"status of (404|409|422)|Clear-Site-Data")
        self.sources[f"{name} {window.width}"] = window.source

    def take_case(self) -> None:
        """Learn which case the clerk's page shows."""
        self.work.page.wait_for_url("**/cases/*/")
        self.sitting.case_id = self.work.page.url.rstrip("/").rpartition("/")[2]

    def agree(self, *fields: str) -> None:
        page = self.screen.page
        for one in fields:
            go_by_tab(page, f"#{one}")
            page.keyboard.press("Space")
        go_by_tab(page, "main form .button")
        with page.expect_navigation():
            page.keyboard.press("Enter")


@pytest.fixture
def site(city: None, settings: Settings, live_server: LiveServer) -> str:
    settings.SITE_ORIGIN = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    return str(live_server.url)


@pytest.fixture
def set_up(chromium: Browser, site: str, sitting: Sitting, card: Path) -> Iterator[Callable[[int], Table]]:
    with ExitStack() as windows:

        def open_table(width: int) -> Table:
            work = windows.enter_context(open_window(chromium, width=width))
            screen = windows.enter_context(open_window(chromium, width=width))
            cookies = {
                "sessionid": sitting.clerk.cookies["sessionid"].value,
                TERMINAL_COOKIE: sitting.installed.device.token,
            }
            work.page.context.add_cookies(
                [{"name": name, "value": value, "url": site} for name, value in cookies.items()]
            )
            return Table(sitting, site, card, work, screen)

        yield open_table


class TestWholeApplication:
    @pytest.mark.parametrize("width", [WIDE, NARROW])
    def test_takes_a_practised_clerk_a_dozen_interactions(self, set_up: Callable[[int], Table], width: int) -> None:
        table = set_up(width)
        clerk = Clerk(table.work.page)
        table.citizen_looks()
        table.look(table.screen, "display-idle")
        table.clerk_goes()
        table.look(table.work, "start")
        clerk.press("Enter")  # はじめる
        table.take_case()
        table.look(table.work, "no-card")
        table.citizen_looks()
        table.look(table.screen, "display-no-card")
        table.sitting.put_down(table.card)
        table.clerk_goes(table.sitting.page)
        table.citizen_looks()
        table.look(table.screen, "display-choosing")
        table.look(table.work, "choosing")
        clerk.press("Enter")  # 市民の画面に出す: a reservation
        table.work.page.get_by_text("市民の画面で入力しています").wait_for()
        table.look(table.work, "answering")
        self.reserve(table)
        table.clerk_goes(table.sitting.page)
        table.look(table.work, "done-reservation")
        clerk.press("1")  # the service's number, on the number pad
        clerk.go_to("#ready")
        clerk.press("Space")
        clerk.press("NumpadEnter")
        table.work.page.get_by_text("市民の画面で入力しています").wait_for()
        self.apply(table)
        table.clerk_goes(table.sitting.page)
        table.look(table.work, "done-application")
        with table.work.page.context.expect_page():
            clerk.press("Enter")  # 受領書を印刷する
        clerk.go_to('form[action$="/counter/cases/"] .button')  # 次の方
        clerk.press("Enter")
        table.work.page.get_by_text("カードを置いてもらってください").wait_for()
        table.look(table.work, "next")
        assert clerk.interactions <= MOST_INTERACTIONS, clerk.interactions
        self.check_nothing_is_seen(table)
        check_html(table.sources)

    def check_nothing_is_seen(self, table: Table) -> None:
        """Neither account nor code is on the clerk's pages, and the code is on none."""
        assert not [name for name, source in table.sources.items() if "8524" in source]
        work = {name: source for name, source in table.sources.items() if not name.startswith("display")}
        assert not [name for name, source in work.items() if "9012" in source]

    def reserve(self, table: Table) -> None:
        table.citizen_looks()
        table.look(table.screen, "display-terms")
        table.agree()
        table.look(table.screen, "display-terms-error")
        table.agree("terms")
        table.look(table.screen, "display-check")
        table.agree()
        table.look(table.screen, "display-signing")
        assert table.sitting.sign(table.card).status_code == 200
        table.citizen_looks()
        table.look(table.screen, "display-done")

    def apply(self, table: Table) -> None:
        page = table.citizen_looks()
        table.look(table.screen, "display-terms-application")
        assert page.locator("#terms").count() == 0, "agreed to once in a case"
        table.agree("service_terms")
        table.look(table.screen, "display-account")
        go_by_tab(page, "#account")
        page.keyboard.type("123456789012")
        page.keyboard.press("Tab")
        page.keyboard.type("8524")
        table.agree()
        table.look(table.screen, "display-hint")
        table.agree("own")
        table.look(table.screen, "display-consequence")
        table.agree("understood")
        table.look(table.screen, "display-check-application")
        table.agree()
        table.look(table.screen, "display-signing-application")
        assert table.sitting.sign(table.card).status_code == 200
        table.citizen_looks()
        table.look(table.screen, "display-done-application")


class TestOtherPages:
    def test_can_be_used_by_everybody(self, set_up: Callable[[int], Table]) -> None:
        """Every other state of both windows, the display in each language."""
        table = set_up(NARROW)
        for path in ("/counter/terminal/",):
            table.clerk_goes(path)
            table.look(table.work, path.strip("/").replace("/", "-"))
        table.sitting.begin()
        self.look_in_every_language(table, "no-card")
        table.sitting.put_down(table.card)
        self.look_in_every_language(table, "choosing")
        table.sitting.begin_act()
        self.look_in_every_language(table, "terms")
        table.clerk_goes(table.sitting.page)
        table.work.page.locator("summary").first.click()
        table.work.page.locator("#number").fill("9")
        table.work.page.locator("#kind-a").check()
        table.work.page.get_by_role("button", name="市民の画面に出す").click()
        table.look(table.work, "wrong")
        table.work.page.get_by_text("出直してもらう").click()
        table.look(table.work, "lack")
        table.sitting.answer_all()
        self.look_in_every_language(table, "signing")
        table.sitting.sign(table.card)
        self.look_in_every_language(table, "done")
        table.sitting.begin_act()
        table.sitting.answer_all()
        table.sitting.sign(table.card)
        self.look_in_every_language(table, "refused")
        table.clerk_goes(table.sitting.page)
        table.look(table.work, "refused")
        for _ in range(5):
            table.sitting.later(13)
            table.sitting.put_down(table.card)
        table.clerk_goes(table.sitting.page)
        table.look(table.work, "warned")
        table.sitting.report(None)
        table.clerk_goes(table.sitting.page)
        table.look(table.work, "over")
        self.pause(table)
        page = table.screen.page
        page.goto(f"{table.site}{table.sitting.screen}?case={table.sitting.case_id}")
        table.look(table.screen, "display-ended")
        check_html(table.sources)

    def pause(self, table: Table) -> None:
        paused = table.sitting.case_id
        table.sitting.begin()
        table.sitting.put_down(table.card)
        assert table.sitting.do("pause").status_code == 200
        table.clerk_goes(table.sitting.page)
        table.look(table.work, "paused")
        table.clerk_goes("/counter/slips/")
        table.look(table.work, "slips")
        table.sitting.case_id = paused

    def look_in_every_language(self, table: Table, name: str) -> None:
        for language, prefix in LANGUAGES.items():
            table.citizen_looks(prefix)
            table.look(table.screen, f"display-{name}-{language}")


class TestScript:
    def test_shows_the_warning_in_place_and_keeps_the_case_while_somebody_types(
        self, set_up: Callable[[int], Table]
    ) -> None:
        table = set_up(WIDE)
        table.sitting.begin()
        table.sitting.put_down(table.card)
        table.sitting.reserve(table.card)
        table.sitting.begin_act(kind="application", number="1", ready="yes")
        table.sitting.answer(terms="yes", service_terms="yes")
        page = table.citizen_looks()
        with page.expect_response("**/continue/**"):
            page.locator("#account").fill("1234")
        for _ in range(5):
            table.sitting.later(12.5)
            table.sitting.put_down(table.card)
        page.locator("#warning").wait_for(state="visible")
        assert page.locator("#account").input_value() == "1234"
        page.locator("#code1").press_sequentially("8")
        page.locator("#warning").wait_for(state="hidden")
        table.sitting.report(None)
        page.get_by_text("手続は終わりました").wait_for()


class TestCardProgram:
    """The citizen's window while it shows the program's page."""

    @pytest.fixture
    def program(self, site: str, tmp_path: Path, cast: Cast) -> Iterator[Program]:
        environment = make_environment(tmp_path, MYNAPOINT_DEMO="1")
        (tmp_path / "clock.json").write_text(json.dumps({"at": NOON.isoformat(), "since": None}))
        words = ["--config", str(write_configuration(tmp_path / "config.toml", site))]
        words += ["--demo-cards", str(cast.authority._folder / "cards"), "--demo-clock", str(tmp_path / "clock.json")]
        with run_program(tmp_path, *words, environment=environment) as program:
            yield program

    def test_is_gone_from_it_within_moments_however_the_case_ends(
        self, set_up: Callable[[int], Table], program: Program, settings: Settings
    ) -> None:
        settings.CARD_PROGRAM = program.origin
        table = set_up(WIDE)
        sitting, page = table.sitting, table.screen.page
        self.reserve(table)
        ends: dict[str, Callable[[], object]] = {
            "the card is taken": lambda: sitting.report(None),
            "次の方": sitting.begin,
            "終わる": lambda: sitting.do("finish"),
            "nobody says a word": lambda: sitting.later(91),
        }
        for way, end in ends.items():
            sitting.begin()
            sitting.put_down(table.card)
            sitting.begin_act(kind="application", number="1", ready="yes")
            sitting.answer_all()
            self.go_to_pin(table)
            assert "9012" in page.locator("main").inner_text(), way
            let_go(page)
            page.keyboard.type("12")
            end()
            page.wait_for_url(f"{table.site}/**/display/**")
            page.get_by_role("heading", name="手続は終わりました").wait_for()
            assert "9012" not in page.content(), way
        page.get_by_role("heading", name="いらっしゃいませ").wait_for()

    def reserve(self, table: Table) -> None:
        table.sitting.begin()
        table.sitting.put_down(table.card)
        table.sitting.reserve(table.card)

    def go_to_pin(self, table: Table) -> None:
        """Go from the display to the field for the PIN."""
        page = table.citizen_looks()
        hold_still(page)
        page.locator(".buttons .button").click()
        page.locator(f'button[value="{table.card.stem}"]').click()
        expect(page.locator("#pin")).to_be_focused()
