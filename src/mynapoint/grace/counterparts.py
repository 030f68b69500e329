"""Grace tickets and their uses as the journal has them."""

from collections.abc import Iterator
from typing import Final

from mynapoint.grace.models import GraceTicket, UsedGrace
from mynapoint.journal.queries import Counterparts, Row


def _list_tickets() -> Iterator[Row]:
    for row in GraceTicket.objects.order_by("entry_id").iterator():
        facts: dict[str, str | int] = {
            "counter": row.counter,
            "number": row.number,
            "stood_at": row.stood_at.isoformat(),
            "programme": row.programme,
            "ticket": bytes(row.code_hash).hex(),
            "user": row.user_id,
        }
        yield Row(str(row.entry_id), facts, row.issued_at)


def _list_uses() -> Iterator[Row]:
    for row in UsedGrace.objects.order_by("act_id").iterator():
        yield Row(str(row.act_id), {"act": str(row.act_id), "ticket": bytes(row.code_hash).hex()}, row.used_at)


COUNTERPARTS: Final = (
    Counterparts(table=GraceTicket._meta.db_table, kinds=("grace_issued",), list_rows=_list_tickets),
    Counterparts(
        table=UsedGrace._meta.db_table,
        kinds=("reservation", "application"),
        key="act",
        having="ticket",
        list_rows=_list_uses,
    ),
)
