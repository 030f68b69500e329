"""What can be asked about reservations."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mynapoint.kernel.rows import HeldRow, copy_rows
from mynapoint.kernel.sql import ask
from mynapoint.reservation.models import IssuedMyKeyId, Reservation
from mynapoint.reservation.rules import MyKeyId

_RESERVED = "SELECT mykey_id, reserved_at FROM reservation_reservation WHERE holder_id = %s AND programme = %s"


@dataclass(frozen=True)
class Reserved:
    """A reservation as it is shown to its holder."""

    mykey_id: MyKeyId
    reserved_at: datetime


def find_reservation(holder_id: UUID, *, programme_id: str) -> Reserved | None:
    """Return a holder's reservation in a programme."""
    return next((Reserved(*row) for row in ask(_RESERVED, [holder_id, programme_id])), None)


def list_rows(holder_id: UUID) -> list[HeldRow]:
    """Return every row about a holder's reservations."""
    reserved = Reservation.objects.filter(holder_id=holder_id)
    return copy_rows(reserved, IssuedMyKeyId.objects.filter(holder_id=holder_id))
