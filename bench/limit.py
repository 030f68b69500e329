"""The limit of an application: pgbench does in the database what the platform does, and nothing else."""

import os
import re
import subprocess
from typing import Final
from urllib.parse import parse_qs, urlsplit

import psycopg

from bench.captured import connect_admin
from bench.script import STRIDE, Script
from bench.stage import AT, PROGRAMME
from demo.town import Town
from mynapoint.console.cluster import DATABASE, ROLE, open_cluster

COPY: Final = "bench_limit"
MOST_A_SECOND: Final = 4000
"""more than pgbench will reach: for so many there are holders with a reservation"""

_TPS: Final = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_FAILED: Final = re.compile(r"^number of failed transactions: ([1-9]\d*)", re.MULTILINE)
_HOLDERS: Final = {
    "holder_holder (id, first_seen_at)": "{holder}, '{at}'",
    "holder_holdercertificate (certificate_hash, holder_id, recorded_at)": "{certificate}, {holder}, '{at}'",
    "reservation_reservation (holder_id, programme, mykey_id, act_id, reserved_at)": (
        "{holder}, '{programme}', 'MYKEYIDS', {holder}, '{at}'"
    ),
}


class LimitFailed(Exception):
    """pgbench could not do what the platform does."""


class Limit:
    """A copy of a town's database, beside it on the same server."""

    def __init__(self, town: Town, script: Script) -> None:
        """Copy the database: nobody may be connected to it."""
        self._cluster = open_cluster(town.folder / "state")
        self._path = town.folder / "limit.sql"
        self._path.write_text(script.text, encoding="utf-8")
        self._rounds = 0
        with connect_admin(self._cluster) as admin:
            admin.execute(f"CREATE DATABASE {COPY} TEMPLATE {DATABASE} OWNER {ROLE}")  # type: ignore[arg-type]
        with self._connect() as connection:
            worker = connection.execute("SELECT worker_id FROM procrastinate_register_worker_v1()").fetchone()
            self._worker = worker and worker[0]
            captured = _find_holder(connection, script)
        self._holder, self._certificate = (script.key(key, number="key") for key in captured)

    def run(self, *, clients: int, seconds: int) -> float:
        """Return how many applications a second pgbench gets through.

        :raises LimitFailed: with what it complained of.
        """
        self._rounds += 1
        first = self._rounds * 1_000_000
        self._reserve(first=first, clients=clients, count=MOST_A_SECOND * seconds // clients)
        options = f"-n -M prepared -c {clients} -j 2 -T {seconds} -D n={first} -D worker_id={self._worker}"
        done = subprocess.run(
            [self._cluster.programs.path("pgbench"), *options.split(), "-f", str(self._path), COPY],
            env={"PATH": os.defpath, "PGHOST": self._host, "PGUSER": ROLE, "PGPASSWORD": self._cluster.password},
            capture_output=True,
            text=True,
            check=False,
        )
        rate = _TPS.search(done.stdout)
        if done.returncode != 0 or rate is None or _FAILED.search(done.stdout):
            raise LimitFailed(done.stderr[-2000:] + done.stdout[-500:])
        return float(rate[1])

    @property
    def _host(self) -> str:
        return parse_qs(urlsplit(self._cluster.url).query)["host"][0]

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        password = self._cluster.password
        return psycopg.connect(host=self._host, user=ROLE, password=password, dbname=COPY, autocommit=True)

    def _reserve(self, *, first: int, clients: int, count: int) -> None:
        """Give the holders whom the next run will have apply their certificate and reservation."""
        numbers = f"generate_series({first + 1}, {first + count}) n, generate_series(0, {clients - 1}) client"
        keys = f"(SELECT (n::bigint * {STRIDE} + client)::text AS key FROM {numbers}) AS keys"
        words = {"holder": self._holder, "certificate": self._certificate, "programme": PROGRAMME, "at": AT}
        with self._connect() as connection:
            for table, values in _HOLDERS.items():
                insert = f"INSERT INTO {table} SELECT {values.format(**words)} FROM {keys}"
                connection.execute(insert)  # type: ignore[arg-type]
            connection.execute("VACUUM ANALYZE")


def _find_holder(connection: "psycopg.Connection[tuple[object, ...]]", script: Script) -> tuple[str, str]:
    """Return the captured applicant's id and certificate hash as the server's log wrote them.

    :raises LimitFailed: when the script names none.
    """
    rows = connection.execute("SELECT holder_id::text, certificate_hash::text FROM holder_holdercertificate")
    for holder, certificate in rows.fetchall():
        if {str(holder), str(certificate)} <= script.keys.keys():
            return str(holder), str(certificate)
    raise LimitFailed("the captured statements name no holder")
