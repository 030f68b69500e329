"""Whose turn it is, to the microsecond, and when load opens and closes the waiting room."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast import AT, MINUTE, SECOND
from mynapoint.entrance.rules import (
    EVERYBODY,
    GRACE,
    SHORTEST,
    SLACK,
    TICKET_LIFE,
    Admission,
    Arrivals,
    Closure,
    Limits,
    Ticket,
    TicketNumber,
    close_after,
    decide,
    open_after,
)

INSTANT = timedelta(microseconds=1)
LIMITS = Limits(opens_above=600, per_minute=120)


def opened(*, per_minute: int = 120, after: int = 99) -> Admission:
    """Open a waiting room at AT: the first to wait is number 100, two a second."""
    return open_after(EVERYBODY, TicketNumber(after), per_minute=per_minute, reason="hand", at=AT)


def by_load() -> Admission:
    return open_after(EVERYBODY, TicketNumber(99), per_minute=120, reason="load", at=AT)


class TestTurn:
    def test_comes_one_after_the_other(self) -> None:
        assert [opened().turn_at(n) - AT for n in (100, 101, 102)] == [SECOND / 2, SECOND, SECOND * 1.5]

    def test_begins_at_its_moment_and_lasts_for_the_grace(self) -> None:
        turn = AT + SECOND / 2
        standings = [turn - INSTANT, turn, turn + GRACE - INSTANT, turn + GRACE]
        assert [opened().get_standing(100, at=at) for at in standings] == ["waits", "passes", "passes", "late"]

    def test_is_everybodys_while_the_waiting_room_is_closed(self) -> None:
        closed = close_after(opened(), TicketNumber(500), at=AT)
        assert closed.get_standing(1, at=AT) == closed.get_standing(10**9, at=AT) == "passes"

    def test_has_come_for_those_who_were_there_before_it_opened(self) -> None:
        assert opened().get_standing(99, at=AT) == "passes"

    def test_counts_those_before(self) -> None:
        assert [opened().count_before(n, at=AT) for n in (99, 100, 101, 160)] == [0, 0, 1, 60]
        assert opened().count_before(160, at=AT + SECOND * 10) == 40

    @given(st.integers(1, 10_000), st.integers(0, 100_000), st.integers(0, 10**10))
    def test_never_passes_more_than_its_pace(self, per_minute: int, number: int, microseconds: int) -> None:
        room, at = opened(per_minute=per_minute, after=0), AT + timedelta(microseconds=microseconds)
        allowed = per_minute * microseconds / 60e6
        assert (room.turn_at(number) <= at) == (number <= allowed + per_minute / 60e6)
        assert room.turn_at(number) < room.turn_at(number + 1)

    def test_stays_in_order_when_the_pace_changes(self) -> None:
        room, at = opened(), AT + SECOND * 10
        slower = open_after(room, TicketNumber(room.next_number(at=at) - 1), per_minute=60, reason="hand", at=at)
        assert [room.get_standing(n, at=at) for n in (119, 120)] == ["passes", "waits"]
        assert [slower.get_standing(n, at=at) for n in (119, 120)] == ["passes", "waits"]
        assert slower.turn_at(120) == at + SECOND


class TestDecide:
    @pytest.mark.parametrize(("arriving", "opens"), [(None, False), (600.0, False), (600.1, True)])
    def test_opens_above_the_limit(self, arriving: float | None, opens: bool) -> None:
        room = decide(EVERYBODY, number=TicketNumber(7), arriving=arriving, limits=LIMITS, at=AT)
        assert (room is not None) == opens
        if room:
            assert (room.first, room.per_minute, room.reason, room.opened_at) == (8, 120, "load", AT)
            assert room.get_standing(7, at=AT) == "passes"

    def test_never_opens_when_the_limit_is_zero(self) -> None:
        assert decide(EVERYBODY, number=TicketNumber(7), arriving=1e9, limits=Limits(0, 1), at=AT) is None

    def test_leaves_it_open_while_somebody_waits(self) -> None:
        at = AT + MINUTE * 2
        waits = TicketNumber(by_load().next_number(at=at))
        assert decide(by_load(), number=waits, arriving=0.0, limits=LIMITS, at=at) is None

    @pytest.mark.parametrize(
        ("after", "arriving", "closes"),
        [(SHORTEST, 299.9, True), (SHORTEST, 300.0, False), (SHORTEST - INSTANT, 0.0, False), (SHORTEST, None, False)],
    )
    def test_closes_what_load_opened_once_it_is_calm(
        self, after: timedelta, arriving: float | None, closes: bool
    ) -> None:
        room = decide(by_load(), number=TicketNumber(100), arriving=arriving, limits=LIMITS, at=AT + after)
        assert (room is not None and not room.is_waiting_room_open) == closes

    def test_never_closes_what_was_opened_by_hand(self) -> None:
        room = decide(opened(), number=TicketNumber(100), arriving=0.0, limits=LIMITS, at=AT + SHORTEST)
        assert room is not None
        assert room.is_waiting_room_open

    @pytest.mark.parametrize(("late", "goes_on"), [(SLACK - INSTANT, False), (SLACK, True)])
    def test_saves_up_no_more_than_its_slack(self, late: timedelta, goes_on: bool) -> None:
        at = opened().turn_at(100) + late
        room = decide(opened(), number=TicketNumber(100), arriving=None, limits=LIMITS, at=at)
        assert (room is not None) == goes_on
        if room:
            assert [room.get_standing(n, at=at) for n in (100, 101)] == ["passes", "waits"]
            assert (room.opened_at, room.number, room.reason) == (AT, 2, "hand")


class TestArrivals:
    def test_are_known_after_five_seconds(self) -> None:
        arrivals = Arrivals()
        assert arrivals.note(1, at=AT) is None
        assert arrivals.note(40, at=AT + SECOND * 5 - INSTANT) is None
        assert arrivals.note(51, at=AT + SECOND * 5) == 600

    def test_are_those_of_the_last_seconds(self) -> None:
        arrivals = Arrivals()
        for second in range(60):
            arriving = arrivals.note(second * (1 if second < 30 else 10), at=AT + SECOND * second)
        assert arriving == 600

    def test_are_few_after_a_pause(self) -> None:
        arrivals = Arrivals()
        arrivals.note(1, at=AT)
        assert arrivals.note(11, at=AT + MINUTE * 10) == 1

    def test_begin_anew_when_the_clock_is_set_back(self) -> None:
        arrivals = Arrivals()
        arrivals.note(1, at=AT)
        assert arrivals.note(100, at=AT - MINUTE) is None


class TestTicket:
    def test_counts_for_its_life(self) -> None:
        ticket = Ticket(number=TicketNumber(1), drawn_at=AT)
        assert ticket.is_valid(at=AT + TICKET_LIFE - INSTANT)
        assert not ticket.is_valid(at=AT + TICKET_LIFE)


class TestClosure:
    def test_is_half_open(self) -> None:
        closure = Closure(from_at=AT, until_at=AT + MINUTE)
        times = [AT - INSTANT, AT, AT + MINUTE - INSTANT, AT + MINUTE]
        assert [closure.is_on(at=at) for at in times] == [False, True, True, False]
