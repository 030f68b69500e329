"""A database's whole content in one file, and back: PostgreSQL's own dump in its custom format."""

import os
import secrets
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Final

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from mynapoint.console.cluster import ProgramFailed
from mynapoint.console.programs import Programs

# The platform owns one schema. A restore replaces it whole, or, should any statement fail, leaves it as it was.
EMPTY_SCHEMA: Final = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"


class BackupExists(Exception):
    """The file to write a backup to exists."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class NotABackup(Exception):
    """The file to restore is missing or is no backup."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class DatabaseNotEmpty(Exception):
    """The database to restore into holds tables."""

    def __init__(self, *, tables: int) -> None:
        super().__init__(str(tables))
        self.tables = tables


def connection_environment(url: str) -> dict[str, str]:
    """Return the variables by which PostgreSQL's programs connect: a password in arguments is seen by everyone."""
    names = {option.keyword.decode(): option.envvar for option in pq.Conninfo.get_defaults()}
    given = {names[keyword]: str(value) for keyword, value in conninfo_to_dict(url).items()}
    environment = {variable.decode(): value for variable, value in given.items() if variable is not None}
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | environment


def back_up(url: str, *, to: Path, programs: Programs) -> int:
    """Write the database to a new private file, which appears only once it is whole. Return its size in bytes.

    :raises BackupExists: nothing is overwritten.
    """
    if to.exists():
        raise BackupExists(to)
    draft = to.with_name(f".{to.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _run(programs, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", url=url, output=file)
            os.fsync(file.fileno())
        draft.rename(to)
    finally:
        draft.unlink(missing_ok=True)
    return to.stat().st_size


def restore(url: str, *, path: Path, programs: Programs, overwrite: bool) -> None:
    """Replace the database's content by a backup's, in one transaction.

    :raises NotABackup: before anything was touched.
    :raises DatabaseNotEmpty: unless overwriting is allowed.
    """
    if not _is_backup(path):
        raise NotABackup(path)
    tables = _count_tables(url)
    if tables and not overwrite:
        raise DatabaseNotEmpty(tables=tables)
    with tempfile.TemporaryFile() as script:
        _run(programs, "pg_restore", "--no-owner", "--no-privileges", "--file=-", str(path), url=url, output=script)
        script.seek(0)
        options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
        _run(programs, "psql", *options, f"--command={EMPTY_SCHEMA}", "--file=-", url=url, content=script)


def _is_backup(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(5) == b"PGDMP"
    except OSError:
        return False


def _count_tables(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    return int(row[0]) if row else 0


def _run(
    programs: Programs,
    name: str,
    *arguments: str,
    url: str,
    content: IO[bytes] | None = None,
    output: IO[bytes] | None = None,
) -> None:
    outcome = subprocess.run(
        [programs.path(name), *arguments],
        env=connection_environment(url),
        stdin=content or subprocess.DEVNULL,
        stdout=output or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if outcome.returncode != 0:
        raise ProgramFailed(name, said=outcome.stderr.decode(errors="replace").strip())
