"""What can be done in a counter's line. Each of these is one transaction over the line's next fact."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction

from mynapoint.booking.operations import arrive
from mynapoint.case.rules import Seat
from mynapoint.kernel.integrity import constraint_name
from mynapoint.kernel.slip_code import SlipCode, draw_code
from mynapoint.queue.decisions import CallNext, CallNumber, Event, GiveUp, ReportAbsent, TakeNumber, decide
from mynapoint.queue.facts import Fact, Person
from mynapoint.queue.models import LineFact
from mynapoint.queue.queries import check_line_open, find_number, get_line, today
from mynapoint.queue.rules import NumberUnknown, hash_number

T = TypeVar("T")
ROUNDS: Final = 20
"""So many people may take a number, or be called, at one counter at the same instant."""


@dataclass(frozen=True)
class TakenNumber:
    """A number as its slip has it; the code is kept nowhere else."""

    counter: str
    day: date
    number: int
    taken_at: datetime
    slot_at: datetime | None
    code: SlipCode


def take_number(counter: str, *, booking: SlipCode | None = None, at: datetime) -> TakenNumber:
    """Give out the next number; whoever has booked is called when their slot begins.

    :raises LineClosed, LineFull: when no number is given out.
    :raises UnableToBook: when the booking does not count here and now.
    """

    def take() -> TakenNumber:
        check_line_open(counter, at=at)
        slot_at = arrive(booking, counter, at=at) if booking else None
        code = draw_code()
        slip = hash_number(code, key=settings.HOLDER_KEY)
        fact, *_ = _happen(counter, TakeNumber(slot_at), code_hash=slip, at=at)
        return TakenNumber(counter, today(at), fact.number, at, slot_at, code)

    return _until_first(take)


def call_next(seat: Seat, *, after: int, user_id: int, at: datetime) -> Person:
    """Call whoever is next to a terminal, whose citizen before is taken to be served; return whom.

    :raises NobodyWaits, LineMoved: when nobody is called.
    """
    return _call(seat, CallNext(seat.terminal, seat.terminal_name, after), user_id=user_id, at=at)


def call_number(seat: Seat, number: int, *, after: int, user_id: int, at: datetime) -> Person:
    """Call a number to a terminal out of its turn.

    :raises NumberUnknown, NotWaiting, LineMoved: when it cannot be called.
    """
    return _call(seat, CallNumber(seat.terminal, seat.terminal_name, after, number), user_id=user_id, at=at)


def report_absent(seat: Seat, number: int, *, user_id: int, at: datetime) -> Person:
    """Note that whom a terminal has called did not come: set back once, then gone.

    :raises NumberUnknown, NotCalledHere: when it is not the terminal's.
    """
    _until_first(lambda: _happen(seat.counter, ReportAbsent(seat.terminal, number), user_id=user_id, at=at))
    return get_line(seat.counter, today(at)).people[number]


def give_up(counter: str, code: SlipCode, *, at: datetime) -> None:
    """Note that whoever has this slip waits no longer.

    :raises NumberUnknown, NotWaiting: when there is nothing to give up.
    """
    day, number = find_number(counter, code)
    if day != today(at):
        raise NumberUnknown
    _until_first(lambda: _happen(counter, GiveUp(number), at=at))


def _call(seat: Seat, event: CallNext | CallNumber, *, user_id: int, at: datetime) -> Person:
    _until_first(lambda: _happen(seat.counter, event, user_id=user_id, at=at))
    line = get_line(seat.counter, today(at))
    return line.people[line.calls[seat.terminal][event.after]]


def _happen(
    counter: str, event: Event, *, user_id: int | None = None, code_hash: bytes | None = None, at: datetime
) -> list[Fact]:
    """Let something happen in today's line."""
    day = today(at)
    line = get_line(counter, day)
    facts = decide(line, event, at=at)
    for index, fact in enumerate(facts, line.fact_count):
        LineFact.objects.create(
            counter=counter,
            day=day,
            index=index,
            kind=fact.kind,
            number=fact.number,
            at=fact.at,
            slot_at=fact.slot_at,
            code_hash=code_hash,
            terminal=fact.terminal,
            terminal_name=fact.terminal_name,
            user_id=user_id,
        )
    return facts


def _until_first(write: Callable[[], T]) -> T:
    """Run a transaction again for as long as another one writes the line's next fact first."""
    for _ in range(ROUNDS):
        try:
            with transaction.atomic():
                return write()
        except IntegrityError as error:
            if constraint_name(error) != "one_thing_at_a_time_in_line":
                raise
    raise RuntimeError("this line kept being written to")
