"""The service's own database file: its schema, the transactions that must survive a power cut, and written-down SQL.

What the platform asks of the service is answered in SQL that is written down: composing a statement anew each time
takes ten times as long as SQLite takes to answer it.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor


def prepare_database(path: Path) -> None:
    """Create or migrate the database; several processes may do so at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
    path.chmod(0o600)


@contextmanager
def durable_transaction() -> Iterator[None]:
    """Commit to the disk itself before going on, together with everything committed earlier.

    The others (nonces, wrong tries, account checks) survive the end of a process, and may be lost with the machine.
    """
    _set_synchronous("FULL")
    try:
        with transaction.atomic(durable=True):
            yield
    finally:
        _set_synchronous("NORMAL")


def _set_synchronous(level: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA synchronous={level}")


def ask(sql: str, values: Sequence[Any]) -> list[Any]:
    """Return the rows that a statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[Any] = cursor.fetchall()
        return rows


def tell(sql: str, values: Sequence[Any]) -> int:
    """Carry out a statement and return how many rows it made or took away."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def time_text(at: datetime) -> str:
    """Write a time as the models' columns hold it."""
    return str(connection.ops.adapt_datetimefield_value(at))


def read_time(value: datetime) -> datetime:
    """Read a time of a model's column: in it they are UTC, and do not say so."""
    return value.replace(tzinfo=UTC)
