"""Slots and bookings: to the second, by code alone, and one winner for the last place."""

from datetime import date, datetime, timedelta

import pytest
from visit_parties import AT, LOADED_AT, MALL, TEN, TWENTY_PAST

from cast import ROOT, SECOND
from mynapoint.booking.models import BookedVisit, BookingStep, TakenSeat
from mynapoint.booking.operations import arrive, book, cancel, forget, move
from mynapoint.booking.queries import get_booking, list_booked, list_days, list_expected, list_slots
from mynapoint.booking.rules import (
    AHEAD,
    FORGOTTEN_AFTER,
    BookedAnotherDay,
    BookedElsewhere,
    BookingOver,
    BookingUnknown,
    NoBookingsHere,
    SlotFull,
    SlotUnknown,
    read_booking_code,
)
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import SlipCode, group_code
from mynapoint.place.models import PlaceRevision
from mynapoint.place.operations import load_place
from mynapoint.place.queries import find_place
from mynapoint.place.rules import Place
from races import at_once


@pytest.fixture(autouse=True)
def places(db: None) -> None:
    for name in (MALL, "mihon-shimin"):
        load_place(ROOT / "places" / f"{name}.toml", at=LOADED_AT)


def mall(*, at: datetime = AT) -> Place:
    place = find_place(MALL, at=at)
    assert place is not None
    return place


def with_places(places: int, *, since: datetime = LOADED_AT) -> None:
    """Load a newer text of the counter with so many places a slot."""
    content = mall().model_dump(mode="json", by_alias=True) | {"slots": {"minutes": 20, "places": places}}
    PlaceRevision.objects.create(id=MALL, effective_from=since, content=content, loaded_at=since)


def free_at(starts_at: datetime, *, at: datetime = AT) -> int:
    slots = list_slots(mall(at=at), day=starts_at.date(), at=at)
    return next(slot.free for slot in slots if slot.period.start == starts_at)


class TestSlots:
    def test_are_those_of_the_calendar_with_their_free_places(self) -> None:
        slots = list_slots(mall(), day=AT.date(), at=AT)
        assert (slots[0].period.start, slots[0].period.end, len(slots)) == (TEN, TWENTY_PAST, 27)
        assert {slot.free for slot in slots} == {5}
        book(MALL, TEN, at=AT)
        assert (free_at(TEN), free_at(TWENTY_PAST)) == (4, 5)

    @pytest.mark.parametrize(("at", "is_there"), [(TEN - SECOND, True), (TEN, False)])
    def test_can_be_booked_until_they_begin(self, at: datetime, is_there: bool) -> None:
        assert (TEN in [slot.period.start for slot in list_slots(mall(), day=AT.date(), at=at)]) is is_there
        if is_there:
            book(MALL, TEN, at=at)
        else:
            with pytest.raises(SlotUnknown):
                book(MALL, TEN, at=at)

    @pytest.mark.parametrize(("days", "is_there"), [(AHEAD.days, True), (AHEAD.days + 1, False)])
    def test_can_be_booked_for_four_weeks(self, days: int, is_there: bool) -> None:
        # To the day: at its last second today still counts as today.
        at = AT.replace(hour=23, minute=59, second=59)
        starts_at = TEN + timedelta(days=days)
        assert (starts_at.date() in dict(list_days(mall(), at=at))) is is_there
        assert bool(list_slots(mall(), day=starts_at.date(), at=at)) is is_there

    def test_are_none_on_closed_days(self) -> None:
        assert date(2020, 10, 7) not in dict(list_days(mall(), at=AT))  # a Wednesday

    @pytest.mark.parametrize("off", [SECOND, timedelta(hours=12), -timedelta(hours=9)])
    def test_begin_when_they_begin(self, off: timedelta) -> None:
        with pytest.raises(SlotUnknown):
            book(MALL, TEN + off, at=AT)

    def test_are_none_where_the_counter_takes_no_bookings_or_is_unknown(self) -> None:
        content = mall().model_dump(mode="json", by_alias=True) | {"slots": None}
        PlaceRevision.objects.create(id=MALL, effective_from=LOADED_AT, content=content, loaded_at=LOADED_AT)
        with pytest.raises(NoBookingsHere):
            book(MALL, TEN, at=AT)
        with pytest.raises(SlotUnknown):
            book("nowhere", TEN, at=AT)

    def test_have_as_many_places_as_the_text_of_the_day_says(self) -> None:
        with_places(1, since=AT + SECOND)
        book(MALL, TEN, at=AT)
        assert free_at(TEN) == 4
        assert free_at(TEN, at=AT + SECOND) == 0
        with pytest.raises(SlotFull):
            book(MALL, TEN, at=AT + SECOND)


class TestBooking:
    def test_is_found_by_its_code_however_it_is_typed(self) -> None:
        code = book(MALL, TEN, at=AT)
        typed = "".join(chr(ord(letter) + 0xFEE0) for letter in group_code(code).lower())  # full width
        found = get_booking(read_booking_code(f" {typed} "), at=AT)
        assert (found.counter, found.slot.start, found.state, found.is_kept) == (MALL, TEN, "open", True)

    @pytest.mark.parametrize("typed", ["", "ACDEFGHJKMN", "ACDEFGHJKMNPQ", "ACDEFGHJKMN0", "あ" * 12, "A\x00" * 9])
    def test_is_not_found_by_what_is_no_code(self, typed: str) -> None:
        with pytest.raises(BookingUnknown):
            read_booking_code(typed)

    def test_is_not_found_by_another_code(self) -> None:
        for asked in (lambda: get_booking(SlipCode("A" * 12), at=AT), lambda: cancel(SlipCode("A" * 12), at=AT)):
            with pytest.raises(BookingUnknown):
                asked()

    def test_leaves_nothing_in_the_database_that_opens_it(self) -> None:
        code = book(MALL, TEN, at=AT)
        rows = [
            *BookedVisit.objects.values_list(),
            *BookingStep.objects.values_list(),
            *TakenSeat.objects.values_list(),
        ]
        assert code.encode() not in b"".join(bytes(value) for row in rows for value in row if isinstance(value, bytes))

    def test_moves_to_another_slot_and_gives_the_first_one_back(self) -> None:
        code = book(MALL, TEN, at=AT)
        move(code, TWENTY_PAST, at=AT)
        move(code, TWENTY_PAST, at=AT)  # a second click
        assert (free_at(TEN), free_at(TWENTY_PAST)) == (5, 4)
        assert get_booking(code, at=AT).slot.start == TWENTY_PAST
        assert BookingStep.objects.count() == 2

    def test_stays_where_it_is_when_the_other_slot_is_full(self) -> None:
        with_places(1, since=LOADED_AT + SECOND)
        code = book(MALL, TEN, at=AT)
        book(MALL, TWENTY_PAST, at=AT)
        with pytest.raises(SlotFull):
            move(code, TWENTY_PAST, at=AT)
        assert get_booking(code, at=AT).slot.start == TEN
        assert free_at(TEN) == 0

    def test_is_cancelled_once(self) -> None:
        code = book(MALL, TEN, at=AT)
        cancel(code, at=AT)
        cancel(code, at=AT)
        assert (free_at(TEN), BookingStep.objects.count()) == (5, 2)
        assert get_booking(code, at=AT).state == "cancelled"
        with pytest.raises(BookingOver):
            move(code, TWENTY_PAST, at=AT)

    @pytest.mark.parametrize(("at", "is_open"), [(TWENTY_PAST - SECOND, True), (TWENTY_PAST, False)])
    def test_is_over_with_its_slot(self, at: datetime, is_open: bool) -> None:
        code = book(MALL, TEN, at=AT)
        if is_open:
            assert arrive(code, MALL, at=at) == TEN
        else:
            for late in (lambda: arrive(code, MALL, at=at), lambda: cancel(code, at=at)):
                with pytest.raises(BookingOver):
                    late()

    def test_counts_once_on_its_day_at_its_counter(self) -> None:
        code = book(MALL, TEN, at=AT)
        with pytest.raises(BookedElsewhere):
            arrive(code, "mihon-shimin", at=AT)
        with pytest.raises(BookedAnotherDay):
            arrive(code, MALL, at=AT - timedelta(days=1))
        assert list_expected(MALL, at=AT) == [TEN]
        arrive(code, MALL, at=AT)
        assert list_expected(MALL, at=AT) == []
        with pytest.raises(BookingOver) as refused:
            arrive(code, MALL, at=AT)
        assert refused.value.state == "arrived"

    def test_says_when_the_counter_has_closed_its_day_meanwhile(self) -> None:
        code = book(MALL, TEN, at=AT)
        content = mall().model_dump(mode="json", by_alias=True)
        content["calendar"]["special"] = [{"days": ["2020-10-05"], "hours": [], "reason": {"ja": "台風のため"}}]
        PlaceRevision.objects.create(id=MALL, effective_from=AT, content=content, loaded_at=AT)
        assert get_booking(code, at=AT).is_kept is False
        move(code, TEN + timedelta(days=1), at=AT)
        assert get_booking(code, at=AT).is_kept is True

    def test_stands_on_the_days_list_in_order(self) -> None:
        later, first = book(MALL, TWENTY_PAST, at=AT), book(MALL, TEN, at=AT)
        cancel(book(MALL, TEN, at=AT), at=AT)
        arrive(first, MALL, at=AT)
        assert [(one.slot.start, one.state) for one in list_booked(MALL, AT.date(), at=AT)] == [
            (TEN, "arrived"),
            (TWENTY_PAST, "open"),
        ]
        assert get_booking(later, at=AT).state == "open"

    @pytest.mark.parametrize(("past", "forgotten"), [(timedelta(0), 1), (-SECOND, 0)])
    def test_is_forgotten_a_month_after_its_slot(self, past: timedelta, forgotten: int) -> None:
        book(MALL, TEN, at=AT)
        assert forget(at=TWENTY_PAST + FORGOTTEN_AFTER + past) == forgotten
        counts = [table._default_manager.count() for table in (BookedVisit, BookingStep, TakenSeat)]
        assert counts == [1 - forgotten] * 3


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_the_last_place_has_one_winner(self) -> None:
        with_places(2, since=LOADED_AT + SECOND)
        book(MALL, TEN, at=AT)
        answers = at_once(*[lambda: book(MALL, TEN, at=AT)] * 4)
        assert sum(isinstance(answer, SlotFull) for answer in answers) == 3
        assert sorted(TakenSeat.objects.values_list("seat", flat=True)) == [0, 1]
        assert BookedVisit.objects.count() == 2

    def test_all_find_a_place_while_there_are_any(self) -> None:
        answers = at_once(*[lambda: book(MALL, TEN, at=AT)] * 5)
        assert not any(isinstance(answer, Refusal) for answer in answers)
        assert sorted(TakenSeat.objects.values_list("seat", flat=True)) == [0, 1, 2, 3, 4]

    def test_one_booking_is_moved_or_cancelled_never_both(self) -> None:
        code = book(MALL, TEN, at=AT)
        moved, _ = at_once(lambda: move(code, TWENTY_PAST, at=AT), lambda: cancel(code, at=AT))
        assert get_booking(code, at=AT).state == "cancelled"
        assert not TakenSeat.objects.exists()
        assert BookingStep.objects.count() == (2 if isinstance(moved, Refusal) else 3)

    def test_two_change_their_places_without_waiting_for_each_other(self) -> None:
        with_places(1, since=LOADED_AT + SECOND)
        one, other = book(MALL, TEN, at=AT), book(MALL, TWENTY_PAST, at=AT)
        at_once(lambda: move(one, TWENTY_PAST, at=AT), lambda: move(other, TEN, at=AT))
        assert TakenSeat.objects.count() == 2

    def test_one_booking_arrives_once(self) -> None:
        code = book(MALL, TEN, at=AT)
        answers = at_once(*[lambda: arrive(code, MALL, at=AT)] * 3)
        assert sum(isinstance(answer, BookingOver) for answer in answers) == 2
