"""`mynapoint staff` and `mynapoint terminal`, as an operator uses them."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from cast import AT
from mynapoint.counter.case.links import PURPOSES, find_seat
from mynapoint.kernel.period import JST
from mynapoint.staff.operations import claim_terminal
from mynapoint.staff.queries import find_member, find_terminal
from mynapoint.staff.rules import CodeUnusable, Post, RegistrationCode, Role
from staff_cast import CITY, COUNTER, open_counters

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(settings: Settings) -> None:
    settings.CLOCK = lambda: AT
    open_counters()


def say(*words: str) -> str:
    told = StringIO()
    call_command(*words, stdout=told)
    return told.getvalue()


def add(*more: str) -> str:
    return say("staff", "add", "hana", "--role", "clerk", "--city", CITY, *more)


class TestStaff:
    def test_are_added_with_a_link_that_works(self) -> None:
        told = add("--counter", COUNTER, "--until", "2020-09-30T17:15")
        link = re.search(r"/signin/invitation/\S+", told)
        assert link
        assert Client().get(link[0]).status_code == 200
        member = find_member(User.objects.get(username="hana").id, at=AT)
        assert member is not None
        assert member.posts == {Post(Role.CLERK, COUNTER)}
        assert f"hana\t1\tclerk\t{CITY} {COUNTER}\t2020-09-10 10:00 – 2020-09-30 17:15" in told

    def test_are_listed_with_what_counts_now(self) -> None:
        add("--from", "2020-10-01T08:30")
        assert "not now" in say("staff", "list", "--city", CITY)
        assert say("staff", "list") == ""

    def test_are_given_more_and_end(self) -> None:
        add()
        say("staff", "give", "hana", "--role", "supervisor", "--city", CITY, "--counter", COUNTER)
        assert "ends 2020-09-10 17:15" in say("staff", "end", "hana", "1", "--at", "2020-09-10T17:15")
        user_id = User.objects.get(username="hana").id
        evening = AT.replace(hour=17, minute=15).astimezone(JST)
        later = find_member(user_id, at=evening)
        assert later is not None
        assert later.roles == {Role.SUPERVISOR}
        assert "2 memberships ended" in say("staff", "dismiss", "hana")
        assert find_member(user_id, at=AT + timedelta(seconds=1)) is None

    def test_are_invited_anew(self) -> None:
        older, newer = (re.search(r"/signin/\S+", told) for told in (add(), say("staff", "invite", "hana")))
        assert older
        assert newer
        assert [Client().get(link[0]).status_code for link in (older, newer)] == [404, 200]

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["add", "hana", "--role", "clerk"], "needs --city"),
            (["add", "hana", "--role", "office", "--city", CITY], "office takes none"),
            (["add", "Hana", "--role", "office"], "small letters"),
            (["add", "hana", "--role", "clerk", "--city", "131016"], "no counter is in a city"),
            (["add", "hana", "--role", "clerk", "--city", CITY, "--counter", "x"], "has no such counter"),
            (["add", "hana", "--role", "office", "--until", "2020-01-01T00:00"], "must lie in the future"),
            (["give", "dare", "--role", "office"], "there is no user dare"),
            (["end", "dare", "1"], "there is no user dare"),
            (["invite", "dare"], "there is no user dare"),
        ],
    )
    def test_are_refused_in_words(self, words: list[str], told: str) -> None:
        with pytest.raises(CommandError, match=told):
            say("staff", *words)

    def test_are_refused_what_they_have(self) -> None:
        add()
        with pytest.raises(CommandError, match="somebody has this user name"):
            add()
        with pytest.raises(CommandError, match="has this post already, from 2020-09-10 10:00 on"):
            say("staff", "give", "hana", "--role", "clerk", "--city", CITY)
        with pytest.raises(CommandError, match="works for another city"):
            say("staff", "give", "hana", "--role", "office")


class TestTerminal:
    def register(self) -> tuple[str, RegistrationCode]:
        told = say("terminal", "register", COUNTER, "2番窓口")
        code = re.search(r"code ([0-9A-Z-]{19}), good until 11:00", told)
        assert code
        return told.split("\t")[0], RegistrationCode.read(code[1])

    def test_is_registered_by_a_code_shown_once(self) -> None:
        terminal_id, code = self.register()
        assert "not in use" in say("terminal", "list", COUNTER)
        device = claim_terminal(code, at=AT)
        told = say("terminal", "list", COUNTER)
        assert "since 2020-09-10 10:00" in told
        assert code.shown not in told
        terminal = find_terminal(device.token, at=AT)
        assert terminal is not None
        assert terminal.id == terminal_id

    def test_is_replaced_and_revoked(self) -> None:
        terminal_id, code = self.register()
        assert "code " in say("terminal", "replace", terminal_id)
        with pytest.raises(CodeUnusable):
            claim_terminal(code, at=AT)
        say("terminal", "revoke", terminal_id)
        assert say("terminal", "list", COUNTER) == ""
        with pytest.raises(CommandError, match="no such terminal"):
            say("terminal", "revoke", terminal_id)

    def test_has_addresses_for_its_second_window_and_its_card_program(self) -> None:
        terminal_id, code = self.register()
        told = say("terminal", "addresses", terminal_id)
        for line, purpose in zip(told.splitlines(), PURPOSES, strict=True):
            seat = find_seat(line.strip('/"').rpartition("/")[2], purpose, at=AT)
            assert seat is not None
            assert seat.terminal == terminal_id
        claim_terminal(code, at=AT)
        assert say("terminal", "addresses", terminal_id) == told
        say("terminal", "replace", terminal_id)
        assert say("terminal", "addresses", terminal_id) != told
        say("terminal", "revoke", terminal_id)
        with pytest.raises(CommandError, match="no such terminal"):
            say("terminal", "addresses", terminal_id)

    def test_is_refused_in_words(self) -> None:
        self.register()
        for words, told in (((COUNTER, "2番窓口"), "has a terminal of this name"), (("x", "1"), "no such counter")):
            with pytest.raises(CommandError, match=told):
                say("terminal", "register", *words)
