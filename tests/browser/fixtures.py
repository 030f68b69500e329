"""The browser, as a fixture for every folder."""

from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from browser.machine import NOT_TESTED, find_chromium, find_missing

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium for a module's tests.

    It ends with the module, and Playwright's event loop with it. While that runs, Django must be told that nothing
    else runs on it, or it would refuse the tests their database.
    """
    if missing := find_missing():
        pytest.skip(f"{NOT_TESTED}, MISSING: {', '.join(missing)}")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        connections.close_all()  # those of this loop: nobody finds them later
        browser.close()
