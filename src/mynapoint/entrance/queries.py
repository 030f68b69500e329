"""What can be asked about the entrance."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from mynapoint.entrance.models import AdmissionChange, Maintenance, UsedTicket
from mynapoint.entrance.rules import EVERYBODY, Admission, Closure, TicketNumber


@dataclass(frozen=True)
class Line:
    """How people are let in, the last number that was drawn, and how many wait."""

    admission: Admission
    last_drawn: int
    waiting: int


def get_admission() -> Admission:
    """Return how people are let in."""
    newest = AdmissionChange.objects.order_by("-number").first()
    return EVERYBODY if newest is None else as_admission(newest)


def get_line(*, at: datetime) -> Line:
    """Return the line as it stands."""
    admission = get_admission()
    with connection.cursor() as cursor:
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM entrance_ticket")
        last = int(cursor.fetchone()[0])
    waiting = admission.count_before(last + 1, at=at) if admission.is_waiting_room_open else 0
    return Line(admission=admission, last_drawn=last, waiting=waiting)


def is_used(number: TicketNumber) -> bool:
    """Tell whether somebody has begun with a ticket."""
    return UsedTicket.objects.filter(number=number).exists()


def find_way(number: TicketNumber, *, since: datetime) -> bytes | None:
    """Return where a ticket led, sealed, when it was used since then."""
    found = UsedTicket.objects.filter(number=number, used_at__gt=since).values_list("sealed_way", flat=True).first()
    return None if found is None else bytes(found)


def find_announced() -> Closure | None:
    """Return the maintenance that was announced last, over or not; None when there is none, or it was withdrawn."""
    newest = Maintenance.objects.order_by("-number").first()
    if newest is None or newest.from_at is None or newest.until_at is None:
        return None
    return Closure(from_at=newest.from_at, until_at=newest.until_at)


def find_closure(*, at: datetime) -> Closure | None:
    """Return the maintenance that is to come or on; None when it is over."""
    announced = find_announced()
    return announced if announced is not None and at < announced.until_at else None


def count_changes() -> int:
    """Return how often it was changed how people are let in, or when nothing is taken in."""
    return AdmissionChange.objects.count() + Maintenance.objects.count()


def as_admission(row: AdmissionChange) -> Admission:
    """Return a row as the rules know it."""
    return Admission(
        number=row.number,
        changed_at=row.changed_at,
        first=TicketNumber(row.first),
        per_minute=row.per_minute,
        reason="load" if row.reason == "load" else "hand",
        opened_at=row.opened_at,
    )
