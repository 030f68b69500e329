"""What happens in a counter's line, and what becomes of the line by it; pure."""

from dataclasses import dataclass
from datetime import datetime

from mynapoint.queue.facts import Fact, FactKind, Line, Person
from mynapoint.queue.rules import (
    MOST_NUMBERS,
    LineFull,
    LineMoved,
    NobodyWaits,
    NotCalledHere,
    NotWaiting,
    NumberUnknown,
)


@dataclass(frozen=True, slots=True)
class TakeNumber:
    """Somebody comes in; with a booking, for its slot."""

    slot_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallNext:
    """A terminal is free; `after` is how often it had called when its page was made."""

    terminal: str
    terminal_name: str
    after: int


@dataclass(frozen=True, slots=True)
class CallNumber:
    """A terminal calls this very number, in its turn or not: somebody who came back, or cannot stand."""

    terminal: str
    terminal_name: str
    after: int
    number: int


@dataclass(frozen=True, slots=True)
class ReportAbsent:
    """Nobody came to this terminal."""

    terminal: str
    number: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Somebody waits no longer."""

    number: int


Event = TakeNumber | CallNext | CallNumber | ReportAbsent | GiveUp


def decide(line: Line, event: Event, *, at: datetime) -> list[Fact]:
    """Return the facts that an event adds to a line: none when it was so already, as after a second click.

    :raises UnableInLine: when it is not possible.
    """
    match event:
        case TakeNumber():
            if line.last_number >= MOST_NUMBERS:
                raise LineFull
            return [Fact("taken", line.last_number + 1, at, slot_at=event.slot_at)]
        case CallNext() | CallNumber():
            return _decide_call(line, event, at=at)
        case ReportAbsent():
            return _decide_absent(line, event, at=at)
        case GiveUp():
            person = _get_person(line, event.number)
            if person.state == "left":
                return []
            if person.state != "waits":
                raise NotWaiting
            return [Fact("left", event.number, at)]


def _decide_call(line: Line, event: CallNext | CallNumber, *, at: datetime) -> list[Fact]:
    calls = line.count_calls(event.terminal)
    if calls == event.after + 1:
        return []
    if calls != event.after:
        raise LineMoved
    if isinstance(event, CallNumber):
        if _get_person(line, event.number).state not in {"waits", "gone", "left"}:
            raise NotWaiting
        number = event.number
    else:
        waiting = line.list_waiting(at=at)
        if not waiting:
            raise NobodyWaits
        number = waiting[0].number
    return [Fact("called", number, at, terminal=event.terminal, terminal_name=event.terminal_name)]


def _decide_absent(line: Line, event: ReportAbsent, *, at: datetime) -> list[Fact]:
    person = _get_person(line, event.number)
    calls = line.calls.get(event.terminal, ())
    if not calls or calls[-1] != event.number:
        raise NotCalledHere
    if line.find_called(event.terminal) is None:
        return []  # said before
    kind: FactKind = "gone" if person.set_back else "set_back"
    return [Fact(kind, event.number, at, terminal=event.terminal, terminal_name=person.terminal_name)]


def _get_person(line: Line, number: int) -> Person:
    if number not in line.people:
        raise NumberUnknown
    return line.people[number]
