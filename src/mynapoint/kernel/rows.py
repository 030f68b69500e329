"""Rows as they stand in the database, for whoever they are about."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

OF_STAFF: Final = frozenset({"user_id"})
"""Columns that are about somebody else: who of the staff it was."""


@dataclass(frozen=True)
class HeldRow:
    """One row: its table, and each column's value by its name."""

    table: str
    values: tuple[tuple[str, object], ...]


def copy_rows(*found: QuerySet[Any]) -> list[HeldRow]:
    """This will copy every row that was found, whole but for the columns about staff."""
    return [
        HeldRow(rows.model._meta.db_table, tuple((name, getattr(row, name)) for name in _name_columns(rows)))
        for rows in found
        for row in rows
    ]


def _name_columns(rows: QuerySet[Any]) -> list[str]:
    return [field.attname for field in rows.model._meta.local_concrete_fields if field.attname not in OF_STAFF]
