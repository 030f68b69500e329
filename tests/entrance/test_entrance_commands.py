"""The operator's commands at the entrance."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from cast import AT, MINUTE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at(settings: Settings) -> None:
    settings.CLOCK = lambda: AT


def say(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


class TestWaiting:
    def test_opens_shows_and_closes(self) -> None:
        assert say("waiting", "status") == "closed: everybody is let in"
        opened = "open since 2020-09-10 10:00:00 (by hand): 90 a minute, 0 waiting"
        assert say("waiting", "open", "--per-minute", "90") == say("waiting", "status") == opened
        assert say("waiting", "close") == "closed: everybody is let in"

    @pytest.mark.parametrize("pace", ["0", "-1", "1000001"])
    def test_refuses_a_pace_that_is_none(self, pace: str) -> None:
        with pytest.raises(CommandError, match="from 1 to 1000000"):
            say("waiting", "open", f"--per-minute={pace}")
        assert say("waiting", "status").startswith("closed")


class TestMaintenance:
    def test_is_announced_shown_and_withdrawn(self, settings: Settings) -> None:
        said = say("maintenance", "announce", "--from", "2020-11-01T02:00", "--until", "2020-11-01T05:00")
        assert said == "nothing is taken in from 2020-11-01 02:00:00 until 2020-11-01 05:00:00"
        assert say("maintenance", "status") == said
        assert say("maintenance", "withdraw") == say("maintenance", "status") == "no maintenance is announced"

    def test_begins_now_when_no_time_is_given(self, settings: Settings) -> None:
        assert "from 2020-09-10 10:00:00" in say("maintenance", "announce", "--until", "2020-09-10T10:01:00+09:00")
        settings.CLOCK = lambda: AT + MINUTE
        assert say("maintenance", "status") == "no maintenance is announced"

    @pytest.mark.parametrize("until", ["2020-09-10T10:00", "tomorrow"])
    def test_refuses_an_end_that_is_none(self, until: str) -> None:
        with pytest.raises(CommandError, match=r"--until|not a time"):
            say("maintenance", "announce", "--until", until)
