"""Identity checks and ends of resets as the journal has them."""

from collections.abc import Iterator
from typing import Final

from mynapoint.journal.queries import Counterparts, Row
from mynapoint.pinreset.models import EndedReset, IdentityCheck


def _list_checks() -> Iterator[Row]:
    for row in IdentityCheck.objects.order_by("entry_id").iterator():
        facts: dict[str, str | int] = {
            "counter": row.counter,
            "reset": str(row.reset_id),
            "document": row.document,
            "user": row.user_id,
        }
        yield Row(str(row.entry_id), facts, row.checked_at)


def _list_ends() -> Iterator[Row]:
    for row in EndedReset.objects.order_by("entry_id").iterator():
        facts: dict[str, str | int] = {"counter": row.counter, "reset": str(row.reset_id), "outcome": row.outcome}
        facts |= {"user": row.user_id} if row.user_id is not None else {}
        yield Row(str(row.entry_id), facts, row.ended_at)


COUNTERPARTS: Final = (
    Counterparts(table=IdentityCheck._meta.db_table, kinds=("identity_checked",), list_rows=_list_checks),
    Counterparts(table=EndedReset._meta.db_table, kinds=("pin_reset_ended",), list_rows=_list_ends),
)
