"""Backups: whole, private, and put back in one step or not at all."""

import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from mynapoint.console.backup import (
    BackupExists,
    DatabaseNotEmpty,
    NotABackup,
    back_up,
    connection_environment,
    restore,
)
from mynapoint.console.cluster import ProgramFailed
from mynapoint.console.programs import Programs, find_client_programs


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    """Return a database of its own with one table whose points make six."""
    name = f"backup_{uuid4().hex[:12]}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    own = make_conninfo(database_url, dbname=name)
    do(own, "CREATE TABLE points (id int PRIMARY KEY, total bigint)")
    do(own, "INSERT INTO points SELECT i, i FROM generate_series(1, 3) i")
    yield own
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def programs(database_url: str) -> Programs:
    with psycopg.connect(database_url) as connection:
        return find_client_programs(setting=None, server_major=connection.info.server_version // 10_000)


@pytest.fixture
def backup(url: str, programs: Programs, tmp_path: Path) -> Path:
    back_up(url, to=tmp_path / "backup", programs=programs)
    return tmp_path / "backup"


def do(url: str, statements: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statements)


def total(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT sum(total)::int FROM points").fetchone()
    assert row is not None
    return row[0]


class TestBackUp:
    def test_writes_a_private_file(self, backup: Path):
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        assert backup.read_bytes().startswith(b"PGDMP")

    def test_overwrites_nothing(self, url: str, backup: Path, programs: Programs):
        with pytest.raises(BackupExists):
            back_up(url, to=backup, programs=programs)

    def test_leaves_no_half_file_behind(self, url: str, tmp_path: Path, programs: Programs):
        with pytest.raises(ProgramFailed):
            back_up(make_conninfo(url, dbname="gone"), to=tmp_path / "backup", programs=programs)
        assert list(tmp_path.iterdir()) == []


class TestRestore:
    def test_puts_back_what_was_there_and_nothing_else(self, url: str, backup: Path, programs: Programs):
        do(url, "UPDATE points SET total = 0; CREATE TABLE later (x int)")
        restore(url, path=backup, programs=programs, overwrite=True)
        assert total(url) == 6
        with pytest.raises(psycopg.errors.UndefinedTable):
            do(url, "SELECT * FROM later")

    def test_fills_an_empty_database_without_being_told_twice(self, url: str, backup: Path, programs: Programs):
        do(url, "DROP TABLE points")
        restore(url, path=backup, programs=programs, overwrite=False)
        assert total(url) == 6

    def test_refuses_to_overwrite(self, url: str, backup: Path, programs: Programs):
        do(url, "UPDATE points SET total = 0")
        with pytest.raises(DatabaseNotEmpty) as refused:
            restore(url, path=backup, programs=programs, overwrite=False)
        assert refused.value.tables == 1
        assert total(url) == 0

    @pytest.mark.parametrize("content", [b"", b"PGDM", b"SELECT 1;"])
    def test_refuses_what_is_no_backup(self, url: str, tmp_path: Path, programs: Programs, content: bytes):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(NotABackup):
            restore(url, path=tmp_path / "other", programs=programs, overwrite=True)
        assert total(url) == 6

    @pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
    def test_changes_nothing_when_the_file_ends_too_early(
        self, url: str, tmp_path: Path, programs: Programs, kept: float
    ):
        do(url, "CREATE TABLE many AS SELECT md5(i::text) FROM generate_series(1, 10000) i")
        back_up(url, to=tmp_path / "backup", programs=programs)
        do(url, "UPDATE points SET total = 7")
        content = (tmp_path / "backup").read_bytes()
        (tmp_path / "backup").write_bytes(content[: int(len(content) * kept)])
        with pytest.raises(ProgramFailed):
            restore(url, path=tmp_path / "backup", programs=programs, overwrite=True)
        assert total(url) == 21


class TestConnectionEnvironment:
    def test_carries_the_password_out_of_everyones_sight(self):
        environment = connection_environment("postgresql://me:secret@db:5433/name?sslmode=require")
        expected = {"PGUSER": "me", "PGPASSWORD": "secret", "PGHOST": "db", "PGPORT": "5433", "PGDATABASE": "name"}
        assert {**environment, **expected} == environment
        assert environment["PGSSLMODE"] == "require"

    def test_keeps_nobody_elses_connection(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("PGHOST", "elsewhere")
        assert "PGHOST" not in connection_environment("postgresql:///name")
