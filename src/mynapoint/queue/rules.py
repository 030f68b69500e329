"""When numbers are given out at a counter, how long one waits, and why something is refused in a line; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import SlipCode, SlipCodeUnreadable, hash_code, read_code
from mynapoint.place.rules import Place, get_openings

LINES_UP: Final = timedelta(minutes=60)
"""So long before a counter opens numbers can be taken: people stand there anyway."""
SET_BACK_BY: Final = 3
"""Whoever is not there when called lets so many go first; the second time, the number is gone."""
USUAL: Final = timedelta(minutes=20)
"""How long a case takes, as long as the day has not shown it."""
State = Literal["waits", "called", "served", "gone", "left"]
"""Where somebody in line stands."""
MOST_NUMBERS: Final = 9999


class UnableInLine(Refusal):
    """Why something is not done in a counter's line."""


@dataclass(eq=False)
class LineClosed(UnableInLine):
    """No numbers are given out now; `open_from` is when they are again today."""

    code = "line_closed"
    open_from: datetime | None = None


class LineFull(UnableInLine):
    """The day's last number is taken."""

    code = "line_full"


class NobodyWaits(UnableInLine):
    """There is nobody to call."""

    code = "nobody_waits"


class LineMoved(UnableInLine):
    """The page is older than this terminal's last call."""

    code = "line_moved"


class NotCalledHere(UnableInLine):
    """The number is not the one that this terminal has called."""

    code = "not_called_here"


class NumberUnknown(UnableInLine):
    """There is no such number today."""

    code = "number_unknown"


class NotWaiting(UnableInLine):
    """The number does not wait: it is called, served or gone."""

    code = "not_waiting"


def check_takes_numbers(place: Place, *, extended_to: datetime | None, at: datetime) -> None:
    """Check that a counter gives out numbers: from an hour before an opening until its end.

    `extended_to` is until when a supervisor keeps it open today.

    :raises LineClosed: when it does not; with the time from which it does again today.
    """
    openings = get_openings(place, day=at.astimezone(JST).date())
    if any(opening.start - LINES_UP <= at < opening.end for opening in openings):
        return
    if extended_to is not None and openings and openings[0].start <= at < extended_to:
        return
    starts = [opening.start - LINES_UP for opening in openings]
    raise LineClosed(open_from=next((start for start in starts if at < start), None))


@dataclass(frozen=True)
class Pace:
    """How fast a counter is: how long its last cases took, and at how many terminals somebody is helped."""

    durations: Sequence[timedelta]
    terminals: int

    @property
    def per_case(self) -> timedelta:
        """How long a case takes on average."""
        return sum(self.durations, timedelta()) / len(self.durations) if self.durations else USUAL


def estimate_wait(before: int, *, pace: Pace, expected: Sequence[datetime], at: datetime) -> timedelta:
    """Return how long somebody waits with so many before them.

    :param expected: the slots of bookings that have not arrived: those that come due meanwhile go first.
    """
    each = pace.per_case / max(1, pace.terminals)
    wait = each * before
    for slot_at in sorted(expected):
        if slot_at >= at + wait:
            break
        wait += each
    return wait


def hash_number(code: SlipCode, *, key: bytes) -> bytes:
    """Return the keyed hash of the code on a number's slip."""
    return hash_code(code, purpose="mynapoint number", key=key)


def read_number_code(typed: str) -> SlipCode:
    """Return the code of a number's slip.

    :raises NumberUnknown: when it cannot be one.
    """
    try:
        return read_code(typed)
    except SlipCodeUnreadable:
        raise NumberUnknown from None
