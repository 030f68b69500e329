"""SQL that is written down or composed once, for what every act asks and inserts.

Composing a statement anew each time, as the ORM does, takes Python three to five times as long as carrying it out.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)
Row = tuple[Any, ...]


def ask(sql: str, values: Sequence[Any]) -> list[Row]:
    """Return the rows that a statement finds, as the driver reads them: JSON is text."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cast(list[Row], cursor.fetchall())


def tell(sql: str, values: Sequence[Any]) -> int:
    """Carry out a statement and return how many rows it made, changed or took away."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cast(int, cursor.rowcount)


def wait_for_turn(name: str) -> None:
    """Hold a name until the caller's transaction ends, and wait first until nobody else does."""
    ask("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def insert(*facts: Model) -> None:
    """Insert facts, all in one statement.

    :raises IntegrityError: when a constraint has something against it.
    """
    tell(_compose_all(*map(type, facts)), [value for fact in facts for value in _read_values(fact)])


def find(kind: type[M], key: UUID, *, lock: bool = False) -> M | None:
    """Return a row by its primary key, locked until the transaction ends if need be. JSON stays text."""
    rows = ask(_compose_question(kind) + (" FOR UPDATE" if lock else ""), [key])
    return kind(*rows[0]) if rows else None


def rewrite(row: Model) -> None:
    """Write a row that is no fact over, by its primary key."""
    tell(_compose_rewriting(type(row)), [*_read_values(row), row.pk])


def change_unless_changed(kind: type[Model], key: UUID, values: Mapping[str, Any], *, seen: UUID) -> bool:
    """Change columns of a row that has a `version`, unless it is no longer the one that was seen; return whether."""
    fields = {field.attname: field for field in _get_fields(kind)}
    prepared = [fields[name].get_db_prep_save(value, connection) for name, value in values.items()]
    return tell(_compose_change(kind, tuple(values)), [*prepared, key, seen]) > 0


def insert_unless(constraint: str, fact: Model) -> bool:
    """Insert a fact unless this constraint holds such a row already; return whether it was inserted.

    Where another transaction has just inserted one, this waits until that is committed or gone. Nothing has to be
    rolled back afterwards, as it would after an error.
    """
    known = f"{_compose(type(fact))} ON CONFLICT ON CONSTRAINT {connection.ops.quote_name(constraint)} DO NOTHING"
    return tell(known, _read_values(fact)) > 0


def _read_values(fact: Model) -> list[Any]:
    return [field.get_db_prep_save(getattr(fact, field.attname), connection) for field in _get_fields(type(fact))]


@cache
def _compose(model: type[Model]) -> str:
    table, _, columns = _name_parts(model)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"  # noqa: S608


@cache
def _compose_all(*models: type[Model]) -> str:
    *before, last = map(_compose, models)
    named = ", ".join(f"fact_{number} AS ({statement})" for number, statement in enumerate(before))
    return f"WITH {named} {last}" if named else last


@cache
def _compose_question(model: type[Model]) -> str:
    table, key, columns = _name_parts(model)
    return f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = %s"  # noqa: S608


@cache
def _compose_change(model: type[Model], names: tuple[str, ...]) -> str:
    table, key, _ = _name_parts(model)
    changed = ", ".join(f"{connection.ops.quote_name(name)} = %s" for name in names)
    return f"UPDATE {table} SET {changed} WHERE {key} = %s AND version = %s"  # noqa: S608


@cache
def _compose_rewriting(model: type[Model]) -> str:
    table, key, columns = _name_parts(model)
    return f"UPDATE {table} SET {', '.join(f'{column} = %s' for column in columns)} WHERE {key} = %s"  # noqa: S608


def _name_parts(model: type[Model]) -> tuple[str, str, list[str]]:
    """Return the names of a table, its primary key and its columns, quoted; values travel apart."""
    quote = connection.ops.quote_name
    columns = [quote(str(field.column)) for field in _get_fields(model)]
    return quote(model._meta.db_table), quote(str(model._meta.pk.column)), columns


@cache
def _get_fields(model: type[Model]) -> "tuple[Field[Any, Any], ...]":
    return tuple(model._meta.local_concrete_fields)
