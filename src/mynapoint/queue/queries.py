"""What can be asked about a counter's line."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings

from mynapoint.booking.queries import list_expected
from mynapoint.case.queries import get_closing, list_busy_terminals, list_durations
from mynapoint.kernel.period import JST
from mynapoint.kernel.slip_code import SlipCode
from mynapoint.place.queries import find_place
from mynapoint.place.rules import closes_at
from mynapoint.queue.facts import Fact, FactKind, Line, Person
from mynapoint.queue.models import LineFact
from mynapoint.queue.rules import NumberUnknown, Pace, check_takes_numbers, estimate_wait, hash_number

LOOKED_AT: Final = 20
"""So many of the day's last cases say how long one takes."""
AT_WORK: Final = timedelta(minutes=45)
"""A terminal that called or opened a case within this time is thought to be at work."""
_KINDS: Final[tuple[FactKind, ...]] = ("taken", "called", "set_back", "gone", "left")


@dataclass(frozen=True)
class NumberView:
    """A number as its page shows it: how many come first, and when its turn will be about."""

    counter: str
    day: date
    person: Person
    before: int
    turn_at: datetime


def get_line(counter: str, day: date) -> Line:
    """Return a counter's line of a day."""
    rows = LineFact.objects.filter(counter=counter, day=day).order_by("index")
    return Line().with_facts(_read(row) for row in rows)


def get_pace(counter: str, line: Line, *, at: datetime) -> Pace:
    """Return how fast a counter is today."""
    durations = list_durations(counter, at=at, most=LOOKED_AT)
    calling = {one.terminal for one in line.people.values() if one.called_at and at - one.called_at < AT_WORK}
    return Pace(durations, len(calling | list_busy_terminals(counter, since=at - AT_WORK, at=at)))


def get_estimate(counter: str, line: Line, *, before: int, at: datetime) -> timedelta:
    """Return how long somebody with so many before them waits, as the day has been so far."""
    pace, expected = get_pace(counter, line, at=at), list_expected(counter, at=at)
    return estimate_wait(before, pace=pace, expected=expected, at=at)


def get_number(counter: str, code: SlipCode, *, at: datetime) -> NumberView:
    """Return the number of a slip, of whichever day.

    :raises NumberUnknown: when the counter has given out none with this code.
    """
    day, number = find_number(counter, code)
    line = get_line(counter, day)
    person = line.people[number]
    before = line.count_before(number, at=at) if person.state == "waits" else 0
    wait = get_estimate(counter, line, before=before, at=at) if person.state == "waits" else timedelta()
    return NumberView(counter=counter, day=day, person=person, before=before, turn_at=at + wait)


def find_number(counter: str, code: SlipCode) -> tuple[date, int]:
    """Return day and number of a slip.

    :raises NumberUnknown: when the counter has given out none with this code.
    """
    slip = hash_number(code, key=settings.HOLDER_KEY)
    row = LineFact.objects.filter(counter=counter, code_hash=slip).values_list("day", "number").first()
    if row is None:
        raise NumberUnknown
    return row


def check_line_open(counter: str, *, at: datetime) -> None:
    """Check that a counter gives out numbers now.

    :raises LineClosed: when it does not, or there is no such counter.
    """
    place = find_place(counter, at=at)
    if place is None:
        raise NumberUnknown
    extended_to = get_closing(counter, closes_at=closes_at(place, at=at), at=at)
    check_takes_numbers(place, extended_to=extended_to, at=at)


def today(at: datetime) -> date:
    """Return the day of a line."""
    return at.astimezone(JST).date()


def _read(row: LineFact) -> Fact:
    kind = next(kind for kind in _KINDS if kind == row.kind)
    return Fact(kind, row.number, row.at, row.slot_at, row.terminal, row.terminal_name)
