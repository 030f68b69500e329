"""How cases follow each other at a counter, over any book that keeps their facts; pure.

The platform's book is the database (:mod:`mynapoint.case.operations`); a simulation's is a few dictionaries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from mynapoint.case.decisions import AnotherCaseOpened, Event, decide
from mynapoint.case.facts import Case, Extension, Fact
from mynapoint.case.rules import CardHash, CaseElsewhere, CaseName, CounterClosed, Seat, day_of


@dataclass(frozen=True, slots=True)
class Paused:
    """What a slip brings along: a case's key, and by it the one card that may continue."""

    key: bytes
    card: CardHash


@dataclass(frozen=True, slots=True)
class Opening:
    """What somebody wants to open: `closes_at` is what the calendar says, None when it says closed."""

    name: CaseName
    seat: Seat
    user_id: int
    closes_at: datetime | None
    paused: Paused | None = None


class Book(Protocol):
    """Where cases are kept. Between `lock` and the end of a transaction nobody else changes a case."""

    def find(self, name: CaseName) -> Case | None:
        """Return a case."""

    def lock(self, name: CaseName) -> Case:
        """Return a case that nobody else changes meanwhile.

        :raises CaseUnknown: when there is none.
        """

    def lock_live(self, counter: str, terminal: str) -> Case | None:
        """Return a terminal's case that nothing has ended, as `lock` does."""

    def next_number(self, counter: str, day: date) -> int:
        """Return the number of the counter's next case of the day."""

    def get_extensions(self, counter: str, day: date) -> Sequence[Extension]:
        """Return how long the counter stays open on that day beyond its calendar, in the order of time."""

    def insert(self, case: Case) -> Case:
        """Write a new case down, with a new key unless it brings one."""

    def add(self, case: Case, facts: Sequence[Fact]) -> Case:
        """Write facts down; an end takes the key away."""


def take(book: Book, name: CaseName, event: Event, *, at: datetime) -> Case:
    """Let something happen to a case, and return what it is then.

    :raises UnableAtCounter: when it is not allowed.
    """
    case = book.lock(name)
    return book.add(case, decide(case, event, at=at))


def open_case(book: Book, opening: Opening, *, at: datetime) -> Case:
    """Open a case at a terminal, which ends the one before; asked again under the same name, return the same.

    :raises CounterClosed: when the counter takes no more cases.
    :raises CaseElsewhere: when another terminal has opened a case under this name.
    """
    known = book.find(opening.name)
    if known is not None:
        _check_same_seat(known, opening.seat)
        return known
    day = day_of(at)
    closes_at = find_closing(opening.closes_at, book.get_extensions(opening.seat.counter, day))
    if closes_at is None or at >= closes_at:
        raise CounterClosed(closed_at=closes_at)
    before = book.lock_live(opening.seat.counter, opening.seat.terminal)
    if before is not None:
        book.add(before, decide(before, AnotherCaseOpened(), at=at))
    case = Case(
        name=opening.name,
        seat=opening.seat,
        number=book.next_number(opening.seat.counter, day),
        user_id=opening.user_id,
        opened_at=at,
        closes_at=closes_at,
        active_at=at,
        key=opening.paused.key if opening.paused else None,
        card=opening.paused.card if opening.paused else None,
    )
    return book.insert(case)


def find_closing(calendar: datetime | None, extensions: Sequence[Extension]) -> datetime | None:
    """Return when a counter closes on a day: the latest of what its calendar and its supervisors say."""
    return max([*([calendar] if calendar else []), *(extension.until for extension in extensions)], default=None)


def _check_same_seat(case: Case, seat: Seat) -> None:
    if case.seat.terminal != seat.terminal:
        raise CaseElsewhere
