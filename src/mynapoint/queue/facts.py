"""The facts of a counter's line of one day, and the line that they add up to; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from mynapoint.queue.rules import SET_BACK_BY, State

FactKind = Literal["taken", "called", "set_back", "gone", "left"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened in a line. `slot_at` comes with a number that was booked, `terminal` with a call."""

    kind: FactKind
    number: int
    at: datetime
    slot_at: datetime | None = None
    terminal: str = ""
    terminal_name: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in line: a number, when it was taken, for which slot, and where they stand."""

    number: int
    taken_at: datetime
    slot_at: datetime | None
    state: State = "waits"
    set_back: int = 0
    called_at: datetime | None = None
    terminal: str = ""
    terminal_name: str = ""


@dataclass(frozen=True)
class Line:
    """A counter's line: everybody by number, those who wait in the order of the line, and each terminal's calls."""

    people: dict[int, Person] = field(default_factory=dict)
    order: tuple[int, ...] = ()
    calls: dict[str, tuple[int, ...]] = field(default_factory=dict)
    fact_count: int = 0

    @property
    def last_number(self) -> int:
        """The last number that was taken; 0 before the first."""
        return max(self.people, default=0)

    def list_waiting(self, *, at: datetime) -> list[Person]:
        """Return those who wait in the order in which they are called: bookings whose time has come go first."""
        waiting = [self.people[number] for number in self.order]
        due = [one for one in waiting if one.slot_at is not None and one.slot_at <= at]
        first = sorted(due, key=lambda one: (one.slot_at or at, one.number))
        return first + [one for one in waiting if one not in due]

    def count_before(self, number: int, *, at: datetime) -> int:
        """Return how many are called before somebody who waits."""
        return [one.number for one in self.list_waiting(at=at)].index(number)

    def find_called(self, terminal: str) -> Person | None:
        """Return whom a terminal has called last, while they are thought to be there."""
        calls = self.calls.get(terminal)
        person = self.people[calls[-1]] if calls else None
        return person if person and person.state == "called" and person.terminal == terminal else None

    def list_called(self) -> list[Person]:
        """Return who is called, the newest call first."""
        called = [one for one in self.people.values() if one.state == "called"]
        return sorted(called, key=lambda one: (one.called_at or one.taken_at, one.number), reverse=True)

    def count_calls(self, terminal: str) -> int:
        """Return how often a terminal has called."""
        return len(self.calls.get(terminal, ()))

    def with_facts(self, facts: Iterable[Fact]) -> "Line":
        """Return the line with more facts."""
        line = self
        for fact in facts:
            line = _add(line, fact)
        return line


def _add(line: Line, fact: Fact) -> Line:
    people, calls, order = dict(line.people), dict(line.calls), line.order
    match fact.kind:
        case "taken":
            people[fact.number] = Person(fact.number, fact.at, fact.slot_at)
            order = (*order, fact.number)
        case "called":
            before = line.find_called(fact.terminal)
            if before is not None:
                people[before.number] = replace(before, state="served")
            people[fact.number] = replace(
                people[fact.number],
                state="called",
                called_at=fact.at,
                terminal=fact.terminal,
                terminal_name=fact.terminal_name,
            )
            calls[fact.terminal] = (*calls.get(fact.terminal, ()), fact.number)
            order = tuple(number for number in order if number != fact.number)
        case "set_back":
            person = people[fact.number]
            # A booking that was called in vain has had its time: from here on it stands in line like all others.
            people[fact.number] = replace(person, state="waits", set_back=person.set_back + 1, slot_at=None)
            order = (*order[:SET_BACK_BY], fact.number, *order[SET_BACK_BY:])
        case "gone" | "left":
            people[fact.number] = replace(people[fact.number], state=fact.kind)
            order = tuple(number for number in order if number != fact.number)
    return Line(people, order, calls, line.fact_count + 1)
