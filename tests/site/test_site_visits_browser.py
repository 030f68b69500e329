"""Booking and waiting in a real browser, by keyboard, in three languages, wide and narrow."""

import pytest
from playwright.sync_api import Browser
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from site_reader import load_places

from browser.hands import Keyboard
from browser.markup import check_html
from browser.window import NARROW, WIDE, open_window
from cast import AT, LOADED_AT, PROGRAMME_FILE
from mynapoint.case.rules import Seat
from mynapoint.programme.operations import load_programme
from mynapoint.queue.operations import call_next, take_number
from mynapoint.site.visits.booking import _BRAKE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
MALL = "mihon-mall"
LANGUAGES = {"ja": "", "easy": "/easy", "en": "/en"}


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> str:
    settings.CLOCK = lambda: AT
    settings.DEMO = True
    _BRAKE._seen.clear()
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    load_places()
    return str(live_server.url)


class TestVisit:
    @pytest.mark.parametrize("width", [WIDE, NARROW])
    def test_is_booked_changed_and_cancelled(self, chromium: Browser, site: str, width: int) -> None:
        sources: dict[str, str] = {}
        keys = Keyboard()
        with open_window(chromium, width=width) as window:

            def look(name: str) -> None:
                window.check(f"visits-{name}")
                sources[name] = window.source

            for name, prefix in LANGUAGES.items() if width == NARROW else [("ja", "")]:
                window.page.goto(f"{site}{prefix}/places/{MALL}/book/")
                look(f"days-{name}")
                keys.press(window.page, ".choices a")
                look(f"times-{name}")
                keys.press(window.page, ".choices a")
                look(f"slot-{name}")
                keys.press(window.page, "main form .button")
                look(f"booking-{name}")
                keys.press(window.page, "main .buttons a:nth-of-type(2)")
                look(f"change-{name}")
                window.page.go_back()
                keys.press(window.page, "main .buttons a:nth-of-type(3)")
                look(f"cancel-{name}")
                keys.press(window.page, "main form .button")
                look(f"cancelled-{name}")
                window.page.goto(f"{site}{prefix}/visit/")
                look(f"find-{name}")
        check_html(sources)

    def test_is_waited_for(self, chromium: Browser, site: str) -> None:
        sources: dict[str, str] = {}
        first, second = (take_number(MALL, at=AT) for _ in range(2))
        call_next(Seat(MALL, "特設窓口", "x", "1番窓口"), after=0, user_id=7, at=AT)
        take_number(MALL, at=AT)
        with open_window(chromium, width=NARROW) as window:
            for name, prefix in LANGUAGES.items():
                for state, taken in (("called", first), ("waits", second)):
                    window.page.goto(f"{site}{prefix}/places/{MALL}/number/{taken.code}/")
                    window.check(f"number-{state}-{name}")
                    sources[f"{state} {name}"] = window.source
        check_html(sources)
