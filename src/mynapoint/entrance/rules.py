"""Whose turn it is: a pure function of time, so that nothing is written while people wait."""

import unicodedata
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NewType

from mynapoint.kernel.refusal import Refusal

TicketNumber = NewType("TicketNumber", int)
Reason = Literal["hand", "load"]
Standing = Literal["waits", "passes", "late"]

MINUTE: Final = timedelta(minutes=1)
FASTEST: Final = 1_000_000
"""the highest pace: people a minute"""
GRACE: Final = timedelta(minutes=30)
"""How long a turn is kept for somebody who is not there when it comes."""
TICKET_LIFE: Final = timedelta(days=3)
"""How long a ticket counts at all; after it, a used one may be forgotten."""
AGAIN: Final = timedelta(minutes=1)
"""How long a second click with a used ticket comes to what the first one began."""
SLACK: Final = timedelta(seconds=10)
"""How much of its pace an opened waiting room saves up while nobody waits: a later rush is let in no faster by more."""
SHORTEST: Final = timedelta(minutes=1)
"""How long a waiting room that load has opened stays open at least."""
CALM: Final = 0.5
"""The part of the arrivals that opened it below which load lets it close."""


class TicketUsed(Refusal):
    """Somebody has begun with this ticket."""

    code = "ticket_used"


class AdmissionChangedMeanwhile(Refusal):
    """Somebody else changed the admission at the same moment."""

    code = "admission_changed_meanwhile"


class PaceUnusable(Refusal):
    """What was typed is no number of people a minute."""

    code = "pace_unusable"


@dataclass(frozen=True)
class Admission:
    """From a moment on: everybody is let in, or from a number on so many a minute, one after the other.

    ``number`` counts the changes; ``first`` is the first ticket that was not let in before.
    """

    number: int
    changed_at: datetime
    first: TicketNumber
    per_minute: int | None
    reason: Reason
    opened_at: datetime | None

    @property
    def is_waiting_room_open(self) -> bool:
        """Tell whether people are let in one after the other."""
        return self.per_minute is not None

    def turn_at(self, number: int) -> datetime:
        """Return when a ticket's turn comes or came: each takes its part of a minute after the one before."""
        if self.per_minute is None:
            return self.changed_at
        return self.changed_at + (number - self.first + 1) * MINUTE / self.per_minute

    def get_standing(self, number: int, *, at: datetime) -> Standing:
        """Tell where a ticket stands: its turn lasts from its moment for as long as the grace."""
        if self.per_minute is None:
            return "passes"
        turn = self.turn_at(number)
        if at < turn:
            return "waits"
        return "passes" if at < turn + GRACE else "late"

    def next_number(self, *, at: datetime) -> TicketNumber:
        """Return the first number whose turn has not come."""
        if self.per_minute is None:
            return self.first
        return TicketNumber(self.first + (at - self.changed_at) * self.per_minute // MINUTE)

    def count_before(self, number: int, *, at: datetime) -> int:
        """Return how many turns come before a ticket's own."""
        return max(0, number - self.next_number(at=at))


EVERYBODY: Final = Admission(
    number=0,
    changed_at=datetime(1970, 1, 1, tzinfo=UTC),
    first=TicketNumber(1),
    per_minute=None,
    reason="hand",
    opened_at=None,
)
"""What counts before the first change."""


@dataclass(frozen=True)
class Limits:
    """When load opens the waiting room: above so many arrivals a minute (0: never); and its pace then."""

    opens_above: int
    per_minute: int


@dataclass(frozen=True)
class Ticket:
    """A place in line. It means nothing about its bearer."""

    number: TicketNumber
    drawn_at: datetime

    def is_valid(self, *, at: datetime) -> bool:
        """Tell whether the ticket still counts."""
        return at < self.drawn_at + TICKET_LIFE


class Arrivals:
    """How many people arrive, seen by one process: numbers are drawn for all, so two of them tell."""

    WINDOW: Final = timedelta(seconds=5)
    STEP: Final = timedelta(milliseconds=250)

    def __init__(self) -> None:
        self._seen: deque[tuple[datetime, int]] = deque()

    def note(self, number: int, *, at: datetime) -> float | None:
        """Take note of a number that was drawn now; return the arrivals a minute, or None while it is too early."""
        seen = self._seen
        if seen and at < seen[-1][0]:  # a clock that was set back
            seen.clear()
        if not seen or at - seen[-1][0] >= self.STEP:
            seen.append((at, number))
        while len(seen) > 1 and at - seen[1][0] >= self.WINDOW:
            seen.popleft()
        since, first = seen[0]
        if at - since < self.WINDOW:
            return None
        return (number - first) / ((at - since) / MINUTE)


def decide(
    known: Admission, *, number: TicketNumber, arriving: float | None, limits: Limits, at: datetime
) -> Admission | None:
    """Return what changes as a number is drawn, or None: load opens the waiting room, and calm closes it again.

    An open one that nobody waits in goes on from this number: it does not save up more than its slack.
    """
    if known.per_minute is None:
        if not limits.opens_above or arriving is None or arriving <= limits.opens_above:
            return None
        return open_after(known, number, per_minute=limits.per_minute, reason="load", at=at)
    if known.get_standing(number, at=at) == "waits":
        return None
    if _is_calm(known, arriving=arriving, limits=limits, at=at):
        return close_after(known, number, at=at)
    if at - known.turn_at(number) < SLACK:
        return None
    return open_after(known, number, per_minute=known.per_minute, reason=known.reason, at=at)


def open_after(known: Admission, number: TicketNumber, *, per_minute: int, reason: Reason, at: datetime) -> Admission:
    """Return an open waiting room in which the numbers after this one wait."""
    return Admission(
        number=known.number + 1,
        changed_at=at,
        first=TicketNumber(number + 1),
        per_minute=per_minute,
        reason=reason,
        opened_at=known.opened_at or at,
    )


def close_after(known: Admission, number: TicketNumber, *, reason: Reason = "load", at: datetime) -> Admission:
    """Return a closed waiting room: everybody is let in."""
    return Admission(
        number=known.number + 1,
        changed_at=at,
        first=TicketNumber(number + 1),
        per_minute=None,
        reason=reason,
        opened_at=None,
    )


def read_pace(typed: str) -> int:
    """Return a typed number of people a minute.

    :raises PaceUnusable: when it is none, or none that makes sense.
    """
    try:
        pace = int(unicodedata.normalize("NFKC", typed).replace(",", "").strip())
    except ValueError:
        raise PaceUnusable from None
    if not 0 < pace <= FASTEST:
        raise PaceUnusable
    return pace


@dataclass(frozen=True)
class Closure:
    """A span in which nothing is taken in, for maintenance."""

    from_at: datetime
    until_at: datetime

    def is_on(self, *, at: datetime) -> bool:
        """Tell whether nothing is taken in."""
        return self.from_at <= at < self.until_at


def _is_calm(known: Admission, *, arriving: float | None, limits: Limits, at: datetime) -> bool:
    """Tell whether load may close what load has opened."""
    is_old_enough = known.opened_at is not None and at - known.opened_at >= SHORTEST
    return known.reason == "load" and is_old_enough and arriving is not None and arriving < limits.opens_above * CALM
