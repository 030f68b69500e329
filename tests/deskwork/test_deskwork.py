"""Twenty-five sessions in a real browser with two windows: nobody is bound but by their own card and word."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connections
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker

from deskwork.house import House, open_house
from deskwork.sessions import run_sessions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SESSIONS = 25


@pytest.fixture(scope="module")
def house(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Open the counter for everybody to see: a test's own transaction would be its own alone."""
    with django_db_blocker.unblock():
        with open_house(tmp_path_factory.mktemp("deskwork") / "authority") as house:
            yield house
        call_command("flush", interactive=False, verbosity=0)
        connections.close_all()


class TestSessions:
    def test_bind_nobody_but_the_signing_card_s_holder(self, house: House, chromium: Browser) -> None:
        result = run_sessions(chromium, house, sessions=SESSIONS, seed=7)
        assert result.wrong == ()
        assert result.outcomes["signed"] > SESSIONS // 3
        assert sum(count for name, count in result.outcomes.items() if name.startswith("refused:")) > 0
