"""What can be done with grace tickets: give them out, and let an act be done by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from mynapoint.act.rules import Late, SignedAct
from mynapoint.case.rules import CaseName
from mynapoint.grace.models import GraceTicket, ShownGrace, UsedGrace
from mynapoint.grace.queries import as_ticket
from mynapoint.grace.rules import (
    GraceUnknown,
    GraceUsed,
    ServedAlready,
    Ticket,
    check_helps,
    check_stood,
    derive_grace_code,
    hash_grace,
)
from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name
from mynapoint.kernel.slip_code import SlipCode
from mynapoint.kernel.sql import insert
from mynapoint.place.queries import find_place
from mynapoint.programme.queries import get_programme
from mynapoint.programme.rules import Programme, Window, check_open
from mynapoint.queue.queries import get_line
from mynapoint.queue.rules import NumberUnknown

SERVED = {"served", "left"}
FORGOTTEN_AFTER = timedelta(days=15)
"""As long as a paused case can be continued, and a day."""


@dataclass(frozen=True)
class Issued:
    """A ticket as it is printed."""

    number: int
    stood_at: datetime
    code: SlipCode


@dataclass(frozen=True)
class Admitted:
    """What lets an act be done: as of when its windows are judged, and what its journal entry says of it."""

    as_of: datetime
    facts: Mapping[str, str | int]


def issue(counter: str, day: date, number: int, *, programme_id: str, user_id: int, at: datetime) -> Issued:
    """Give a number that could not be served a ticket; the same number again gives the same ticket.

    :raises NumberUnknown, ServedAlready: when nobody waits with this number.
    :raises NoGrace, NotInLineInTime, GraceOver: when the programme has no grace for it.
    """
    place, person = find_place(counter, at=at), get_line(counter, day).people.get(number)
    if place is None or place.city_code is None or person is None:
        raise NumberUnknown
    code = derive_grace_code(counter, day.isoformat(), number, programme_id=programme_id, key=settings.HOLDER_KEY)
    issued = Issued(number, person.taken_at, code)
    code_hash = hash_grace(code, key=settings.HOLDER_KEY)
    if GraceTicket.objects.filter(counter=counter, code_hash=code_hash).exists():
        return issued
    if person.state in SERVED:
        raise ServedAlready
    check_stood(get_programme(programme_id, at=at), stood_at=person.taken_at, at=at)
    row = GraceTicket(
        counter=counter,
        code_hash=code_hash,
        programme=programme_id,
        day=day,
        number=number,
        stood_at=person.taken_at,
        city_code=place.city_code,
        user_id=user_id,
        issued_at=at,
    )
    try:
        _write(row, at=at)
    except IntegrityError as error:
        if constraint_name(error) not in {"one_ticket_per_code", "one_grace_per_number"}:
            raise  # else somebody has just given it out: it is the same ticket
    return issued


@transaction.atomic
def show(case: CaseName, late: Late, *, at: datetime) -> None:
    """Note which ticket was shown in a case, in the place of an earlier one."""
    ShownGrace.objects.update_or_create(
        counter=case.counter, case_id=case.id, defaults={"code_hash": late.ticket, "shown_at": at}
    )


@transaction.atomic
def carry_over(paused: UUID, case: CaseName, *, at: datetime) -> None:
    """Let a case that continues a paused one, here or at another counter, go by the ticket that was shown in that."""
    shown = ShownGrace.objects.filter(case_id=paused).first()
    if shown is not None:
        ShownGrace.objects.update_or_create(
            counter=case.counter, case_id=case.id, defaults={"code_hash": shown.code_hash, "shown_at": at}
        )


@transaction.atomic
def forget_shown(*, at: datetime) -> int:
    """Forget what was shown in cases that are long over; return how many."""
    return ShownGrace.objects.filter(shown_at__lt=at - FORGOTTEN_AFTER).delete()[0]


def admit(act: SignedAct, programme: Programme, window: Window) -> Admitted:
    """Check, inside the act's transaction, that its window is open, or that its grace ticket stands in for it.

    A ticket is used up by it: once for each kind of act, and by one person alone.

    :raises WindowNotOpen, WindowClosed: when the act has no ticket.
    :raises UnableByGrace: when its ticket does not help.
    """
    if act.late is None or act.at < window.until:
        check_open(window, at=act.at)
        return Admitted(act.at, {})
    ticket = _use(act, act.late, programme, window)
    return Admitted(ticket.stood_at, {"ticket": ticket.hash.hex(), "stood_at": ticket.stood_at.isoformat()})


@transaction.atomic
def _write(row: GraceTicket, *, at: datetime) -> None:
    facts: dict[str, str | int] = {
        "counter": row.counter,
        "number": row.number,
        "stood_at": row.stood_at.isoformat(),
        "programme": row.programme,
        "ticket": bytes(row.code_hash).hex(),
        "user": row.user_id,
    }
    row.entry_id = record(kind="grace_issued", facts=facts, at=at)
    insert(row)


def _use(act: SignedAct, late: Late, programme: Programme, window: Window) -> Ticket:
    row = GraceTicket.objects.select_for_update().filter(counter=late.counter, code_hash=late.ticket).first()
    if row is None:
        raise GraceUnknown
    place = find_place(act.counter, at=act.at) if act.counter else None
    ticket = as_ticket(row)
    check_helps(ticket, programme, window, city_code=place.city_code if place else None, at=act.at)
    uses = dict(UsedGrace.objects.filter(counter=late.counter, code_hash=late.ticket).values_list("kind", "holder_id"))
    if act.kind in uses or any(holder != act.holder.id for holder in uses.values()):
        raise GraceUsed
    used = UsedGrace(
        counter=late.counter,
        code_hash=late.ticket,
        kind=act.kind,
        holder_id=act.holder.id,
        act_id=act.id,
        used_at=act.at,
    )
    insert(used)
    return ticket
