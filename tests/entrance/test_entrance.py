"""The entrance with a database: order kept, nobody twice."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from cast import AT, MINUTE, SECOND
from mynapoint.entrance.models import AdmissionChange, Maintenance, UsedTicket
from mynapoint.entrance.operations import (
    announce_maintenance,
    change,
    close_waiting_room,
    draw,
    forget_tickets,
    open_waiting_room,
    using_ticket,
)
from mynapoint.entrance.queries import find_closure, find_way, get_admission, get_line, is_used
from mynapoint.entrance.rules import (
    EVERYBODY,
    TICKET_LIFE,
    AdmissionChangedMeanwhile,
    Closure,
    TicketNumber,
    TicketUsed,
    open_after,
)
from races import at_once

pytestmark = pytest.mark.django_db

NUMBER = TicketNumber(7)


class TestDraw:
    def test_gives_one_number_after_the_other_and_how_people_are_let_in(self) -> None:
        first, known = draw()
        assert known == EVERYBODY
        opened = open_waiting_room(per_minute=60, at=AT)
        assert draw() == (first + 2, opened)  # one number between them is the opening's own


class TestOpenWaitingRoom:
    def test_lets_the_next_wait(self) -> None:
        opened = open_waiting_room(per_minute=60, at=AT)
        number, known = draw()
        assert known == get_admission() == opened
        assert (number, known.turn_at(number)) == (opened.first, AT + SECOND)

    def test_keeps_places_when_only_the_pace_changes(self) -> None:
        open_waiting_room(per_minute=60, at=AT)
        numbers = [draw()[0] for _ in range(100)]
        faster = open_waiting_room(per_minute=600, at=AT + SECOND * 10)
        assert faster.first == numbers[10]
        assert faster.opened_at == AT
        assert get_line(at=AT + SECOND * 10).waiting == 91  # its own number too

    def test_saves_nothing_up_that_nobody_drew(self) -> None:
        open_waiting_room(per_minute=60, at=AT)
        again = open_waiting_room(per_minute=60, at=AT + MINUTE * 60)
        assert draw()[0] == again.first

    def test_closes_again(self) -> None:
        open_waiting_room(per_minute=60, at=AT)
        close_waiting_room(at=AT + MINUTE)
        assert not get_admission().is_waiting_room_open
        assert get_line(at=AT + MINUTE).waiting == 0
        assert close_waiting_room(at=AT + MINUTE * 2) == get_admission()
        assert AdmissionChange.objects.count() == 2


class TestUsingTicket:
    def test_refuses_a_second_beginning(self) -> None:
        with using_ticket(NUMBER, at=AT):
            pass
        with pytest.raises(TicketUsed), using_ticket(NUMBER, at=AT):
            pytest.fail("begun twice")
        assert is_used(NUMBER)

    def test_leaves_the_ticket_when_nothing_was_begun(self) -> None:
        with pytest.raises(ZeroDivisionError), using_ticket(NUMBER, at=AT):
            raise ZeroDivisionError
        with using_ticket(NUMBER, at=AT) as beginning:
            beginning.fails()
        assert not is_used(NUMBER)

    def test_tells_for_a_while_where_it_led(self) -> None:
        with using_ticket(NUMBER, at=AT) as beginning:
            beginning.leads(b"sealed")
        assert find_way(NUMBER, since=AT - SECOND) == b"sealed"
        assert find_way(NUMBER, since=AT) is None

    def test_is_forgotten_when_it_would_not_count_any_more(self) -> None:
        with using_ticket(NUMBER, at=AT):
            pass
        assert forget_tickets(at=AT + TICKET_LIFE) == 0
        assert forget_tickets(at=AT + TICKET_LIFE + SECOND) == 1


class TestMaintenance:
    def test_counts_as_it_was_last_announced(self) -> None:
        assert find_closure(at=AT) is None
        closure = Closure(from_at=AT + MINUTE, until_at=AT + MINUTE * 2)
        announce_maintenance(Closure(from_at=AT, until_at=AT + MINUTE), at=AT)
        announce_maintenance(closure, at=AT)
        assert find_closure(at=AT) == find_closure(at=AT + MINUTE * 2 - SECOND) == closure
        assert find_closure(at=AT + MINUTE * 2) is None
        announce_maintenance(None, at=AT)
        assert find_closure(at=AT) is None

    def test_cannot_end_before_it_begins(self) -> None:
        with pytest.raises(IntegrityError, match="maintenance_ends_after_it_begins"), transaction.atomic():
            announce_maintenance(Closure(from_at=AT, until_at=AT), at=AT)


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_let_one_of_many_begin_with_a_ticket(self) -> None:
        def begin() -> bool:
            try:
                with using_ticket(NUMBER, at=AT):
                    return True
            except TicketUsed:
                return False

        assert sorted(at_once(*[begin] * 8)) == [False] * 7 + [True]
        assert UsedTicket.objects.count() == 1

    def test_let_one_of_two_change_the_admission(self) -> None:
        opened = open_after(EVERYBODY, NUMBER, per_minute=60, reason="load", at=AT)

        def try_it() -> bool:
            try:
                change(opened)
            except AdmissionChangedMeanwhile:
                return False
            return True

        assert sorted(at_once(try_it, try_it)) == [False, True]

    def test_announce_one_maintenance_after_the_other(self) -> None:
        ends = [MINUTE, MINUTE * 2, MINUTE * 3]
        at_once(*[partial(announce_maintenance, Closure(from_at=AT, until_at=AT + end), at=AT) for end in ends])
        assert sorted(Maintenance.objects.values_list("number", flat=True)) == [1, 2, 3]
        assert find_closure(at=AT) is not None

    def test_give_nobody_the_same_number(self) -> None:
        def draw_many() -> list[TicketNumber]:
            try:
                return [draw()[0] for _ in range(200)]
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            drawn = [done.result() for done in [pool.submit(draw_many) for _ in range(8)]]
        assert all(numbers == sorted(numbers) for numbers in drawn)
        assert len({number for numbers in drawn for number in numbers}) == 1600
