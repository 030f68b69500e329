"""What can be asked about reservations."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mynapoint.reservation.models import Reservation
from mynapoint.reservation.rules import MyKeyId


@dataclass(frozen=True)
class Reserved:
    """A reservation as it is shown to its holder."""

    mykey_id: MyKeyId
    reserved_at: datetime


def find_reservation(holder_id: UUID, *, programme_id: str) -> Reserved | None:
    """Return a holder's reservation in a programme."""
    rows = Reservation.objects.filter(holder_id=holder_id, programme=programme_id)
    return next((Reserved(mykey_id=MyKeyId(row.mykey_id), reserved_at=row.reserved_at) for row in rows), None)
