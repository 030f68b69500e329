"""A counter's line: who is called next, who comes back, how long one waits; and two clerks who call at once."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from visit_parties import AT, CLERK, LOADED_AT, MALL, SEATS, TEN

from cast import MINUTE, ROOT, SECOND
from mynapoint.booking.operations import book
from mynapoint.booking.queries import get_booking
from mynapoint.booking.rules import BookingOver
from mynapoint.case.operations import end_case, extend_counter, open_case, report_card
from mynapoint.case.rules import CaseName, Fingerprint, Turn
from mynapoint.kernel.period import JST
from mynapoint.kernel.slip_code import SlipCode
from mynapoint.place.operations import load_place
from mynapoint.place.queries import find_place
from mynapoint.queue.decisions import CallNext, CallNumber, Event, GiveUp, ReportAbsent, TakeNumber, decide
from mynapoint.queue.facts import Line
from mynapoint.queue.models import LineFact
from mynapoint.queue.operations import TakenNumber, call_next, call_number, give_up, report_absent, take_number
from mynapoint.queue.queries import AT_WORK, get_estimate, get_line, get_number
from mynapoint.queue.rules import (
    LINES_UP,
    MOST_NUMBERS,
    SET_BACK_BY,
    USUAL,
    LineClosed,
    LineFull,
    LineMoved,
    NobodyWaits,
    NotCalledHere,
    NotWaiting,
    NumberUnknown,
    Pace,
    check_takes_numbers,
    estimate_wait,
    read_number_code,
)
from races import at_once

ONE, TWO = (seat.terminal for seat in SEATS)


def line_of(*events: Event, at: datetime = TEN) -> Line:
    line = Line()
    for event in events:
        line = line.with_facts(decide(line, event, at=at))
    return line


def take(count: int) -> list[Event]:
    return [TakeNumber()] * count


def call(terminal: str = ONE, after: int = 0) -> CallNext:
    return CallNext(terminal, "1番窓口", after)


def waiting(line: Line, *, at: datetime = TEN) -> list[int]:
    return [person.number for person in line.list_waiting(at=at)]


class TestLine:
    def test_calls_numbers_in_their_order(self) -> None:
        line = line_of(*take(3), call(), call(TWO))
        assert (waiting(line), [one.number for one in line.list_called()]) == ([3], [2, 1])
        assert (line.count_before(3, at=TEN), line.people[1].terminal) == (0, ONE)

    def test_takes_whom_a_terminal_has_called_for_served_when_it_calls_again(self) -> None:
        line = line_of(*take(2), call(), call(after=1))
        assert [line.people[n].state for n in (1, 2)] == ["served", "called"]

    def test_sets_whoever_is_not_there_back_once(self) -> None:
        absent = [*take(6), call(), ReportAbsent(ONE, 1)]
        line = line_of(*absent)
        assert waiting(line) == [2, 3, 4, 1, 5, 6]
        assert waiting(line).index(1) == SET_BACK_BY
        calls = [call(after=n) for n in range(1, 1 + SET_BACK_BY + 1)]
        line = line_of(*absent, *calls, ReportAbsent(ONE, 1))
        assert (line.people[1].state, waiting(line)) == ("gone", [5, 6])

    def test_sets_back_to_the_end_of_a_short_line(self) -> None:
        assert waiting(line_of(*take(2), call(), ReportAbsent(ONE, 1))) == [2, 1]

    def test_calls_one_that_is_gone_when_they_come_back(self) -> None:
        gone = [*take(1), call(), ReportAbsent(ONE, 1), call(after=1), ReportAbsent(ONE, 1)]
        line = line_of(*gone, CallNumber(TWO, "2番窓口", 0, 1))
        assert (line.people[1].state, line.people[1].terminal) == ("called", TWO)

    def test_lets_a_booking_go_first_from_its_second_on(self) -> None:
        line = line_of(*take(2), TakeNumber(TEN), TakeNumber(TEN - MINUTE))
        assert waiting(line, at=TEN - MINUTE - SECOND) == [1, 2, 3, 4]
        assert waiting(line, at=TEN - MINUTE) == [4, 1, 2, 3]
        assert waiting(line, at=TEN - SECOND) == [4, 1, 2, 3]
        assert waiting(line, at=TEN) == [4, 3, 1, 2]

    def test_lets_a_booking_that_was_called_in_vain_stand_like_all_others(self) -> None:
        line = line_of(*take(4), TakeNumber(TEN), call(), ReportAbsent(ONE, 5))
        assert waiting(line) == [1, 2, 3, 5, 4]

    def test_forgets_whoever_gives_up(self) -> None:
        line = line_of(*take(2), GiveUp(1), GiveUp(1))
        assert (waiting(line), line.fact_count) == ([2], 3)

    def test_calls_one_person_for_a_double_click(self) -> None:
        line = line_of(*take(2), call(), call())
        assert (waiting(line), line.count_calls(ONE)) == ([2], 1)
        assert line_of(*take(2), call(), ReportAbsent(ONE, 1), ReportAbsent(ONE, 1)).people[1].set_back == 1

    @pytest.mark.parametrize(
        ("events", "event", "refusal"),
        [
            ([], call(), NobodyWaits),
            (take(3), call(after=1), LineMoved),
            ([*take(3), call(), call(after=1)], call(), LineMoved),
            ([*take(2), call()], ReportAbsent(ONE, 2), NotCalledHere),
            ([*take(2), call()], ReportAbsent(TWO, 1), NotCalledHere),
            (take(1), ReportAbsent(ONE, 1), NotCalledHere),
            (take(1), ReportAbsent(ONE, 2), NumberUnknown),
            (take(1), CallNumber(ONE, "1番窓口", 0, 2), NumberUnknown),
            ([*take(1), call()], CallNumber(TWO, "2番窓口", 0, 1), NotWaiting),
            ([*take(1), call()], GiveUp(1), NotWaiting),
            ([], GiveUp(1), NumberUnknown),
        ],
    )
    def test_refuses(self, events: list[Event], event: Event, refusal: type[Exception]) -> None:
        with pytest.raises(refusal):
            decide(line_of(*events), event, at=TEN)

    def test_has_a_last_number(self) -> None:
        full = Line(people={MOST_NUMBERS: line_of(*take(1)).people[1]})
        with pytest.raises(LineFull):
            decide(full, TakeNumber(), at=TEN)


class TestEstimate:
    PACE = Pace([timedelta(minutes=10), timedelta(minutes=14)], terminals=2)

    @pytest.mark.parametrize(("before", "minutes"), [(0, 0), (1, 6), (4, 24)])
    def test_is_the_days_mean_shared_by_the_terminals(self, before: int, minutes: int) -> None:
        assert estimate_wait(before, pace=self.PACE, expected=[], at=TEN) == timedelta(minutes=minutes)

    def test_counts_the_bookings_that_come_due_meanwhile(self) -> None:
        due = TEN + timedelta(minutes=24)
        assert estimate_wait(4, pace=self.PACE, expected=[due - SECOND], at=TEN) == timedelta(minutes=30)
        assert estimate_wait(4, pace=self.PACE, expected=[due], at=TEN) == timedelta(minutes=24)

    def test_says_what_is_usual_before_the_day_has_shown_it(self) -> None:
        assert estimate_wait(2, pace=Pace([], terminals=0), expected=[], at=TEN) == 2 * USUAL


@pytest.fixture
def mall(db: None) -> None:
    load_place(ROOT / "places" / f"{MALL}.toml", at=LOADED_AT)


@pytest.mark.usefixtures("mall")
class TestHours:
    CLOSES = TEN.replace(hour=19)

    @pytest.mark.parametrize(
        ("at", "is_open"),
        [(TEN - LINES_UP - SECOND, False), (TEN - LINES_UP, True), (CLOSES - SECOND, True), (CLOSES, False)],
    )
    def test_are_those_of_the_counter_and_an_hour_before(self, at: datetime, is_open: bool) -> None:
        if is_open:
            assert take_number(MALL, at=at).number == 1
            return
        with pytest.raises(LineClosed) as refused:
            take_number(MALL, at=at)
        assert refused.value.open_from == (TEN - LINES_UP if at < TEN else None)

    def test_are_longer_by_a_supervisors_word(self) -> None:
        until = self.CLOSES + timedelta(minutes=30)
        extend_counter(
            MALL, until=until, reason="people_waiting", user_id=CLERK, closes_at=self.CLOSES, at=self.CLOSES - MINUTE
        )
        assert take_number(MALL, at=until - SECOND).number == 1
        with pytest.raises(LineClosed):
            take_number(MALL, at=until)

    def test_go_on_over_a_break_at_noon(self, db: None) -> None:
        load_place(ROOT / "places" / "mihon-higashi.toml", at=LOADED_AT)
        place = find_place("mihon-higashi", at=AT)
        assert place is not None
        check_takes_numbers(place, extended_to=None, at=AT.replace(hour=12, minute=30))


@pytest.mark.usefixtures("mall")
class TestNumber:
    def test_is_on_a_slip_that_shows_where_it_stands(self) -> None:
        taken = [take_number(MALL, at=TEN) for _ in range(3)]
        assert [one.number for one in taken] == [1, 2, 3]
        view = get_number(MALL, taken[2].code, at=TEN)
        assert (view.person.number, view.before, view.turn_at) == (3, 2, TEN + 2 * USUAL)
        call_next(SEATS[0], after=0, user_id=CLERK, at=TEN)
        assert get_number(MALL, taken[0].code, at=TEN).person.terminal_name == "1番窓口"
        assert get_number(MALL, taken[2].code, at=TEN).before == 1

    def test_begins_at_one_again_the_next_day(self) -> None:
        first = take_number(MALL, at=TEN)
        tomorrow = take_number(MALL, at=TEN + timedelta(days=1))
        assert (first.number, tomorrow.number) == (1, 1)
        assert get_number(MALL, first.code, at=TEN + timedelta(days=1)).day == TEN.date()
        with pytest.raises(NumberUnknown):
            give_up(MALL, first.code, at=TEN + timedelta(days=1))

    def test_is_unknown_by_another_code_or_at_another_counter(self) -> None:
        taken = take_number(MALL, at=TEN)
        for counter, code in ((MALL, SlipCode("A" * 12)), ("mihon-shimin", taken.code)):
            with pytest.raises(NumberUnknown):
                get_number(counter, code, at=TEN)
        with pytest.raises(NumberUnknown):
            read_number_code("ACDE")

    def test_is_given_for_a_booking_which_it_uses_up(self) -> None:
        code = book(MALL, TEN, at=AT)
        take_number(MALL, at=AT)
        taken = take_number(MALL, booking=code, at=TEN)
        assert (taken.number, taken.slot_at) == (2, TEN)
        assert get_booking(code, at=TEN).state == "arrived"
        assert call_next(SEATS[0], after=0, user_id=CLERK, at=TEN).number == 2
        with pytest.raises(BookingOver):
            take_number(MALL, booking=code, at=TEN)
        assert get_line(MALL, TEN.date()).last_number == 2

    def test_is_given_up_by_its_slip(self) -> None:
        taken = take_number(MALL, at=TEN)
        give_up(MALL, taken.code, at=TEN)
        assert get_number(MALL, taken.code, at=TEN).person.state == "left"

    def test_is_called_out_of_turn_and_set_back(self) -> None:
        for _ in range(3):
            take_number(MALL, at=TEN)
        assert call_number(SEATS[0], 3, after=0, user_id=CLERK, at=TEN).number == 3
        assert report_absent(SEATS[0], 3, user_id=CLERK, at=TEN).state == "waits"
        assert [one.number for one in get_line(MALL, TEN.date()).list_waiting(at=TEN)] == [1, 2, 3]

    def test_leaves_no_code_in_the_database(self) -> None:
        code = take_number(MALL, at=TEN).code
        assert code.encode() not in bytes(LineFact.objects.get().code_hash)


@pytest.mark.usefixtures("mall")
class TestPace:
    def test_comes_from_todays_cases_and_the_terminals_at_work(self) -> None:
        for seconds, seat in ((10, SEATS[0]), (30, SEATS[1])):
            name = CaseName(MALL, uuid4())
            open_case(name, seat, user_id=CLERK, closes_at=TEN.replace(hour=19), at=TEN)
            report_card(MALL, seat.terminal, Fingerprint(b"h" * 32), put_down_at=TEN, at=TEN)
            end_case(Turn(name, seat.terminal), "finished", at=TEN + timedelta(seconds=seconds))
        line = get_line(MALL, TEN.date())
        soon, later = TEN + AT_WORK - SECOND, TEN + AT_WORK + SECOND
        assert get_estimate(MALL, line, before=4, at=soon) == timedelta(seconds=40)
        assert get_estimate(MALL, line, before=4, at=later) == timedelta(seconds=80)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mall")
class TestAtOnce:
    def test_everybody_gets_a_number_of_their_own(self) -> None:
        taken = at_once(*[lambda: take_number(MALL, at=TEN)] * 6)
        assert sorted(one.number for one in taken if isinstance(one, TakenNumber)) == [1, 2, 3, 4, 5, 6]

    def test_two_terminals_never_call_the_same_number(self) -> None:
        for _ in range(4):
            take_number(MALL, at=TEN)
        at_once(
            *[lambda seat=seat: call_next(seat, after=0, user_id=CLERK, at=TEN) for seat in SEATS for _ in range(2)]
        )
        line = get_line(MALL, TEN.date())
        assert sorted(one.number for one in line.list_called()) == [1, 2]
        assert {one.terminal for one in line.list_called()} == {ONE, TWO}

    def test_a_booking_comes_in_once(self) -> None:
        code = book(MALL, TEN, at=AT)
        answers = at_once(*[lambda: take_number(MALL, booking=code, at=TEN)] * 3)
        assert sum(isinstance(answer, TakenNumber) for answer in answers) == 1
        assert get_line(MALL, datetime(2020, 10, 5, tzinfo=JST).date()).last_number == 1
