"""The waiting room in front of the acts: fair, keeps places, lets nobody begin twice, needs no JavaScript."""

import re
from datetime import datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from cast import AT, LOADED_AT, MINUTE, PROGRAMME_FILE, SECOND
from mynapoint.act.models import ProposedAct
from mynapoint.entrance.models import AdmissionChange
from mynapoint.entrance.operations import close_waiting_room, open_waiting_room
from mynapoint.entrance.queries import get_admission, get_line
from mynapoint.entrance.rules import AGAIN, GRACE, TICKET_LIFE, Limits
from mynapoint.kernel.period import JST
from mynapoint.programme.operations import load_programme
from mynapoint.site.waiting.pages import pause
from mynapoint.site.waiting.tickets import read_text
from races import at_once

pytestmark = pytest.mark.django_db
BEGIN = "/status/"
PREFIXES = {"ja": "", "easy": "/easy", "en": "/en"}


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(settings: Settings, db: None) -> Clock:
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    settings.CLOCK = clock = Clock()
    return clock


def visitor() -> Client:
    return Client(headers={"host": "127.0.0.1:8000"})


def read(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


def stand_in_line(client: Client, begin: str = BEGIN) -> str:
    """Press the button while the waiting room is open; return the address of the place in line."""
    answer = client.post(begin)
    assert answer.status_code == 302
    assert "/line/" in answer["Location"]
    return str(answer["Location"])


def has_begun(answer: HttpResponse) -> bool:
    return answer.status_code == 302 and bool(re.search("/act/|/who/$", answer["Location"]))


class TestGate:
    def test_lets_everybody_in_while_the_waiting_room_is_closed(self, clock: Clock) -> None:
        answer = visitor().post(BEGIN)
        assert has_begun(answer)
        assert not answer.cookies

    def test_shows_every_page_while_it_is_open(self, clock: Clock) -> None:
        open_waiting_room(per_minute=1, at=AT)
        assert all(visitor().get(address).status_code == 200 for address in ("/", "/services/", "/reserve/", BEGIN))

    def test_lets_people_begin_in_the_order_in_which_they_came(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        people = [visitor() for _ in range(3)]
        places = [stand_in_line(person) for person in people]
        clock.at = AT + SECOND * 2
        begun = [has_begun(person.post(BEGIN)) for person in people]
        assert begun == [True, True, False]
        assert "あなたの番です" in read(people[2].get(places[2]))
        clock.at = AT + SECOND * 3
        assert has_begun(people[2].post(BEGIN))

    def test_lets_a_ticket_in_at_its_moment_and_not_before(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        person = visitor()
        place = stand_in_line(person)
        clock.at = AT + SECOND - timedelta(microseconds=1)
        assert person.post(BEGIN)["Location"] == place
        clock.at = AT + SECOND
        assert has_begun(person.post(BEGIN))

    def test_takes_the_ticket_back_once_it_is_used(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        person = visitor()
        stand_in_line(person)
        clock.at = AT + SECOND
        answer = person.post(BEGIN)
        assert answer.cookies["ticket"]["max-age"] == 0
        stand_in_line(person)  # for something else, at the end of the line

    def test_leaves_the_ticket_when_the_page_refuses_to_begin(self, clock: Clock) -> None:
        opens = datetime(2020, 7, 1, tzinfo=JST)
        clock.at = opens - 10 * SECOND
        open_waiting_room(per_minute=60, at=clock.at)
        person = visitor()
        stand_in_line(person, "/apply/")
        clock.at = opens - SECOND
        assert person.post("/apply/").status_code == 422  # applications are not taken yet
        clock.at = opens
        assert has_begun(person.post("/apply/"))

    def test_lets_everybody_in_when_the_waiting_room_closes(self, clock: Clock) -> None:
        open_waiting_room(per_minute=1, at=AT)
        person = visitor()
        stand_in_line(person)
        close_waiting_room(at=AT)
        assert has_begun(person.post(BEGIN))

    def test_lets_only_one_of_those_in_who_share_a_ticket(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        person, friend = visitor(), visitor()
        ticket = stand_in_line(person).removeprefix("/line/")
        clock.at = AT + SECOND
        assert has_begun(person.post(BEGIN, {"ticket": ticket}))
        clock.at += AGAIN
        answer = friend.post(BEGIN, {"ticket": ticket})
        assert answer.status_code == 409
        assert "もう使われています" in read(answer)
        assert ProposedAct.objects.count() == 1

    def test_brings_a_second_click_to_what_the_first_one_began(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        person = visitor()
        ticket = stand_in_line(person).removeprefix("/line/")
        clock.at = AT + SECOND
        first, second = (person.post(BEGIN, {"ticket": ticket}) for _ in range(2))
        assert first["Location"] == second["Location"]
        assert ProposedAct.objects.count() == 1

    @pytest.mark.parametrize("forge", [lambda ticket: ticket[:-1], lambda ticket: "A" + ticket, lambda _: "nonsense"])
    def test_takes_no_ticket_that_this_site_has_not_signed(self, clock: Clock, forge) -> None:
        open_waiting_room(per_minute=60, at=AT)
        ticket = stand_in_line(visitor()).removeprefix("/line/")
        clock.at = AT + SECOND
        answer = visitor().post(BEGIN, {"ticket": forge(ticket)})
        assert "/line/" in answer["Location"]
        assert ProposedAct.objects.count() == 0

    def test_gives_a_browser_one_number_for_whatever_it_asks(self, clock: Clock) -> None:
        open_waiting_room(per_minute=1, at=AT)
        person = visitor()
        places = [stand_in_line(person, begin) for begin in (BEGIN, "/reserve/", "/en/apply/", "/objection/other/")]
        places.append(str(person.post(BEGIN, {"ticket": ""})["Location"]))
        assert len({read_text(place.rpartition("/")[2]).ticket.number for place in places}) == 1
        stand_in_line(visitor())
        assert get_line(at=AT).waiting == 2

    def test_begins_one_thing_with_the_one_number(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        person = visitor()
        first, second = (stand_in_line(person, begin).rpartition("/")[2] for begin in (BEGIN, "/reserve/"))
        clock.at = AT + SECOND
        assert has_begun(person.post("/reserve/", {"ticket": second}))
        answer = person.post(BEGIN, {"ticket": first})
        assert answer.status_code == 409
        assert "この整理番号は" in read(answer)
        assert not ProposedAct.objects.exists()

    def test_keeps_a_turn_for_as_long_as_the_grace(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        early, late = visitor(), visitor()
        for person in (early, late):
            stand_in_line(person)
        clock.at = AT + SECOND + GRACE - timedelta(microseconds=1)
        assert has_begun(early.post(BEGIN))
        clock.at = AT + SECOND * 2 + GRACE
        place = late.cookies["ticket"].value
        assert "順番の時間が過ぎました" in read(late.get(f"/line/{place}"))
        # Nobody waits by now, so the new number is let in at once.
        assert has_begun(late.post(BEGIN, {"ticket": ""}))

    def test_forgets_a_ticket_after_its_life(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        person = visitor()
        place = stand_in_line(person)
        close_waiting_room(at=AT)
        clock.at = AT + TICKET_LIFE
        assert "順番の時間が過ぎました" in read(person.get(place))


class TestLoad:
    def test_opens_the_waiting_room_and_calm_closes_it(self, clock: Clock, settings: Settings) -> None:
        settings.WAITING_ROOM = Limits(opens_above=60, per_minute=60)
        clock.at = AT + timedelta(days=1)  # apart from what other tests have sent through this process
        for _ in range(8):
            visitor().post(BEGIN)
            clock.at += SECOND / 2
        assert not get_admission().is_waiting_room_open
        for _ in range(8):
            visitor().post(BEGIN)
            clock.at += SECOND / 2
        opened = get_admission()
        assert (opened.per_minute, opened.reason) == (60, "load")
        for _ in range(4):
            clock.at += MINUTE
            assert has_begun(visitor().post(BEGIN))
        assert not get_admission().is_waiting_room_open


class TestLine:
    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("ja", ["あなたの前に 120 人います。", "10時03分ごろに始められます。", "(あと約3分)"]),
            ("easy", ["120", "10", "3", "始(はじ)めることができます"]),
            ("en", ["People before you: 120", "at about 10:03", "in about 3 minutes"]),
        ],
    )
    def test_says_place_and_time_in_every_language(self, clock: Clock, language: str, words: list[str]) -> None:
        open_waiting_room(per_minute=60, at=AT)
        for _ in range(120):
            visitor().post(BEGIN)
        person = visitor()
        place = stand_in_line(person, PREFIXES[language] + BEGIN)
        assert place.startswith(f"{PREFIXES[language]}/line/")
        text = read(person.get(place))
        assert all(word in text for word in words), text

    def test_is_the_same_for_whoever_comes_back_without_a_cookie(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        place = stand_in_line(visitor())
        clock.at = AT + SECOND
        page = visitor().get(place)
        assert "あなたの順番です" in read(page)
        action, ticket = re.findall(r'action="([^"]+)">\s*<input type="hidden" name="ticket" value="([^"]+)"',
                                    page.content.decode())[0]  # fmt: skip
        assert has_begun(visitor().post(action, {"ticket": ticket}))
        assert "もう使われています" in read(visitor().get(place))

    def test_looks_again_at_the_turn_and_seldomer_from_afar(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        person = visitor()
        place = stand_in_line(person)
        assert person.get(place)["Refresh"] == "1"
        assert [pause(timedelta(seconds=left)).total_seconds() for left in (30, 31, 300, 36_000)] == [
            30, pytest.approx(31 / 3), 100, 300]  # fmt: skip

    def test_is_kept_by_no_cache_and_needs_no_script(self, clock: Clock) -> None:
        open_waiting_room(per_minute=1, at=AT)
        person = visitor()
        answer = person.get(stand_in_line(person))
        assert "no-store" in answer["Cache-Control"]
        assert "<script" not in answer.content.decode()
        cookie = answer.cookies["ticket"]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")

    def test_is_not_found_under_another_address(self, clock: Clock) -> None:
        assert visitor().get("/line/nonsense").status_code == 404


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_let_a_ticket_begin_once(self, clock: Clock) -> None:
        open_waiting_room(per_minute=60, at=AT)
        ticket = stand_in_line(visitor()).removeprefix("/line/")
        clock.at = AT + SECOND
        answers = at_once(*[lambda: visitor().post(BEGIN, {"ticket": ticket})] * 6)
        assert len({answer["Location"] for answer in answers}) == 1
        assert ProposedAct.objects.count() == 1

    def test_open_the_waiting_room_once(self, clock: Clock, settings: Settings) -> None:
        settings.WAITING_ROOM = Limits(opens_above=60, per_minute=60)
        clock.at = AT + timedelta(days=2)
        for _ in range(12):
            visitor().post(BEGIN)
            clock.at += SECOND / 2
        AdmissionChange.objects.all().delete()
        assert set(at_once(*[lambda: visitor().post(BEGIN).status_code] * 6)) == {302}
        assert AdmissionChange.objects.count() == 1
