"""The pages of those who look after counters and corrections: barriers and HTML, at both widths, in a demonstration."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from playwright.sync_api import Browser
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from browser.markup import check_html
from browser.window import NARROW, WIDE, Window, open_window
from cast import AT, Cast
from correction.correction_parties import apply_and_link
from mynapoint.application.rules import ObjectionReason
from mynapoint.case.models import OpenedCase
from mynapoint.correction.operations import add_evidence, freeze, propose, report
from mynapoint.staff.operations import register_terminal
from mynapoint.staff.rules import Role
from staff_cast import CITY, COUNTER, employ, open_counters, sit_down

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
LATER = AT + timedelta(hours=2)
OPENED_OUTSIDE = AT.replace(hour=7)
Visit = Callable[[Client, list[str]], None]


@pytest.fixture
def site(settings: Settings, live_server: LiveServer, programme: str) -> str:
    settings.CLOCK = lambda: LATER
    settings.SITE_ORIGIN, settings.ALLOWED_HOSTS, settings.DEMO = live_server.url, ["*"], True
    open_counters()
    return str(live_server.url)


@pytest.fixture
def correction(cast: Cast, programme: str) -> str:
    """A correction that one person of the office has proposed to end; its number."""
    card: Path = cast.card("hanako")
    cast.reserve(card)
    receipt = apply_and_link(cast, card)
    number = report(receipt, ObjectionReason.ACCOUNT, source="office", user_id=1, at=LATER)
    freeze(number, user_id=1, at=LATER)
    add_evidence(number, "card_seen", user_id=1, at=LATER)
    propose(number, "undo", user_id=1, at=LATER)
    return str(number)


@pytest.fixture
def visit(chromium: Browser, site: str) -> Iterator[Visit]:
    """Return how somebody looks at pages: each at both widths, and then all by the validator."""
    sources: dict[str, str] = {}
    with ExitStack() as windows:

        def look_at_all(who: Client, paths: list[str]) -> None:
            window: Window = windows.enter_context(open_window(chromium, width=WIDE, others=(NARROW,)))
            cookie = {"name": "sessionid", "value": who.cookies["sessionid"].value, "url": site}
            window.page.context.add_cookies([cookie])  # type: ignore[list-item]
            for path in paths:
                window.page.goto(f"{site}{path}")
                window.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
                window.check(f"staff{path}")
                sources[path] = window.source

        yield look_at_all
    check_html(sources)


def open_a_case(number: int) -> None:
    """Have somebody begin a case before the counter opens."""
    OpenedCase.objects.create(
        counter=COUNTER, id=uuid4(), day=AT.date(), number=number, counter_name="市民課", terminal="t1",
        terminal_name="1番窓口", user_id=7, opened_at=OPENED_OUTSIDE, closes_at=LATER,
    )  # fmt: skip


class TestStaffPages:
    def test_of_a_city_have_no_barriers(self, visit: Visit) -> None:
        open_a_case(1)
        register_terminal(COUNTER, "2番窓口", city=CITY, by=None, at=AT)
        boss = sit_down(employ("sora", Role.SUPERVISOR, at=AT), at=LATER)
        day = f"/counter/after/{COUNTER}/{AT.date()}/"
        visit(boss, ["/counter/after/", day, f"/counter/after/{COUNTER}/2020-09/", "/counter/after/corrections/"])
        admin = sit_down(employ("riku", Role.CITY_ADMIN, at=AT), at=LATER)
        counter = f"/counter/city/counters/{COUNTER}/"
        visit(admin, ["/counter/city/", counter, "/counter/city/people/", "/counter/city/new/", "/signin/factors/"])

    def test_of_a_city_show_every_hour_on_a_telephone(self, chromium: Browser, site: str) -> None:
        admin = sit_down(employ("riku", Role.CITY_ADMIN, at=AT), at=LATER)
        with open_window(chromium, width=NARROW) as window:
            cookie = {"name": "sessionid", "value": admin.cookies["sessionid"].value, "url": site}
            window.page.context.add_cookies([cookie])  # type: ignore[list-item]
            window.page.goto(f"{site}/counter/city/counters/{COUNTER}/")
            week = window.page.locator(".wide:has(table.week)")
            assert week.evaluate("one => one.scrollWidth - one.clientWidth") == 0

    def test_of_the_office_have_no_barriers(self, visit: Visit, correction: str) -> None:
        office = sit_down(employ("aoi", Role.OFFICE, at=AT), at=LATER)
        corrections = ["/office/corrections/", f"/office/corrections/{correction}/"]
        rest = [f"/office/mynapoint-2020/{page}" for page in ("", "closings/", "claims/", "transfers/")]
        visit(office, ["/office/", "/office/holds/", "/office/entrance/", *corrections, *rest])
