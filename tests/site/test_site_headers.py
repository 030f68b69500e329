"""What every answer says to browsers and to search engines."""

from contextlib import closing

import pytest
from django.test import Client
from pytest_django import Settings

from cast import AT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> None:
    settings.CLOCK = lambda: AT


@pytest.mark.usefixtures("programme")
class TestHeaders:
    @pytest.mark.parametrize(
        "address", ["/", "/en/services/", "/status/", "/nothing/", "/static/site/base.css", "/journal/checkpoint"]
    )
    def test_let_nobody_in_and_nothing_out(self, client: Client, address: str) -> None:
        with closing(client.get(address, headers={"host": "127.0.0.1:8000"})) as answer:
            sent = answer.headers
        assert "default-src 'none'" in sent["Content-Security-Policy"]
        assert "unsafe" not in sent["Content-Security-Policy"]
        assert sent["Cross-Origin-Opener-Policy"] == sent["Cross-Origin-Resource-Policy"] == "same-origin"
        assert sent["Referrer-Policy"] == "same-origin"
        assert sent["X-Content-Type-Options"] == "nosniff"
        assert "camera=()" in sent["Permissions-Policy"]


class TestRobots:
    def test_find_nothing_of_a_demonstration(self, client: Client, settings: Settings) -> None:
        settings.DEMO = True
        assert client.get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"

    def test_find_what_informs_and_nothing_that_is_somebodys(self, client: Client, settings: Settings) -> None:
        settings.DEMO = False
        lines = client.get("/robots.txt").content.decode().splitlines()
        assert {"Disallow: /act/", "Disallow: /en/reserve/", "Disallow: /easy/apply/", "Disallow: /office/"} <= {*lines}
        assert "Disallow: /" not in lines
        assert not any(line.endswith(("/services/", "/places/")) for line in lines)
