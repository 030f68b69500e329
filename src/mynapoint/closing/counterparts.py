"""Closings, verdicts and reopenings as the journal has them."""

from collections.abc import Iterator
from typing import Final

from mynapoint.closing.models import JudgedClosing, ReopenedClosing, SealedClosing
from mynapoint.closing.rules import ClosingName
from mynapoint.journal.queries import Counterparts, Row


def _list_sealed() -> Iterator[Row]:
    for row in SealedClosing.objects.order_by("entry_id").iterator():
        facts = {**_facts_of(row), "count": row.count, "total": row.total, "root": bytes(row.root).hex()}
        yield Row(str(row.entry_id), facts, row.sealed_at)


def _list_judged() -> Iterator[Row]:
    for row in JudgedClosing.objects.order_by("entry_id").iterator():
        facts = {
            **_facts_of(row),
            "checkpoint_size": row.checkpoint_size,
            "checkpoint_root": bytes(row.checkpoint_root).hex(),
            "accepted": int(row.accepted),
            **({"reason": row.reason} if row.reason else {}),
        }
        yield Row(str(row.entry_id), facts, row.judged_at)


def _list_reopened() -> Iterator[Row]:
    for row in ReopenedClosing.objects.order_by("entry_id").iterator():
        yield Row(str(row.entry_id), {**_facts_of(row), "user": row.user_id, "reason": row.reason}, row.reopened_at)


def _facts_of(row: SealedClosing | JudgedClosing | ReopenedClosing) -> dict[str, str | int]:
    return {**ClosingName(row.service, row.programme, row.period).key, "attempt": row.attempt}


COUNTERPARTS: Final = (
    Counterparts(table=SealedClosing._meta.db_table, kinds=("closing_sealed",), list_rows=_list_sealed),
    Counterparts(table=JudgedClosing._meta.db_table, kinds=("closing_judged",), list_rows=_list_judged),
    Counterparts(table=ReopenedClosing._meta.db_table, kinds=("closing_reopened",), list_rows=_list_reopened),
)
