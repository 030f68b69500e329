"""A town of real processes for a test: founded, started, and gone without a trace afterwards."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from demo.commands import Commands
from demo.processes import Process, start
from demo.town import Town
from mynapoint.console.cluster import Cluster, open_cluster
from mynapoint.console.place import find_place
from mynapoint.console.traces import leftover_processes

NOTHING_CHANGED: Final = "書き換え、削除、書き加えは、ひとつもありません"
"""What `mynapoint journal verify` says of a journal that is as it was written."""
STARTS_AT: Final = datetime.fromisoformat("2020-09-08T10:00:00+09:00")


@dataclass(frozen=True)
class RunningTown:
    """A town whose site, worker and services run."""

    town: Town
    site: Process
    worker: Process

    def service(self, name: str) -> Process:
        """Return a service's process."""
        return self.town.services[name].process

    def own_server(self) -> Cluster:
        """Return the database server that the town brought along."""
        return open_cluster(self.town.folder / "state")


@contextmanager
def running_town(*, services: tuple[str, ...], database_url: str | None = None) -> Iterator[RunningTown]:
    """Found a town, start it with some of its services, and stop it; without a database's address it brings its own."""
    with open_folder() as folder:
        with Commands() as run:
            town = Town.found(folder / "town", at=STARTS_AT, ports={}, database_url=database_url, run=run)
            running = RunningTown(town, site=town.web(workers=1), worker=town.worker())
            processes = [running.worker, running.site, *(running.service(name) for name in services)]
            try:
                town.start_database()
                town.load()
                town.command("card", "issue", "first")  # founds the authority, whose anchors the site reads once
                start(*processes)
                yield running
            finally:
                for process in reversed(processes):
                    process.stop()
                if database_url is None:
                    running.own_server().discard()
        wait_until(lambda: not processes_of(town), "the end of every process", seconds=10)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a new folder that every user may pass through: the database's user is another one."""
    with tempfile.TemporaryDirectory(prefix="mynapoint-town-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


@contextmanager
def own_database(server_url: str) -> Iterator[str]:
    """Make a database of its own on a server that others use too, and return its address."""
    name = f"town_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield address_of(name, server_url=server_url)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def address_of(name: str, *, server_url: str) -> str:
    """Return the address of another database of the same server."""
    return "postgresql://?" + urlencode({**conninfo_to_dict(server_url), "dbname": name}, quote_via=quote)


def wait_until(is_so: Callable[[], bool], what: str, *, seconds: float = 120, pause: float = 0.05) -> None:
    """Ask until it is so, or fail."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(pause)


def processes_of(town: Town) -> list[str]:
    """Return all living processes that know of a town's folder: programs, their children, its database's server."""
    trace = os.fsencode(town.folder)
    entries = [entry for entry in Path("/proc").glob("[0-9]*") if int(entry.name) != os.getpid()]
    told = {entry.name: _read(entry / "cmdline") + _read(entry / "environ") for entry in entries}
    of_server = map(str, leftover_processes(find_place(town.folder / "state").name))
    return [*(pid for pid, words in told.items() if trace in words), *of_server]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""
