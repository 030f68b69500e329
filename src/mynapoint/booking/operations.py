"""What can be done about bookings. A code is given out once and kept as a keyed hash alone."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from mynapoint.booking.models import BookedVisit, BookingStep, TakenSeat
from mynapoint.booking.queries import read_booking
from mynapoint.booking.rules import (
    FORGOTTEN_AFTER,
    Booking,
    BookingHash,
    BookingUnknown,
    SlotFull,
    SlotUnknown,
    Step,
    check_arrives,
    check_open,
    find_bookable,
    hash_booking,
)
from mynapoint.kernel.period import Period
from mynapoint.kernel.slip_code import SlipCode, draw_code
from mynapoint.kernel.sql import insert_unless
from mynapoint.place.queries import find_place
from mynapoint.place.rules import Place


@transaction.atomic
def book(counter: str, starts_at: datetime, *, at: datetime) -> SlipCode:
    """Take a place in a slot; return the code with which it is shown, moved and cancelled.

    :raises NoBookingsHere, SlotUnknown, SlotFull: when there is none to take.
    """
    place = _get_place(counter, at=at)
    slot, code = find_bookable(place, starts_at, at=at), draw_code()
    code_hash = hash_booking(code, key=settings.HOLDER_KEY)
    _take_seat(place, slot, code_hash)
    BookedVisit.objects.create(code_hash=code_hash, counter=counter, booked_at=at)
    _add(code_hash, 0, Step("booked", at, slot))
    return code


@transaction.atomic
def move(code: SlipCode, starts_at: datetime, *, at: datetime) -> None:
    """Take a place in another slot of the same counter and give the first one back; it stays when there is none.

    :raises BookingUnknown, BookingOver, NoBookingsHere, SlotUnknown, SlotFull: when it cannot be moved.
    """
    booking = _lock(code)
    check_open(booking, at=at)
    if booking.slot.start == starts_at:
        return
    place = _get_place(booking.counter, at=at)
    slot = find_bookable(place, starts_at, at=at)
    _give_back(booking)
    _take_seat(place, slot, booking.hash)
    _add(booking.hash, booking.step_count, Step("moved", at, slot))


@transaction.atomic
def cancel(code: SlipCode, *, at: datetime) -> None:
    """Give a place back; one that is cancelled stays so.

    :raises BookingUnknown, BookingOver: when there is none to give back.
    """
    booking = _lock(code)
    if booking.is_cancelled:
        return
    check_open(booking, at=at)
    _give_back(booking)
    _add(booking.hash, booking.step_count, Step("cancelled", at))


@transaction.atomic
def arrive(code: SlipCode, counter: str, *, at: datetime) -> datetime:
    """Note that whoever has this booking has come; return when their slot begins.

    :raises BookingUnknown, BookingOver, BookedElsewhere, BookedAnotherDay: when it does not count here and now.
    """
    booking = _lock(code)
    check_arrives(booking, counter=counter, at=at)
    _add(booking.hash, booking.step_count, Step("arrived", at))
    return booking.slot.start


@transaction.atomic
def forget(*, at: datetime) -> int:
    """Delete bookings whose slot is long over; return how many."""
    limit = at - FORGOTTEN_AFTER
    kept = BookingStep.objects.filter(ends_at__gt=limit).values("code_hash")
    old = [bytes(octets) for octets in BookedVisit.objects.filter(booked_at__lte=limit)
           .exclude(code_hash__in=kept).values_list("code_hash", flat=True)[:1000]]  # fmt: skip
    for table in (TakenSeat, BookingStep, BookedVisit):
        table._default_manager.filter(code_hash__in=old).delete()
    return len(old)


def _get_place(counter: str, *, at: datetime) -> Place:
    place = find_place(counter, at=at)
    if place is None:
        raise SlotUnknown
    return place


def _lock(code: SlipCode) -> Booking:
    """Return a booking that nobody else changes meanwhile.

    :raises BookingUnknown: when there is none.
    """
    code_hash = hash_booking(code, key=settings.HOLDER_KEY)
    if not BookedVisit.objects.select_for_update().filter(code_hash=code_hash).exists():
        raise BookingUnknown
    return read_booking(code_hash)


def _take_seat(place: Place, slot: Period, code_hash: BookingHash) -> None:
    """Take the first free place; where somebody is just taking it, this waits, and takes the next one.

    :raises SlotFull: when every place is taken.
    """
    seats = TakenSeat.objects.filter(counter=place.id, starts_at=slot.start)
    taken = set(seats.values_list("seat", flat=True))
    for seat in range(place.slots.places if place.slots else 0):
        row = TakenSeat(counter=place.id, starts_at=slot.start, seat=seat, code_hash=code_hash)
        if seat not in taken and insert_unless("one_booking_per_seat", row):
            return
    raise SlotFull


def _give_back(booking: Booking) -> None:
    TakenSeat.objects.filter(counter=booking.counter, code_hash=booking.hash).delete()


def _add(code_hash: BookingHash, index: int, step: Step) -> None:
    BookingStep.objects.create(
        code_hash=code_hash,
        index=index,
        kind=step.kind,
        starts_at=step.slot.start if step.slot else None,
        ends_at=step.slot.end if step.slot else None,
        at=step.at,
    )
