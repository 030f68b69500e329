"""The service's own database file: its schema, and the transactions that must survive a power cut."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
