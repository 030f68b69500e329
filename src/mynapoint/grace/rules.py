"""What a grace ticket (猶予票) is worth, until when, and why it is refused; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import SlipCode, SlipCodeUnreadable, derive_code, hash_code, read_code
from mynapoint.programme.rules import Programme, Window

GraceHash = NewType("GraceHash", bytes)
"""The keyed hash of a ticket's code, which stands in the journal."""


@dataclass(frozen=True)
class Ticket:
    """A grace ticket: for which programme, who gave it out, and since when its bearer had stood in line there."""

    hash: GraceHash
    programme_id: str
    counter: str
    city_code: str
    number: int
    stood_at: datetime


class UnableByGrace(Refusal):
    """Why a grace ticket is not given out, or does not help."""


class NoGrace(UnableByGrace):
    """The programme knows no grace."""

    code = "no_grace"


class GraceUnknown(UnableByGrace):
    """There is no such grace ticket."""

    code = "grace_unknown"


@dataclass(eq=False)
class NotInLineInTime(UnableByGrace):
    """The number was not taken in the time that counts."""

    code = "not_in_line_in_time"
    stood_at: datetime


class ServedAlready(UnableByGrace):
    """The number was served, or whoever had it left."""

    code = "served_already"


@dataclass(eq=False)
class GraceOver(UnableByGrace):
    """The ticket's days are over."""

    code = "grace_over"
    over_at: datetime


class GraceElsewhere(UnableByGrace):
    """The ticket counts at the counters of another city."""

    code = "grace_elsewhere"


class GraceUsed(UnableByGrace):
    """The ticket was used for this, or by somebody else."""

    code = "grace_used"


def derive_grace_code(counter: str, day: str, number: int, *, programme_id: str, key: bytes) -> SlipCode:
    """Return the code of a number's grace ticket: the same each time, for printers jam."""
    return derive_code(counter, day, str(number), programme_id, purpose="mynapoint grace ticket", key=key)


def hash_grace(code: SlipCode, *, key: bytes) -> GraceHash:
    """Return the keyed hash of a ticket's code."""
    return GraceHash(hash_code(code, purpose="mynapoint grace ticket", key=key))


def read_grace_code(typed: str) -> SlipCode:
    """Return the code that somebody typed.

    :raises GraceUnknown: when it cannot be one.
    """
    try:
        return read_code(typed)
    except SlipCodeUnreadable:
        raise GraceUnknown from None


def grace_end(programme: Programme, window: Window) -> datetime:
    """Return the first instant at which a ticket no longer helps past a window's end.

    :raises NoGrace: when the programme knows none.
    """
    if programme.grace is None:
        raise NoGrace
    return window.until + timedelta(days=programme.grace.days)


def is_ticket_of_use(programme: Programme, *, at: datetime) -> bool:
    """Say whether one of a programme's windows is over and a ticket stands in for it."""
    windows = (programme.reservation, programme.application)
    return programme.grace is not None and any(w.until <= at < grace_end(programme, w) for w in windows)


def open_as_of(programme: Programme, *, at: datetime) -> datetime:
    """Return as of when services are listed for those with a ticket: within its days, the applications' last moment."""
    until = programme.application.until
    if programme.grace is None or not until <= at < grace_end(programme, programme.application):
        return at
    return until - timedelta.resolution


def check_stood(programme: Programme, *, stood_at: datetime, at: datetime) -> None:
    """Check that somebody stood in line in the time that counts, and that a ticket would still help them.

    :raises NoGrace, NotInLineInTime, GraceOver: when not.
    """
    windows = (programme.reservation, programme.application)
    end = max(grace_end(programme, window) for window in windows)
    assert programme.grace is not None, "a programme with an end of its grace has one"
    if not programme.grace.from_ <= stood_at < max(window.until for window in windows):
        raise NotInLineInTime(stood_at=stood_at)
    if at >= end:
        raise GraceOver(over_at=end)


def check_helps(ticket: Ticket, programme: Programme, window: Window, *, city_code: str | None, at: datetime) -> None:
    """Check that a ticket stands in for a window that is closed, at a counter of a city.

    :raises GraceUnknown: when it is another programme's.
    :raises GraceElsewhere: when it is another city's.
    :raises NotInLineInTime: when its bearer stood in line only after this window's end.
    :raises NoGrace, GraceOver: when its days are over.
    """
    if ticket.programme_id != programme.id:
        raise GraceUnknown
    if ticket.city_code != city_code:
        raise GraceElsewhere
    if ticket.stood_at >= window.until:
        raise NotInLineInTime(stood_at=ticket.stood_at)
    end = grace_end(programme, window)
    if at >= end:
        raise GraceOver(over_at=end)
