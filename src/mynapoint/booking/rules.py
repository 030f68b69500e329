"""What can be booked, what becomes of a booking, and why something is refused; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal, NewType

from mynapoint.kernel.period import JST, Period
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import SlipCode, SlipCodeUnreadable, hash_code, read_code
from mynapoint.place.rules import Place, get_slots

AHEAD: Final = timedelta(days=28)
"""So far ahead slots can be booked: today and this many days."""
FORGOTTEN_AFTER: Final = timedelta(days=30)
"""So long after its slot a booking is kept."""

BookingHash = NewType("BookingHash", bytes)
"""The keyed hash of a booking's code, by which it is found."""
StepKind = Literal["booked", "moved", "cancelled", "arrived"]
State = Literal["open", "cancelled", "arrived", "over"]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that became of a booking; `slot` is there when it then has another one."""

    kind: StepKind
    at: datetime
    slot: Period | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking as its steps have it."""

    hash: BookingHash
    counter: str
    slot: Period
    is_cancelled: bool = False
    has_arrived: bool = False
    step_count: int = 0

    def get_state(self, *, at: datetime) -> State:
        """Say where a booking stands: nobody has to do anything for it to be over."""
        if self.is_cancelled:
            return "cancelled"
        if self.has_arrived:
            return "arrived"
        return "open" if at < self.slot.end else "over"

    def with_steps(self, steps: Iterable[Step]) -> "Booking":
        """Return the booking with more steps."""
        booking = self
        for step in steps:
            booking = replace(
                booking,
                slot=step.slot or booking.slot,
                is_cancelled=booking.is_cancelled or step.kind == "cancelled",
                has_arrived=booking.has_arrived or step.kind == "arrived",
                step_count=booking.step_count + 1,
            )
        return booking


@dataclass(frozen=True, slots=True)
class Slot:
    """A span that can be booked, and how many of its places are free."""

    period: Period
    places: int
    free: int


class UnableToBook(Refusal):
    """Why something is not done about a booking."""


class BookingUnknown(UnableToBook):
    """No booking has this code."""

    code = "booking_unknown"


class NoBookingsHere(UnableToBook):
    """The counter takes no bookings."""

    code = "no_bookings_here"


class SlotUnknown(UnableToBook):
    """There is no such slot now: it has begun, is too far ahead, or the counter is closed then."""

    code = "slot_unknown"


class SlotFull(UnableToBook):
    """Others have taken the slot's last places."""

    code = "slot_full"


@dataclass(eq=False)
class BookingOver(UnableToBook):
    """The booking was cancelled or used, or its time has passed."""

    code = "booking_over"
    state: State


@dataclass(eq=False)
class BookedAnotherDay(UnableToBook):
    """The booking is for another day."""

    code = "booked_another_day"
    booked_for: datetime


class BookedElsewhere(UnableToBook):
    """The booking is for another counter."""

    code = "booked_elsewhere"


def hash_booking(code: SlipCode, *, key: bytes) -> BookingHash:
    """Return the keyed hash of a booking's code."""
    return BookingHash(hash_code(code, purpose="mynapoint booking", key=key))


def read_booking_code(typed: str) -> SlipCode:
    """Return the code that somebody typed.

    :raises BookingUnknown: when it cannot be one.
    """
    try:
        return read_code(typed)
    except SlipCodeUnreadable:
        raise BookingUnknown from None


def list_bookable_days(*, at: datetime) -> list[date]:
    """Return the days of which slots can be booked now."""
    today = at.astimezone(JST).date()
    return [today + timedelta(days=n) for n in range(AHEAD.days + 1)]


def list_bookable(place: Place, *, day: date, at: datetime) -> list[Period]:
    """Return a day's slots that have not begun, while the day can be booked."""
    if day not in list_bookable_days(at=at):
        return []
    return [period for period in get_slots(place, day=day) if at < period.start]


def find_bookable(place: Place, starts_at: datetime, *, at: datetime) -> Period:
    """Return the slot that starts at an instant and can be booked now.

    :raises NoBookingsHere: when the counter takes none.
    :raises SlotUnknown: when there is no such slot.
    """
    if place.slots is None:
        raise NoBookingsHere
    slots = list_bookable(place, day=starts_at.astimezone(JST).date(), at=at)
    for period in slots:
        if period.start == starts_at:
            return period
    raise SlotUnknown


def is_kept(place: Place | None, slot: Period) -> bool:
    """Say whether the counter still has the slot of a booking: its calendar may have changed since."""
    return place is not None and slot in get_slots(place, day=slot.start.astimezone(JST).date())


def check_open(booking: Booking, *, at: datetime) -> None:
    """Check that something can still become of a booking.

    :raises BookingOver: with what has.
    """
    state = booking.get_state(at=at)
    if state != "open":
        raise BookingOver(state=state)


def check_arrives(booking: Booking, *, counter: str, at: datetime) -> None:
    """Check that somebody with a booking has come to the right counter on the right day, before its slot is over.

    :raises BookedElsewhere, BookedAnotherDay, BookingOver: when not.
    """
    check_open(booking, at=at)
    if booking.counter != counter:
        raise BookedElsewhere
    if booking.slot.start.astimezone(JST).date() != at.astimezone(JST).date():
        raise BookedAnotherDay(booked_for=booking.slot.start)
