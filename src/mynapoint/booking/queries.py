"""What can be asked about bookings and slots."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db.models import QuerySet

from mynapoint.booking.models import BookedVisit, BookingStep, TakenSeat
from mynapoint.booking.rules import (
    Booking,
    BookingHash,
    BookingUnknown,
    Slot,
    State,
    Step,
    StepKind,
    hash_booking,
    is_kept,
    list_bookable,
    list_bookable_days,
)
from mynapoint.kernel.period import JST, Period
from mynapoint.kernel.slip_code import SlipCode
from mynapoint.place.queries import find_place
from mynapoint.place.rules import Place

_KINDS: tuple[StepKind, ...] = ("booked", "moved", "cancelled", "arrived")


@dataclass(frozen=True)
class BookingView:
    """A booking as its page and the counter see it; `is_kept`: the counter is still open at its time."""

    counter: str
    slot: Period
    state: State
    is_kept: bool


def list_slots(place: Place, *, day: date, at: datetime) -> list[Slot]:
    """Return a day's slots that can be booked, with how many of their places are free."""
    periods = list_bookable(place, day=day, at=at)
    taken = _count_taken(place.id, day, days=1) if periods else Counter[datetime]()
    return [_view_slot(place, period, taken) for period in periods]


def list_days(place: Place, *, at: datetime) -> list[tuple[date, int]]:
    """Return the days that can be booked, each with its free places; days without any slot are left out."""
    days = list_bookable_days(at=at)
    taken = _count_taken(place.id, days[0], days=len(days))
    found = []
    for day in days:
        slots = [_view_slot(place, period, taken) for period in list_bookable(place, day=day, at=at)]
        if slots:
            found.append((day, sum(slot.free for slot in slots)))
    return found


def get_booking(code: SlipCode, *, at: datetime) -> BookingView:
    """Return the booking of a code.

    :raises BookingUnknown: when there is none.
    """
    return _view(read_booking(hash_booking(code, key=settings.HOLDER_KEY)), at=at)


def list_booked(counter: str, day: date, *, at: datetime) -> list[BookingView]:
    """Return a counter's bookings of a day in the order of their slots, without those that were moved or cancelled."""
    hashes = _seats_on(counter, day, days=1).order_by("starts_at", "seat").values_list("code_hash", flat=True)
    wanted = [bytes(octets) for octets in hashes]
    return [_view(found[octets], at=at) for found in (_read(wanted),) for octets in wanted if octets in found]


def list_expected(counter: str, *, at: datetime) -> list[datetime]:
    """Return the slots of today's bookings that have not arrived and may still."""
    views = list_booked(counter, at.astimezone(JST).date(), at=at)
    return [view.slot.start for view in views if view.state == "open"]


def read_booking(code_hash: BookingHash) -> Booking:
    """Return a booking by its hash.

    :raises BookingUnknown: when there is none.
    """
    found = _read([code_hash])
    if code_hash not in found:
        raise BookingUnknown
    return found[code_hash]


def _read(hashes: list[bytes]) -> dict[bytes, Booking]:
    counters = {bytes(row.code_hash): row.counter for row in BookedVisit.objects.filter(code_hash__in=hashes)}
    rows = BookingStep.objects.filter(code_hash__in=hashes).order_by("code_hash", "index")
    found = {}
    for octets, own in groupby(rows, key=lambda row: bytes(row.code_hash)):
        steps = [_read_step(row) for row in own]
        if octets in counters and steps[0].slot:
            start = Booking(hash=BookingHash(octets), counter=counters[octets], slot=steps[0].slot)
            found[octets] = start.with_steps(steps)
    return found


def _read_step(row: BookingStep) -> Step:
    kind = next(kind for kind in _KINDS if kind == row.kind)
    return Step(kind, row.at, Period(row.starts_at, row.ends_at) if row.starts_at and row.ends_at else None)


def _view(booking: Booking, *, at: datetime) -> BookingView:
    place = find_place(booking.counter, at=at)
    return BookingView(
        counter=booking.counter,
        slot=booking.slot,
        state=booking.get_state(at=at),
        is_kept=is_kept(place, booking.slot),
    )


def _view_slot(place: Place, period: Period, taken: Counter[datetime]) -> Slot:
    places = place.slots.places if place.slots else 0
    return Slot(period=period, places=places, free=max(0, places - taken[period.start]))


def _count_taken(counter: str, first: date, *, days: int) -> Counter[datetime]:
    return Counter(_seats_on(counter, first, days=days).values_list("starts_at", flat=True))


def _seats_on(counter: str, first: date, *, days: int) -> "QuerySet[TakenSeat]":
    start = datetime(first.year, first.month, first.day, tzinfo=JST)
    return TakenSeat.objects.filter(counter=counter, starts_at__gte=start, starts_at__lt=start + timedelta(days=days))
