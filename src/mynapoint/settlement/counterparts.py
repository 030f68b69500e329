"""Claims, approvals and transfers as the journal has them."""

import hashlib
from collections.abc import Iterator
from typing import Final

from mynapoint.journal.queries import Counterparts, Row
from mynapoint.settlement.models import Approval, Claim, Transfer
from mynapoint.settlement.rules import ClaimName


def _list_claims() -> Iterator[Row]:
    for row in Claim.objects.order_by("entry_id").iterator():
        sums: dict[str, str | int] = {
            "period": row.period,
            "total": row.total,
            "amount": row.amount,
            "carried": row.carried,
        }
        yield Row(str(row.entry_id), _key_of(row) | sums, row.raised_at)


def _list_approvals() -> Iterator[Row]:
    for row in Approval.objects.order_by("entry_id").iterator():
        yield Row(str(row.entry_id), _key_of(row) | {"slot": row.slot, "user": row.user_id}, row.approved_at)


def _list_transfers() -> Iterator[Row]:
    for row in Transfer.objects.order_by("entry_id").iterator():
        facts: dict[str, str | int] = {
            "transfer": str(row.id),
            "programme": row.programme,
            "date": row.transfer_date.isoformat(),
            "count": row.count,
            "total": row.total,
            "file_hash": hashlib.sha256(bytes(row.content)).hexdigest(),
            "user": row.user_id,
        }
        yield Row(str(row.entry_id), facts, row.made_at)


def _key_of(row: Claim | Approval) -> dict[str, str | int]:
    return ClaimName(row.service, row.programme, row.number).key


COUNTERPARTS: Final = (
    Counterparts(table=Claim._meta.db_table, kinds=("claim_raised",), list_rows=_list_claims),
    Counterparts(table=Approval._meta.db_table, kinds=("claim_approved",), list_rows=_list_approvals),
    Counterparts(table=Transfer._meta.db_table, kinds=("transfer_made",), list_rows=_list_transfers),
)
