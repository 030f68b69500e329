"""What can be asked about grace tickets."""

from datetime import date, datetime
from typing import cast
from uuid import UUID

from django.conf import settings

from mynapoint.act.rules import Kind, Late
from mynapoint.case.rules import CaseName
from mynapoint.grace.models import GraceTicket, ShownGrace, UsedGrace
from mynapoint.grace.rules import GraceHash, GraceUnknown, GraceUsed, Ticket, check_helps, grace_end, hash_grace
from mynapoint.kernel.rows import HeldRow, copy_rows
from mynapoint.kernel.slip_code import SlipCode
from mynapoint.place.queries import find_place, list_counters
from mynapoint.place.rules import Place, can_help_with, open_from
from mynapoint.programme.queries import get_programme
from mynapoint.programme.rules import Programme, Window


def find_late(code: SlipCode, window: Window, *, kind: Kind, counter: str, at: datetime) -> Late | None:
    """Return what a statement says of a ticket that is shown at a counter; None while its window is open anyway.

    :raises UnableByGrace: when the ticket does not help there and then.
    """
    return _find_late(hash_grace(code, key=settings.HOLDER_KEY), window, kind=kind, counter=counter, at=at)


def find_shown(case: CaseName, window: Window, *, kind: Kind, at: datetime) -> Late | None:
    """Return what a statement says of the ticket that was shown in a case; None when none was, or none is needed.

    :raises UnableByGrace: when it does not help any more.
    """
    shown = ShownGrace.objects.filter(counter=case.counter, case_id=case.id).first()
    if shown is None:
        return None
    return _find_late(bytes(shown.code_hash), window, kind=kind, counter=case.counter, at=at)


def list_open(counter: str, programme: Programme, *, at: datetime) -> list[tuple[Place, datetime]]:
    """Return which counters of a counter's city are open in the days of grace that are left, each with when first.

    :raises NoGrace: when the programme knows none.
    """
    place, begin = find_place(counter, at=at), max(at, programme.application.until)
    end = grace_end(programme, programme.application)
    city_code = place.city_code if place else None
    near = [one for one in list_counters(at=at) if one.city_code == city_code and can_help_with(one, "application")]
    openings = [(one, open_from(one, at=begin)) for one in near]
    return [(one, opens) for one, opens in openings if opens is not None and opens < end]


def is_shown(case: CaseName) -> bool:
    """Say whether a ticket was shown in a case."""
    return ShownGrace.objects.filter(counter=case.counter, case_id=case.id).exists()


def _find_late(code_hash: bytes, window: Window, *, kind: Kind, counter: str, at: datetime) -> Late | None:
    row = GraceTicket.objects.filter(code_hash=code_hash).first()
    if row is None:
        raise GraceUnknown
    if at < window.until:
        return None
    place, issuer = find_place(counter, at=at), find_place(row.counter, at=at)
    ticket = as_ticket(row)
    programme = get_programme(row.programme, at=at)
    check_helps(ticket, programme, window, city_code=place.city_code if place else None, at=at)
    if UsedGrace.objects.filter(counter=row.counter, code_hash=row.code_hash, kind=kind).exists():
        raise GraceUsed
    return Late(
        ticket=ticket.hash,
        counter=row.counter,
        counter_name=issuer.name.ja if issuer else row.counter,
        number=row.number,
        stood_at=row.stood_at,
    )


def list_graced(counter: str, day: date, *, programme_id: str) -> dict[int, datetime]:
    """Return the numbers of a day that were given a ticket, and when."""
    rows = GraceTicket.objects.filter(counter=counter, day=day, programme=programme_id)
    return dict(rows.values_list("number", "issued_at"))


def as_ticket(row: GraceTicket) -> Ticket:
    """Return a row as the rules know it."""
    return Ticket(
        hash=GraceHash(bytes(row.code_hash)),
        programme_id=row.programme,
        counter=row.counter,
        city_code=row.city_code,
        number=row.number,
        stood_at=row.stood_at,
    )


def list_used(holder_id: UUID) -> dict[Kind, datetime]:
    """Return which acts a holder did by a ticket, and when."""
    rows = UsedGrace.objects.filter(holder_id=holder_id).order_by("used_at").values_list("kind", "used_at")
    return {cast(Kind, kind): used_at for kind, used_at in rows}


def list_rows(holder_id: UUID) -> list[HeldRow]:
    """Return every row about the grace tickets that a holder has used, and the tickets themselves."""
    used = UsedGrace.objects.filter(holder_id=holder_id)
    return copy_rows(used, GraceTicket.objects.filter(code_hash__in=[row.code_hash for row in used]))
