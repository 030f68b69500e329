"""Counters' extensions as the journal has them."""

from collections.abc import Iterator
from typing import Final

from mynapoint.case.models import CounterExtension
from mynapoint.journal.queries import Counterparts, Row


def _list_extensions() -> Iterator[Row]:
    for row in CounterExtension.objects.order_by("entry_id").iterator():
        facts: dict[str, str | int] = {"counter": row.counter, "reason": row.reason, "user": row.user_id}
        yield Row(str(row.entry_id), facts, row.extended_at)


COUNTERPARTS: Final = (
    Counterparts(table=CounterExtension._meta.db_table, kinds=("counter_extended",), list_rows=_list_extensions),
)
