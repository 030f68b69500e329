"""Holds, the steps of their reviews and their outcomes as the journal has them."""

from collections.abc import Iterator
from typing import Final

from mynapoint.holder.models import Hold, HoldOutcome, HoldStep
from mynapoint.holder.rules import HoldName
from mynapoint.journal.queries import Counterparts, Row


def _list_holds() -> Iterator[Row]:
    for row in Hold.objects.order_by("entry_id").iterator():
        yield Row(str(row.entry_id), _facts_of(row), row.held_at)


def _list_steps() -> Iterator[Row]:
    for row in HoldStep.objects.order_by("entry_id").iterator():
        facts = _facts_of(row) | {"round": row.round, "word": row.word, "user": row.user_id}
        named = {"named": str(row.named_entry_id)} if row.named_entry_id else {}
        yield Row(str(row.entry_id), facts | named, row.taken_at)


def _list_outcomes() -> Iterator[Row]:
    for row in HoldOutcome.objects.order_by("entry_id").iterator():
        yield Row(str(row.entry_id), _facts_of(row) | {"outcome": row.outcome}, row.closed_at)


def _facts_of(row: Hold | HoldStep | HoldOutcome) -> dict[str, str | int]:
    return HoldName(bytes(row.certificate_hash), row.number).facts


COUNTERPARTS: Final = (
    Counterparts(table=Hold._meta.db_table, kinds=("hold", "hold_reopened"), list_rows=_list_holds),
    Counterparts(table=HoldStep._meta.db_table, kinds=("hold_proposed", "hold_answered"), list_rows=_list_steps),
    Counterparts(table=HoldOutcome._meta.db_table, kinds=("hold_closed",), list_rows=_list_outcomes),
)
