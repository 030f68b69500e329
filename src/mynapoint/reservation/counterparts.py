"""The reservations as the journal has them."""

from collections.abc import Iterator
from typing import Final

from django.conf import settings

from mynapoint.holder.rules import hash_holder
from mynapoint.journal.queries import Counterparts, Row
from mynapoint.reservation.models import Reservation


def _list_reservations() -> Iterator[Row]:
    for row in Reservation.objects.order_by("act_id").iterator():
        holder = hash_holder(row.holder_id, key=settings.HOLDER_KEY).hex()
        facts = {"act": str(row.act_id), "programme": row.programme, "holder": holder}
        yield Row(str(row.act_id), facts, row.reserved_at)


COUNTERPARTS: Final = (
    Counterparts(table=Reservation._meta.db_table, kinds=("reservation",), key="act", list_rows=_list_reservations),
)
