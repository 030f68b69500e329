"""What can be done at the entrance."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, connection, transaction

from mynapoint.entrance.models import AdmissionChange, Maintenance, UsedTicket
from mynapoint.entrance.queries import as_admission
from mynapoint.entrance.rules import (
    EVERYBODY,
    TICKET_LIFE,
    Admission,
    AdmissionChangedMeanwhile,
    Closure,
    TicketNumber,
    TicketUsed,
    close_after,
    open_after,
)
from mynapoint.kernel.integrity import constraint_name
from mynapoint.kernel.sql import wait_for_turn

# One question for both, and no transaction that waits for the disk: a number that a crash loses was nobody's turn.
_DRAW: Final = """
    SELECT nextval('entrance_ticket'), newest.* FROM set_config('synchronous_commit', 'off', true)
    LEFT JOIN LATERAL (
        SELECT number, changed_at, first, per_minute, reason, opened_at FROM entrance_admissionchange
        ORDER BY number DESC LIMIT 1
    ) newest ON true
"""
_FORGET_AT_ONCE: Final = 10_000


def draw() -> tuple[TicketNumber, Admission]:
    """Draw the next number, in the order of arrival; return it with how people are let in."""
    with connection.cursor() as cursor:
        cursor.execute(_DRAW)
        number, *newest = cursor.fetchone()
    return TicketNumber(number), EVERYBODY if newest[0] is None else as_admission(AdmissionChange(*newest))


def change(admission: Admission) -> None:
    """Have people let in differently from now on.

    :raises AdmissionChangedMeanwhile: when somebody else changed it at the same moment.
    """
    try:
        with transaction.atomic():
            AdmissionChange.objects.create(**asdict(admission))
    except IntegrityError as error:
        if constraint_name(error) != "one_admission_after_another":
            raise
        raise AdmissionChangedMeanwhile from None


def open_waiting_room(*, per_minute: int, at: datetime) -> Admission:
    """Let people in one after the other, so many a minute; those who wait already keep their places.

    :raises AdmissionChangedMeanwhile: when somebody else changed it at the same moment.
    """
    number, known = draw()
    last = number if not known.is_waiting_room_open else min(number, known.next_number(at=at) - 1)
    opened = open_after(known, TicketNumber(last), per_minute=per_minute, reason="hand", at=at)
    change(opened)
    return opened


def close_waiting_room(*, at: datetime) -> Admission:
    """Let everybody in.

    :raises AdmissionChangedMeanwhile: when somebody else changed it at the same moment.
    """
    number, known = draw()
    if not known.is_waiting_room_open:
        return known
    closed = close_after(known, number, reason="hand", at=at)
    change(closed)
    return closed


@contextmanager
def using_ticket(number: TicketNumber, *, at: datetime) -> Iterator["Beginning"]:
    """Let one person begin with a ticket, in one transaction with what they begin; a failure in it leaves the ticket.

    :raises TicketUsed: when somebody has begun with it.
    """
    with transaction.atomic():
        _use(number, at=at)
        yield Beginning(number)


@dataclass(frozen=True)
class Beginning:
    """What is being begun with a ticket."""

    number: TicketNumber

    def leads(self, sealed_way: bytes) -> None:
        """Note where it leads, for a second click."""
        UsedTicket.objects.filter(number=self.number).update(sealed_way=sealed_way)

    def fails(self) -> None:
        """Leave the ticket unused, and everything else undone."""
        transaction.set_rollback(True)


def _use(number: TicketNumber, *, at: datetime) -> None:
    try:
        with transaction.atomic():
            UsedTicket.objects.create(number=number, used_at=at)
    except IntegrityError as error:
        if constraint_name(error) != "one_beginning_per_ticket":
            raise
        raise TicketUsed from None


@transaction.atomic
def forget_tickets(*, at: datetime) -> int:
    """Forget used tickets that could not be used again anyway, many at a time; return how many."""
    old = UsedTicket.objects.filter(used_at__lt=at - TICKET_LIFE).order_by("used_at")[:_FORGET_AT_ONCE]
    forgotten, _ = UsedTicket.objects.filter(number__in=list(old.values_list("number", flat=True))).delete()
    return forgotten


@transaction.atomic
def announce_maintenance(closure: Closure | None, *, at: datetime) -> None:
    """Announce when nothing is taken in; with None, withdraw what was announced. Of two at once, the second counts."""
    wait_for_turn("maintenance")
    newest = Maintenance.objects.order_by("-number").first()
    Maintenance.objects.create(
        number=1 if newest is None else newest.number + 1,
        from_at=None if closure is None else closure.from_at,
        until_at=None if closure is None else closure.until_at,
        announced_at=at,
    )
