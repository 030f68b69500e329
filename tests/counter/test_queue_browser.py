"""The line, the board, the entrance, tickets, extensions, PIN resets and come-again pages, wide and narrow."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from service_api_cast import NOON as UTC_NOON
from sitting import Sitting

from browser.markup import check_html
from browser.window import NARROW, WIDE, Window, open_window
from cast import LOADED_AT, PROGRAMME, PROGRAMME_FILE, Cast
from mynapoint.booking.operations import book
from mynapoint.grace.operations import issue
from mynapoint.kernel.period import JST
from mynapoint.place.models import PlaceRevision
from mynapoint.place.queries import find_place
from mynapoint.programme.operations import load_programme
from mynapoint.queue.operations import take_number
from mynapoint.signin.sessions import TERMINAL_COOKIE
from mynapoint.staff.rules import Role
from staff_cast import COUNTER, Installed, employ, install, open_counters, sit_down

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
NOON = UTC_NOON.astimezone(JST)
LAST_DAY = datetime(2021, 3, 31, 16, 50, tzinfo=JST)


def change_place(**changed: object) -> None:
    place = find_place(COUNTER, at=NOON)
    assert place is not None
    content = place.model_dump(mode="json", by_alias=True) | changed
    PlaceRevision.objects.filter(id=COUNTER).update(content=content)


@dataclass
class Hall:
    """A counter with its windows; what each showed is kept for the validator."""

    site: str
    installed: Installed
    open: Callable[[Client | None], Window]
    sources: dict[str, str]

    def look(self, window: Window, name: str) -> None:
        window.page.evaluate("window.stop()")  # it does not load itself again meanwhile
        window.check(f"queue-{name}", expected=r"status of (403|404|409|422)")
        self.sources[name] = window.source

    def visit(self, window: Window, path: str, name: str) -> Page:
        window.page.goto(f"{self.site}{path}")
        self.look(window, name)
        return window.page

    def press(self, window: Window, selector: str, name: str) -> None:
        """Reach something by keyboard and press it."""
        window.page.locator(selector).first.focus()
        with window.page.expect_navigation():
            window.page.keyboard.press("Enter")
        self.look(window, name)


@pytest.fixture(scope="module")
def sources() -> Iterator[dict[str, str]]:
    """Keep what every window showed, for one run of the validator at the end."""
    sources: dict[str, str] = {}
    yield sources
    check_html(sources)


@pytest.fixture
def hall(chromium: Browser, settings: Settings, live_server: LiveServer, sources: dict[str, str]) -> Iterator[Hall]:
    settings.CLOCK = lambda: NOON
    settings.DEMO = True
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_ORIGIN = live_server.url
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    open_counters()
    change_place(helps=["reservation", "application", "pin_reset"])
    installed = install(at=NOON)
    with ExitStack() as windows:

        def open_browser(client: Client | None) -> Window:
            window = windows.enter_context(open_window(chromium, width=WIDE, others=(NARROW,)))
            if client is not None:
                cookies = {TERMINAL_COOKIE: installed.device.token}
                if "sessionid" in client.cookies:
                    cookies["sessionid"] = client.cookies["sessionid"].value
                window.page.context.add_cookies(
                    [{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()]
                )
            return window

        yield Hall(live_server.url, installed, open_browser, sources)


class TestLine:
    def test_is_worked_by_keyboard_from_the_entrance_to_the_board(self, hall: Hall) -> None:
        entrance, board = hall.open(sit_down(None, hall.installed, at=NOON)), hall.open(None)
        clerk = hall.open(sit_down(employ("hana", Role.CLERK, at=NOON), hall.installed, at=NOON))
        hall.visit(board, f"/counter/board/{COUNTER}/", "board-empty")
        hall.visit(clerk, "/counter/line/", "line-empty")
        hall.press(clerk, ".now button", "line-nobody")
        hall.visit(entrance, "/counter/entrance/", "entrance")
        hall.press(entrance, "button.take", "slip")
        booked = book(COUNTER, NOON.replace(hour=13, minute=0), at=NOON)
        book(COUNTER, NOON.replace(hour=13, minute=0), at=NOON)
        hall.press(entrance, "a.second", "entrance-waiting")
        entrance.page.locator("#booking").fill("AAAA-AAAA-AAAA")
        hall.press(entrance, "button.second", "entrance-wrong")
        entrance.page.locator("#booking").fill(f"{hall.site}/visit/{booked}/")
        hall.press(entrance, "button.second", "slip-booked")
        for _ in range(12):
            take_number(COUNTER, at=NOON)
        for name in ("line-called", "line-called-second"):
            clerk.page.goto(f"{hall.site}/counter/line/")
            hall.press(clerk, ".now form[action$='next/'] button", name)
        hall.press(clerk, ".now form[action$='absent/'] button", "line-absent")
        clerk.page.locator("#number").fill("99")
        hall.press(clerk, "form[action$='call/'] button", "line-unknown")
        clerk.page.locator("#number").fill("7")
        hall.press(clerk, "form[action$='call/'] button", "line-called-by-number")
        hall.visit(board, f"/counter/board/{COUNTER}/", "board")
        assert board.page.locator(".newest b").inner_text() == "7"
        with clerk.page.expect_navigation():
            clerk.page.locator("[autofocus]").press("Enter")  # この方の件をはじめる
        assert "/counter/cases/" in clerk.page.url
        hall.visit(clerk, "/counter/line/", "line-met")
        assert clerk.page.locator("[autofocus]").inner_text().startswith("次の番号を呼ぶ")

    def test_is_shut_outside_the_hours(self, hall: Hall, settings: Settings) -> None:
        settings.CLOCK = lambda: NOON.replace(hour=22)
        hall.visit(hall.open(sit_down(None, hall.installed, at=NOON)), "/counter/entrance/", "entrance-shut")
        hall.visit(hall.open(None), "/counter/entrance/", "entrance-no-terminal")


class TestTickets:
    def test_are_chosen_by_keyboard(self, hall: Hall, settings: Settings) -> None:
        for _ in range(3):
            take_number(COUNTER, at=LAST_DAY)
        settings.CLOCK = lambda: LAST_DAY + timedelta(minutes=20)
        supervisor = employ("sakura", Role.SUPERVISOR, at=NOON)
        window = hall.open(sit_down(supervisor, hall.installed, at=LAST_DAY + timedelta(minutes=20)))
        hall.visit(window, "/counter/line/", "line-supervisor")
        hall.visit(window, "/counter/line/tickets/", "tickets")
        for box in window.page.locator("input[type=checkbox]").all():
            box.focus()
            window.page.keyboard.press("Space")
        hall.press(window, "main form[method=post] button", "tickets-none-chosen")


class TestExtension:
    def test_is_asked_back_and_confirmed_by_keyboard(self, hall: Hall) -> None:
        window = hall.open(sit_down(employ("sakura", Role.SUPERVISOR, at=NOON), hall.installed, at=NOON))
        page = hall.visit(window, "/counter/extension/", "extension")
        page.locator("#until").press_sequentially("21:00")
        page.locator("#reason").press("Space")
        hall.press(window, "main form button", "extension-sure")
        page.get_by_role("heading", name="今日は 21:00 まで受け付けますか").wait_for()
        hall.press(window, "main form button", "extended")
        page.get_by_text("今日の受付は 21:00 までです").wait_for()


class TestPins:
    def test_are_reset_by_two_at_one_terminal_by_keyboard(self, hall: Hall) -> None:
        first, second = (
            hall.open(sit_down(employ(name, Role.CLERK, at=NOON), hall.installed, at=NOON))
            for name in ("hana", "bunta")
        )
        hall.visit(first, "/counter/pins/", "pins")
        hall.press(first, "main form .button", "pin-check")
        hall.press(first, "main form .button", "pin-no-document")
        self.choose(hall, first, "#document", "pin-waiting")
        hall.visit(second, "/counter/pins/", "pins-one")
        hall.press(second, "main ul a", "pin-second")
        self.choose(hall, second, "#document", "pin-order")
        hall.press(second, "main form .button", "pin-no-outcome")
        self.choose(hall, second, "#outcome", "pins-done")
        first.page.reload()
        hall.look(first, "pin-over")

    def choose(self, hall: Hall, window: Window, first: str, name: str) -> None:
        window.page.locator(first).focus()
        window.page.keyboard.press("Space")
        hall.press(window, "main form .button", name)


class TestAgain:
    def test_is_shown_large(self, hall: Hall) -> None:
        window = hall.open(sit_down(employ("hana", Role.CLERK, at=NOON), hall.installed, at=NOON))
        hall.visit(window, "/counter/again/?from=2020-10-05T17:20:31%2B09:00", "again")


class TestLateCase:
    def test_asks_for_the_ticket(self, hall: Hall, cast: Cast, settings: Settings) -> None:
        taken = take_number(COUNTER, at=LAST_DAY)
        late = LAST_DAY + timedelta(days=2)
        settings.CLOCK = lambda: late
        ticket = issue(COUNTER, taken.day, taken.number, programme_id=PROGRAMME, user_id=1, at=late)
        change_place(open_until=(late + timedelta(days=30)).isoformat())
        sitting = Sitting(sit_down(employ("hana", Role.CLERK, at=late), hall.installed, at=late), hall.installed)
        sitting.begin()
        sitting.put_down(cast.card("hanako"))
        window = hall.open(sitting.clerk)
        page = hall.visit(window, sitting.page, "case-late")
        page.locator("#grace").fill("AAAA-AAAA-AAAA")
        hall.press(window, "form.begin .button", "case-late-wrong")
        page.locator("#grace").fill(ticket.code)
        hall.press(window, "form.begin .button", "case-late-begun")
        assert "市民の画面で入力しています" in page.locator("h1").inner_text()
