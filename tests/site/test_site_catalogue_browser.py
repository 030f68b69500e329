"""The pages of services and places in a real browser: three languages, wide, narrow and narrowest."""

from datetime import datetime

import pytest
from catalogue import load_catalogue
from playwright.sync_api import Browser, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from browser.markup import check_html
from browser.window import NARROW, NARROWEST, WIDE, open_window
from mynapoint.kernel.period import JST
from mynapoint.site.services.comparing import ROWS

# Each template and state once; the walk over the whole site meets the rest.
PATHS = (
    "/services/?q=ﾊﾅﾏﾙ&minors=1",
    "/services/?kind=purchase&way=counter",
    "/services/sakura/",
    "/services/compare/?s=hanamaru&s=sakura&s=yuzu",
    "/places/?city=992011&service=hanamaru",
    "/places/yamabiko-juumin/?month=2021-01",
    "/helpdesk/",
)
PLAIN = str.maketrans("?&=", "__-")
LANGUAGES = ("", "/easy", "/en")


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> str:
    settings.SITE_ORIGIN, settings.DEMO = live_server.url, True
    at = datetime(2020, 10, 5, 12, tzinfo=JST)
    settings.CLOCK = lambda: at
    load_catalogue()
    return live_server.url


class TestPages:
    def test_are_in_order_in_each_language_and_width(self, chromium: Browser, site: str) -> None:
        sources, flaws, judged = {}, [], set[str]()
        with open_window(chromium, width=NARROWEST, others=(NARROW, WIDE), judged=judged) as window:
            for number, path in enumerate(PATHS):
                for place in range(len(LANGUAGES)):
                    own = f"{LANGUAGES[(number + place) % len(LANGUAGES)]}{path}"
                    window.page.goto(site + own)
                    sources[own] = window.source
                    try:
                        window.check(own.translate(PLAIN), kind=path)
                    except AssertionError as flaw:
                        flaws.append(str(flaw))
        assert not flaws, "\n".join(flaws)
        check_html(sources)

    def test_find_and_compare_without_scripts(self, chromium: Browser, site: str) -> None:
        with open_window(chromium, width=NARROW, scripts=False) as window:
            page = window.page
            page.goto(f"{site}/services/")
            page.get_by_label("買い物", exact=True).check()
            page.get_by_role("button", name="この条件でさがす").click()
            assert "kind=purchase" in page.url
            for name in ("sakura", "akane"):
                page.locator(f"#compare-{name}").check()
            page.get_by_role("button", name="印をつけたものをくらべる").click()
            assert page.locator("table.compare thead th").count() == 3
            right = "all => all.map(one => one.getBoundingClientRect().right)"
            cells = page.locator("table.compare tbody td").evaluate_all(right)
            assert len(cells) == 2 * len(ROWS)
            assert max(cells) <= NARROW
            window.check("compared-without-scripts")

    def test_go_on_finding_while_one_types_and_come_back(self, chromium: Browser, site: str) -> None:
        with open_window(chromium, width=WIDE) as window:
            page = window.page
            page.goto(f"{site}/services/")
            page.get_by_label("名前や言葉").press_sequentially("はなまる")
            page.get_by_text("1 件見つかりました").wait_for()
            page.wait_for_url("**/services/?q=*")
            assert page.locator(".service-cards > li").count() == 1
            expect(page.locator(".compare-bar")).to_have_css("position", "static")
            page.locator("#compare-hanamaru").check()
            expect(page.locator(".compare-bar")).to_have_css("position", "sticky")
            page.get_by_label("窓口", exact=True).check()
            page.wait_for_url("**way=counter*")
            expect(page.locator("#way-counter")).to_be_focused()
            window.check("services-live")
            page.go_back()
            page.wait_for_url("**/services/?q=*")
            page.get_by_text("1 件見つかりました").wait_for()
            window.check("services-came-back")
