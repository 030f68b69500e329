"""Pages in a real browser (Debian's Chromium), and what is checked of each of them.

The fixture `chromium` (of a module) starts the browser, or skips and says in the run's summary what is missing; `make
browser` installs it. A site under test is a process or a thread on loopback; a page is checked whole, in a loop::

    from browser.markup import check_html
    from browser.window import NARROW, WIDE, open_window

    @pytest.mark.parametrize("width", [NARROW, WIDE])
    def test_is_in_order(chromium: Browser, site: str, width: int) -> None:
        sources = {}
        with open_window(chromium, width=width) as window:
            for path in ("/", "/easy/", "/en/"):
                window.page.goto(site + path)
                window.check(path)  # axe, console, requests to others, sideways scroll
                sources[path] = window.source
        check_html(sources)  # the W3C's validator, once over all of them

Loading a page and axe are what takes time: give `open_window` the `others`, widths that each page has to fit besides,
and `check` a page's `kind`, so that axe looks at a template and state once, not in every language.

`window.page` is Playwright's page: click, type, read as there; `browser.hands` goes through it by keys alone.
`scripts=False` switches JavaScript off. Of each page whose name begins with one of the words in SCREENSHOTS,
`window.check` leaves a picture in `.artifacts/screenshots/`.
"""
