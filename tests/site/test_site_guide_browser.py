"""The first pages and the guide in a real browser: in order at every width, by keyboard alone, and without scripts."""

import pytest
from playwright.sync_api import Browser, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from site_reader import PREFIXES, load_places

from browser.markup import check_html
from browser.window import NARROW, NARROWEST, WIDE, open_window
from cast import AT, LOADED_AT, PROGRAMME_FILE
from mynapoint.programme.operations import load_programme

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

READY = "who=me&card=yes&certificate=yes&pin=known&device=pc&reader=yes&program=yes"
# Each state to which no link leads, once; the walk over the whole site meets the rest.
PAGES = (
    *("check/?asked=who", "check/?who=me&card=no", f"check/?{READY}&payment=no", f"check/?{READY}&payment=ready"),
    *("card/?asked=2021-01-20", "card/?asked=2021-03-01", "card/?asked=x", "nothing/"),
)


@pytest.fixture
def site(settings: Settings, live_server: LiveServer) -> str:
    """Serve the demonstration's site with its places."""
    settings.CLOCK = lambda: AT
    settings.DEMO = True
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    load_places()
    return live_server.url


class TestPages:
    def test_are_in_order(self, chromium: Browser, site: str) -> None:
        sources, judged = {}, set[str]()
        with open_window(chromium, width=NARROWEST, others=(NARROW, WIDE), judged=judged) as window:
            for number, page in enumerate(PAGES):
                for place in range(len(PREFIXES)):
                    prefix = PREFIXES[(number + place) % len(PREFIXES)]  # axe looks at the first
                    window.page.goto(site + prefix + page)
                    window.check(
                        f"{prefix}{page}".replace("?", "_").replace("&", "_"), kind=page, expected="with a status of"
                    )
                    sources[prefix + page] = window.source
        check_html(sources)


class TestKeyboard:
    def test_answers_every_question(self, chromium: Browser, site: str) -> None:
        with open_window(chromium) as window:
            page = window.page
            page.goto(f"{site}/check/")
            for question in ("who", "card", "certificate", "pin", "device", "android", "payment"):
                while page.evaluate("document.activeElement.name") != question:
                    page.keyboard.press("Tab")
                page.keyboard.press("Space")
                page.keyboard.press("Enter")
                page.wait_for_url(f"**{question}=**")
            assert page.locator("h1").inner_text() == "スマートフォンで手続できます"
            window.check("advice-by-keyboard")

    def test_skips_to_the_content(self, chromium: Browser, site: str) -> None:
        with open_window(chromium) as window:
            window.page.goto(f"{site}/en/fraud/")
            window.page.keyboard.press("Tab")
            assert window.page.locator(":focus").inner_text() == "Skip to the content"
            window.page.keyboard.press("Enter")
            assert window.page.url.endswith("#main")


class TestWithoutScripts:
    def test_can_be_read_and_answered(self, chromium: Browser, site: str) -> None:
        with open_window(chromium, width=NARROW, scripts=False) as window:
            page = window.page
            page.goto(f"{site}/easy/")
            page.get_by_role("link", name="English").click()
            page.get_by_role("link", name="Can I take part?").first.click()
            page.get_by_label("Myself").check()
            page.get_by_role("button", name="Continue").click()
            page.get_by_label("No").check()
            page.get_by_role("button", name="Continue").click()
            page.get_by_role("link", name="No card yet").first.click()
            page.locator("#asked").fill("2021-02-01")
            page.get_by_role("button", name="Show the plan").click()
            assert "That is too late" in page.locator("main").inner_text()
            window.check("plan-without-scripts")


class TestFaults:
    def test_lead_to_their_field(self, chromium: Browser, site: str) -> None:
        with open_window(chromium) as window:
            page = window.page
            page.goto(f"{site}/check/")
            page.get_by_role("button", name="次へ").click()
            expect(page.get_by_role("alert")).to_be_focused()
            page.get_by_role("alert").get_by_role("link").click()
            expect(page.locator("#who-me")).to_be_focused()
            assert page.title().startswith("エラー: ")
