"""The statements that the platform sends to its database for one application, read from the server's own log."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Final

import psycopg
from psycopg.sql import quote

from bench.citizens import apply
from bench.crowd import Applicant
from bench.stage import SERVICE, running
from demo.town import Town
from mynapoint.console.cluster import ADMIN, Cluster, open_cluster

RECORD: Final = "\x1e"
"""before each record of the log, so that a statement of several lines stays one"""
CAPTURES: Final = 8
"""Applications to capture from: the first ones fill caches, and one in a while reads a text again."""
FETCH: Final = "procrastinate_fetch_job"
FINISH: Final = "procrastinate_finish_job"

_LOGGING: Final = {
    "log_statement": "all",
    "log_line_prefix": f"{RECORD}%p ",
    "log_error_verbosity": "default",
    "log_parameter_max_length": "-1",
}
_MARK: Final = "SELECT 'bench mark'"
_STATEMENT: Final = re.compile(r"(\d+) LOG:  (?:statement|execute [^:]+): ?(.*)", re.DOTALL)
_PARAMETERS: Final = re.compile(r"(\d+) DETAIL:  Parameters: (.*)", re.DOTALL)
_PARAMETER: Final = re.compile(r"\$\d+ = (?:NULL|'((?:[^']|'')*)')")
_SAVEPOINT: Final = re.compile(r'"s\d+_x\d+"')
# What a worker does for itself, what a new connection begins with, and what the site asks once a second, whoever comes:
# it is not part of any application.
_ONCE_A_SECOND: Final = r'SELECT COUNT\(\*\) AS "__count" FROM|FROM "entrance_(maintenance|admissionchange)"'
_BACKGROUND: Final = re.compile(rf"periodic|_worker|LISTEN|heartbeat|stalled|SELECT set_config|{_ONCE_A_SECOND}")


class CaptureFailed(Exception):
    """The log does not show two applications that were carried out alike."""


@dataclass(frozen=True)
class Statement:
    """One statement with its parameters as text; None is NULL."""

    sql: str
    parameters: tuple[str | None, ...] = ()


Transaction = tuple[Statement, ...]
"""A statement alone, or all of them from BEGIN to COMMIT."""


def capture(town: Town, applicants: list[Applicant]) -> tuple[list[Transaction], list[Transaction]]:
    """Have some apply one after another, and return the transactions of two, their links' jobs included.

    They are the last of those who differ in nothing but parameters, as most do.

    :raises CaptureFailed: when each was carried out in its own way.
    """
    cluster = open_cluster(town.folder / "state")
    with connect_admin(cluster) as admin, _everything_logged(admin), running(town, "site", SERVICE):
        offset = cluster.place.log.stat().st_size
        connection = HTTPConnection("127.0.0.1", town.site_port)
        for applicant in applicants[:CAPTURES]:
            apply(connection, applicant)
            admin.execute(_MARK)
        _carry_out_links(town)
    parts = _split(cluster.place.log.read_bytes()[offset:].decode())
    jobs = _split_jobs(_transactions(parts[CAPTURES]))
    return _find_alike([_transactions(parts[number]) + jobs[number] for number in range(CAPTURES)])


def _find_alike(applications: Sequence[list[Transaction]]) -> tuple[list[Transaction], list[Transaction]]:
    shapes = [tuple(tuple(one.sql for one in work) for work in application) for application in applications]
    usual, times = Counter(shapes).most_common(1)[0]
    if times < 2:
        raise CaptureFailed
    this, that = [application for application, shape in zip(applications, shapes, strict=True) if shape == usual][-2:]
    return this, that


def connect_admin(cluster: Cluster) -> "psycopg.Connection[tuple[object, ...]]":
    """Connect to a server of our own as its administrator."""
    place, password = cluster.place, cluster.admin_password
    return psycopg.connect(host=str(place.sockets), user=ADMIN, password=password, dbname=ADMIN, autocommit=True)


@contextmanager
def _everything_logged(admin: "psycopg.Connection[tuple[object, ...]]") -> Iterator[None]:
    """Have the server log every statement with its parameters: they are invented people's."""
    for name, value in _LOGGING.items():
        admin.execute(f"ALTER SYSTEM SET {name} = {quote(value)}")  # type: ignore[arg-type]
    _reload(admin)
    try:
        yield
    finally:
        for name in _LOGGING:
            admin.execute(f"ALTER SYSTEM RESET {name}")  # type: ignore[arg-type]
        _reload(admin)


def _reload(admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    admin.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)  # it is each backend that hears of it, when it is idle


def _carry_out_links(town: Town) -> None:
    environment = dict(town.environment) | {"DJANGO_SETTINGS_MODULE": "mynapoint.settings"}
    subprocess.run([sys.executable, "-m", "bench.onejob"], env=environment, check=True, capture_output=True)


def _split(log: str) -> list[list[tuple[str, Statement]]]:
    """Return what was logged between the marks, each statement with its session."""
    parts: list[list[tuple[str, Statement]]] = [[]]
    for record in log.split(RECORD):
        if (found := _STATEMENT.match(record)) and found[2].strip():
            sql = _SAVEPOINT.sub('"step"', found[2].strip().rstrip(";"))
            parts.append([]) if sql == _MARK else parts[-1].append((found[1], Statement(sql)))
        elif (found := _PARAMETERS.match(record)) and parts[-1]:
            values = tuple(value and value.replace("''", "'") for value in _read_parameters(found[2]))
            parts[-1][-1] = (found[1], Statement(parts[-1][-1][1].sql, values))
    return parts


def _read_parameters(text: str) -> Iterator[str | None]:
    for found in _PARAMETER.finditer(text):
        yield found[1]


def _transactions(statements: list[tuple[str, Statement]]) -> list[Transaction]:
    """Gather each session's statements into transactions, in the order in which they began."""
    done: list[list[Statement]] = []
    open_in: dict[str, list[Statement]] = {}
    for session, statement in statements:
        if session in open_in:
            open_in[session].append(statement)
        else:
            done.append([statement])
        if statement.sql == "BEGIN":
            open_in[session] = done[-1]
        if statement.sql in {"COMMIT", "ROLLBACK"}:
            open_in.pop(session, None)
    return [tuple(work) for work in done if not any(_BACKGROUND.search(one.sql) for one in work)]


def _split_jobs(transactions: list[Transaction]) -> list[list[Transaction]]:
    """Return each job's transactions: it is fetched, carried out, and finished."""
    jobs: list[list[Transaction]] = [[]]
    for work in transactions:
        is_fetch, is_finish = (any(name in one.sql for one in work) for name in (FETCH, FINISH))
        if is_fetch:
            jobs[-1] = []  # an earlier one found nothing
        jobs[-1].append(work)
        if is_finish:
            jobs.append([])
    return jobs
