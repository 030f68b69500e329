"""The journal's test ground: a moment, keys, and entries as acts leave them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from mynapoint.journal.operations import record

NOON = datetime(2020, 9, 1, 3, tzinfo=UTC)


def record_acts(amount: int, *, kind: str = "reservation", at: datetime = NOON) -> list[UUID]:
    """Record that many acts, each in a transaction of its own."""
    entries = []
    for number in range(amount):
        with transaction.atomic():
            entries.append(record(kind=kind, facts={"holder": f"{number:064x}"}, at=at + timedelta(seconds=number)))
    return entries


def run_sql(sql: str, *values: object) -> int:
    """Do to the database what somebody with access to it alone could do; return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount
