"""The database server that comes with the platform: a private one, that outlives every accident."""

import os
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mynapoint.console.cluster import Cluster, FolderNotPrivate, ProgramFailed, open_cluster, server_url
from mynapoint.console.programs import SYSTEM_FOLDER
from mynapoint.console.traces import is_server_process, leftover_processes, read_lock

from .conftest import Opener

# The wheel's programs, and every version of the system's.
PROGRAMS = [None, *sorted(SYSTEM_FOLDER.glob("*/bin"))]
pytestmark = pytest.mark.slow


def ask(url: str, question: str) -> Any:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def do(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def kill(cluster: Cluster) -> int:
    """End the server as a power cut would, and return its number."""
    pid = read_lock(cluster.place.data / "postmaster.pid")
    os.kill(pid, signal.SIGKILL)
    while is_server_process(pid, data=cluster.place.data):
        time.sleep(0.01)
    return pid


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    """Return one running server for the tests that only look at it."""
    with tempfile.TemporaryDirectory(prefix="mynapoint-ground-") as name:
        Path(name).chmod(0o711)
        cluster = open_cluster(Path(name), durable=False)
        cluster.start()
        yield cluster
        cluster.discard()


class TestStart:
    @pytest.mark.parametrize("pg_bin", PROGRAMS, ids=lambda folder: folder.parent.name if folder else "wheel")
    def test_makes_a_private_server(self, open_folder: Path, open_server: Opener, pg_bin: Path | None):
        cluster = open_server(open_folder, pg_bin=pg_bin)
        assert cluster.start()
        assert ask(cluster.url, "SELECT current_setting('server_version_num')::int / 10000") == cluster.programs.major
        assert ask(cluster.url, "SHOW listen_addresses") == ""
        assert ask(cluster.url, "SHOW data_checksums") == "on"
        assert ask(cluster.url, "SHOW server_encoding") == "UTF8"
        assert ask(cluster.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert ask(cluster.url, "SELECT 'a' < 'B' OR 'あ' < 'z'") is False  # by code point
        assert stat.S_IMODE(cluster.place.sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE(cluster.place.data.stat().st_mode) == 0o700

    def test_does_nothing_when_the_server_runs(self, running: Cluster):
        assert not running.start()

    def test_asks_for_the_password(self, running: Cluster):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(running.url.replace(running.password, "guess"))

    def test_is_found_again_by_its_address_alone(self, running: Cluster):
        assert server_url(running.place.folder.parent) == running.url

    def test_works_in_a_folder_that_is_the_users_alone(self, tmp_path: Path, open_server: Opener):
        tmp_path.chmod(0o700)
        cluster = open_server(tmp_path)
        cluster.start()
        assert ask(cluster.url, "SELECT 1") == 1

    def test_works_at_the_end_of_a_long_path(self, open_folder: Path, open_server: Opener):
        cluster = open_server(open_folder / ("x" * 120))
        cluster.start()
        assert ask(cluster.url, "SELECT 1") == 1

    def test_lets_two_at_once_share_one_server(self, open_folder: Path, open_server: Opener):
        cluster = open_server(open_folder)
        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(lambda _: cluster.start(), range(4))) == [False, False, False, True]

    def test_runs_beside_another_folders(self, open_folder: Path, open_server: Opener):
        first, second = open_server(open_folder / "a"), open_server(open_folder / "b")
        first.start()
        second.start()
        do(first.url, "CREATE TABLE only_here AS SELECT 1")
        assert ask(second.url, "SELECT to_regclass('only_here') IS NULL")

    def test_takes_no_half_made_data_for_a_database(self, open_folder: Path, open_server: Opener):
        cluster = open_server(open_folder)
        cluster._prepare_folders()
        (cluster.place.folder / "data.new" / "base").mkdir(parents=True)
        assert cluster.start()

    def test_says_what_the_server_said_when_it_cannot(self, open_folder: Path, open_server: Opener):
        cluster = open_server(open_folder)
        cluster.start()
        cluster.stop()
        with (cluster.place.data / "postgresql.conf").open("a") as file:
            file.write("no_such_parameter = 1\n")
        with pytest.raises(ProgramFailed) as failure:
            cluster.start()
        assert "no_such_parameter" in failure.value.said

    @pytest.mark.parametrize("trap", ["link", "open"])
    def test_refuses_a_socket_folder_that_somebody_prepared(self, open_folder: Path, open_server: Opener, trap: str):
        cluster = open_server(open_folder)
        cluster._prepare_folders()
        cluster.place.sockets.rmdir()
        if trap == "link":
            cluster.place.sockets.symlink_to("/tmp")
        else:
            cluster.place.sockets.mkdir(mode=0o777)
        with pytest.raises(FolderNotPrivate):
            cluster.start()

    def test_writes_nothing_of_what_was_refused(self, running: Cluster):
        with psycopg.connect(running.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE once (name text PRIMARY KEY)")
            connection.execute("INSERT INTO once VALUES ('hanako-1234')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO once VALUES ('hanako-1234')")
        log = running.place.log.read_text()
        assert "duplicate key" in log
        assert "hanako" not in log


class TestAccident:
    def test_of_a_kill_loses_nothing_that_was_committed(self, open_folder: Path, open_server: Opener):
        open_server(open_folder)  # only to throw it away afterwards
        cluster = open_cluster(open_folder)  # durable, as in real life
        cluster.start()
        do(cluster.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        kill(cluster)
        assert not cluster.is_running()
        assert cluster.start()
        assert ask(cluster.url, "SELECT answer FROM kept") == 42

    def test_of_a_kill_is_survived_when_the_number_went_to_somebody_else(self, open_folder: Path, open_server: Opener):
        cluster = open_server(open_folder)
        cluster.start()
        dead = str(kill(cluster))
        for lock in (cluster.place.data / "postmaster.pid", cluster.place.sockets / ".s.PGSQL.5432.lock"):
            lock.write_text(lock.read_text().replace(dead, str(os.getpid()), 1))
        assert not cluster.is_running()
        assert cluster.start()
        assert ask(cluster.url, "SELECT 1") == 1

    def test_of_a_kill_is_survived_while_its_processes_still_leave(self, open_folder: Path, open_server: Opener):
        cluster = open_server(open_folder)
        cluster.start()
        busy = psycopg.connect(cluster.url)
        kill(cluster)
        assert cluster.start()
        assert ask(cluster.url, "SELECT 1") == 1
        busy.close()


class TestStop:
    def test_tells_when_there_was_nothing_to_stop(self, open_folder: Path, open_server: Opener):
        assert not open_server(open_folder).stop()

    def test_ends_every_process_and_keeps_the_data(self, open_folder: Path, open_server: Opener):
        cluster = open_server(open_folder)
        cluster.start()
        do(cluster.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert leftover_processes(cluster.place.name)
        assert cluster.stop()
        assert not leftover_processes(cluster.place.name)
        cluster.start()
        assert ask(cluster.url, "SELECT answer FROM kept") == 42
