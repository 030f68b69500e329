"""Corrections and their steps as the journal has them."""

from collections.abc import Iterator
from typing import Final

from mynapoint.correction.models import Correction, CorrectionStep
from mynapoint.correction.rules import StepKind
from mynapoint.journal.queries import Counterparts, Row


def _list_corrections() -> Iterator[Row]:
    for row in Correction.objects.order_by("id").iterator():
        facts: dict[str, str | int] = {
            "application": str(row.application_id),
            "programme": row.programme,
            "service": row.service,
            "number": row.number,
            "source": row.source,
            "reason": row.reason,
            **({"act": str(row.act_id)} if row.act_id else {}),
            **({"user": row.user_id} if row.user_id else {}),
        }
        yield Row(str(row.id), facts, row.reported_at)


def _list_steps() -> Iterator[Row]:
    for row in CorrectionStep.objects.order_by("entry_id").iterator():
        facts: dict[str, str | int] = {
            "correction": str(row.correction_id),
            "index": row.index,
            "round": row.round,
            **({"word": row.word} if row.word else {}),
            **({"user": row.user_id} if row.user_id else {}),
        }
        yield Row(str(row.entry_id), facts, row.taken_at)


COUNTERPARTS: Final = (
    Counterparts(table=Correction._meta.db_table, kinds=("correction_reported",), list_rows=_list_corrections),
    Counterparts(
        table=CorrectionStep._meta.db_table,
        kinds=tuple(f"correction_{kind}" for kind in StepKind),
        list_rows=_list_steps,
    ),
)
