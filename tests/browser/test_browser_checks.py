"""The checks themselves: each flaw is found, and a page in order passes."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser

from browser.machine import NOT_TESTED
from browser.markup import check_html, find_flaws
from browser.window import NARROW, open_window
from cast import ROOT
from mynapoint.act.models import ProposedAct

GOOD = (
    '<!doctype html><html lang="ja"><head><title>題</title></head><body><main><h1>題</h1><p>文</p></main></body></html>'
)
FLAWED = {
    "axe image-alt": GOOD.replace("<p>", '<p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
    "console: ": GOOD.replace("<p>", "<p><script>console.error('x')</script>"),
    "script: ": GOOD.replace("<p>", "<p><script>throw new Error('x')</script>"),
    "asks somebody else": GOOD.replace("<p>", '<p><img alt="" src="http://mynapoint.invalid/x.png">'),
    "is torn apart": GOOD.replace("<p>文", '<p style="display: flex">一<ruby>文<rt>ぶん</rt></ruby>'),
    "scrolls sideways": GOOD.replace("<p>", '<p style="width: 400px">'),
}


class _Echo(BaseHTTPRequestHandler):
    """Answers with the page that its address holds."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(unquote(self.path[1:]).encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class TestWindow:
    def test_is_content_with_a_page_in_order(self, chromium: Browser, echo: str) -> None:
        with open_window(chromium, width=NARROW) as window:
            window.page.goto(echo + GOOD)
            window.check("good")
            assert window.source == GOOD

    @pytest.mark.parametrize("flaw", FLAWED)
    def test_finds_a_flaw(self, chromium: Browser, echo: str, flaw: str) -> None:
        with open_window(chromium, width=NARROW) as window:
            window.page.goto(echo + FLAWED[flaw])
            with pytest.raises(AssertionError, match=flaw):
                window.check("flawed")

    def test_leaves_the_database_to_its_tests(self, chromium: Browser, db: None) -> None:
        assert chromium.is_connected()
        assert ProposedAct.objects.count() == 0


class TestCheckHtml:
    def test_is_content_with_valid_pages(self) -> None:
        check_html({"one": GOOD, "two": GOOD})

    def test_names_the_page_that_is_not_valid(self) -> None:
        flaws = find_flaws({"good": GOOD, "bad": GOOD.replace("</p>", "</p>\n</div>")})
        assert len(flaws) == 1
        assert flaws[0].startswith("bad: Stray end tag “div”.")


class TestSummary:
    def test_says_in_capitals_what_was_not_tested(self) -> None:
        words = [sys.executable, "-m", "pytest", "-n", "0", "tests/browser", "-k", "content_with_valid"]
        done = subprocess.run(
            words, cwd=ROOT, env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout
        assert f"{NOT_TESTED} !!" in done.stdout
        assert "\nMISSING: CHROMIUM-HEADLESS-SHELL, DEFAULT-JRE-HEADLESS, FONTS-NOTO-CJK" in done.stdout
