"""Every page of the site, found by its links: in order, in every language, for every window and every reader."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import httpx2
import pytest
from catalogue import load_catalogue
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker
from werkzeug.serving import make_server

from browser.crawl import Page, Site, find_flaws
from browser.markup import check_html
from browser.window import NARROW, NARROWEST, WIDE, open_window
from cast import AT, LOADED_AT
from mynapoint.entrance.operations import announce_maintenance, close_waiting_room, open_waiting_room
from mynapoint.entrance.rules import Closure
from mynapoint.site.kept.pages import KeptPages
from mynapoint.site.waiting.announced import ANNOUNCED

pytestmark = pytest.mark.django_db


def commit(work: Callable[[], object]) -> None:
    """Do something in the database for everybody to see: a test's own transaction ends with it."""

    def alone() -> None:
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(alone).result()


def announce(closure: Closure | None) -> None:
    """Announce maintenance, or withdraw it, for this process to know at once."""
    announce_maintenance(closure, at=AT)
    ANNOUNCED.forget()


@pytest.fixture(scope="module")
def address(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Serve the site as `mynapoint serve` does, pages kept ready before Django; return where."""
    server = make_server("127.0.0.1", 0, KeptPages(get_wsgi_application(), moment=lambda: 0), threaded=True)
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "CLOCK", lambda: AT)
        patch.setattr(settings, "DEMO", True)
        patch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
        load_catalogue()
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()
        call_command("flush", interactive=False, verbosity=0)
        connections.close_all()


@pytest.fixture(scope="module")
def site(address: str) -> Iterator[Site]:
    with httpx2.Client(base_url=address, trust_env=False, timeout=60) as client:
        site = Site(client)
        site.crawl()
        yield site


def find_one_of_each(site: Site) -> dict[str, list[Page]]:
    """Return the first page of each template in each language in which there is one."""
    firsts = {page.kind: page for page in reversed(site.pages.values()) if page.is_html}
    templates = dict[str, list[Page]]()
    for page in firsts.values():
        templates.setdefault(page.template, []).append(page)
    return templates


class TestEveryPage:
    def test_is_found(self, site: Site) -> None:
        kinds = {page.kind for page in site.pages.values()}
        assert {"", "services", "services/…", "places", "places/…", "helpdesk", "condition", "privacy"} <= kinds
        assert {kind.removeprefix("en/") for kind in kinds if kind.startswith("en/")} >= {"services", "services/…"}

    def test_is_in_order(self, site: Site) -> None:
        flaws = sorted(find_flaws(site))
        assert not flaws, "\n".join(flaws)

    def test_is_valid_html(self, site: Site) -> None:
        check_html({name: page.text for name, page in site.pages.items() if page.is_html and "?" not in name})

    def test_can_be_used_by_everybody(self, chromium: Browser, site: Site, address: str) -> None:
        """One of each kind in each language fits every window; axe looks at one language of it."""
        complaints, judged = [], set[str]()
        with open_window(chromium, width=NARROWEST, others=(NARROW, WIDE), judged=judged) as window:
            for number, languages in enumerate(find_one_of_each(site).values()):
                for place in range(len(languages)):
                    page = languages[(number + place) % len(languages)]
                    window.page.goto(address + page.address)
                    try:
                        window.check(f"every{page.address}", kind=page.template)
                    except AssertionError as flawed:
                        complaints.append(str(flawed))
        assert not complaints, "\n".join(complaints)


class TestStateOfTheWaitingRoom:
    def test_is_in_order(self, chromium: Browser, site: Site, address: str) -> None:
        """The line, the turn, the number that is used or too late, and the page that takes nothing in."""
        sources, titles = {}, set()
        with open_window(chromium, width=NARROWEST, others=(WIDE,)) as window:

            def look(state: str) -> None:
                window.check(f"{state}{prefix}", kind=state, expected="status of 503")
                sources[f"{state}{prefix}"] = window.source
                titles.add((prefix, window.page.title()))

            def press() -> None:
                with window.page.expect_navigation():
                    window.page.locator("main form button").first.click()

            for prefix in ("", "/easy", "/en"):
                commit(lambda: open_waiting_room(per_minute=1, at=AT))
                window.page.context.clear_cookies()
                window.page.goto(f"{address}{prefix}/status/")
                press()
                look("line")
                line = window.page.url
                settings.CLOCK = lambda: AT + (AT - LOADED_AT)
                window.page.goto(line)
                look("late")
                commit(lambda: close_waiting_room(at=AT))
                settings.CLOCK = lambda: AT
                window.page.goto(line)
                look("turn")
                press()
                window.page.goto(line)
                look("used")
                commit(lambda: announce(Closure(from_at=AT, until_at=AT + (AT - LOADED_AT))))
                press()
                look("maintenance")
                commit(lambda: announce(None))
        assert len(titles) == len(sources)
        check_html(sources)
