"""The limit of an application: pgbench sends the platform's own statements, in its own transactions, over new keys."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

import psycopg

from bench.captured import Statement, Transaction, connect_admin
from bench.stage import AT, PROGRAMME
from demo.town import Town
from mynapoint.console.cluster import ROLE, open_cluster
from mynapoint.holder.rules import CertificateHash

DATABASE: Final = "bench_limit"
MOST_A_SECOND: Final = 4000
"""more than pgbench will reach: for so many there are holders with a reservation"""
STRIDE: Final = 1024
"""Keys of one client are so far apart that those of all clients come in one rising order, as UUIDv7 do."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HASH: Final = re.compile(r"\\x(?:[0-9a-f]{2}){16,32}")
_PLACE: Final = re.compile(r"\$(\d+)")
_TPS: Final = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_FAILED: Final = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)


class LimitFailed(Exception):
    """pgbench could not do what the platform does."""


@dataclass
class Script:
    """A captured application as a pgbench script.

    A parameter that was the same for two applicants stays as it is. One that was not is a key when it is an id or a
    hash: the same value becomes the same expression over the client's running number. Longer texts stay as captured:
    their size counts, and nothing looks at what they say.
    """

    this: list[Transaction]
    that: list[Transaction]

    def __post_init__(self) -> None:
        self._keys: dict[str, str] = {}
        self.text = "\n".join(["\\set n :n + 1", f"\\set key :n * {STRIDE} + :client_id", *self._lines()]) + "\n"

    def key(self, value: str, *, number: str) -> str:
        """Return the expression that stands for a captured id or hash, over a number."""
        return self._keys[value].replace("@", number)

    def _lines(self) -> Iterator[str]:
        for work, other in zip(self.this, self.that, strict=True):
            for one, another in zip(work, other, strict=True):
                yield self._line(one, another)

    def _line(self, one: Statement, other: Statement) -> str:
        if "procrastinate_finish_job" in one.sql:
            # Of two clients that look at once, one may not see the only job that is left: it has none to finish.
            return (
                "SELECT procrastinate_finish_job_v1(nullif(:job_id, '')::bigint, 'succeeded', 't') WHERE :job_id <> '';"
            )
        values = [self._value(*pair) for pair in zip(one.parameters, other.parameters, strict=True)]
        is_fetch = "procrastinate_fetch_job" in one.sql
        if is_fetch:
            values[-1] = ":worker_id"
        sql = _PLACE.sub(lambda place: values[int(place[1]) - 1], one.sql)
        return f"{sql} \\gset job_" if is_fetch else f"{sql};"

    def _value(self, value: str | None, other: str | None) -> str:
        if value is None:
            return "NULL"
        if value != other and (_UUID.fullmatch(value) or _HASH.fullmatch(value)):
            self._keys.setdefault(value, _expression(value, number=len(self._keys)))
            return self.key(value, number=":key")
        # pgbench would take a colon for the beginning of a variable's name.
        return "E'" + value.replace("\\", r"\\").replace("'", "''").replace("\n", r"\n").replace(":", r"\x3a") + "'"


def _expression(value: str, *, number: int) -> str:
    """Return an expression of a value's type and size, unlike that of any other number; @ is the running number."""
    if _UUID.fullmatch(value):
        return f"(lpad(@, 28, '0') || '{number:04x}')::uuid"
    return f"substr(sha256((@ || 'h{number}')::bytea), 1, {(len(value) - 2) // 2})"


class Limit:
    """A copy of a town's database, beside it on the same server, in which pgbench does what the platform does."""

    def __init__(self, town: Town, script: Script) -> None:
        """Copy the database: nobody may be connected to it."""
        self._cluster = open_cluster(town.folder / "state")
        self._script = script
        self._path = town.folder / "limit.sql"
        self._path.write_text(script.text, encoding="utf-8")
        self._rounds = 0
        with connect_admin(self._cluster) as admin:
            name = urlsplit(self._cluster.url).path.removeprefix("/")
            admin.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {name} OWNER {ROLE}")  # type: ignore[arg-type]
        with self._connect() as connection:
            worker = connection.execute("SELECT worker_id FROM procrastinate_register_worker_v1()").fetchone()
        self._worker = worker and worker[0]

    def run(self, *, clients: int, seconds: float) -> float:
        """Return how many applications a second pgbench gets through.

        :raises LimitFailed: with what it complained of.
        """
        self._rounds += 1
        first = self._rounds * 1_000_000
        self._reserve(first=first, clients=clients, count=int(MOST_A_SECOND * seconds / clients))
        options = [
            "-n",
            "-M",
            "prepared",
            "-c",
            clients,
            "-j",
            2,
            "-T",
            int(seconds),
            "-D",
            f"n={first}",
            "-D",
            f"worker_id={self._worker}",
        ]
        done = subprocess.run(
            [self._cluster.programs.path("pgbench"), *map(str, options), "-f", str(self._path), DATABASE],
            env={"PATH": os.defpath, "PGHOST": self._host(), "PGUSER": ROLE, "PGPASSWORD": self._cluster.password},
            capture_output=True,
            text=True,
            check=False,
        )
        rate, failed = _TPS.search(done.stdout), _FAILED.search(done.stdout)
        if done.returncode != 0 or rate is None or (failed and int(failed[1])):
            raise LimitFailed(done.stderr[-2000:] + done.stdout[-500:])
        return float(rate[1])

    def _reserve(self, *, first: int, clients: int, count: int) -> None:
        """Give the holders whom the next run will have apply their certificate and reservation."""
        holder, certificate = self._find_holder()
        keys = {"holder": self._script.key(holder, number="key"), "hash": self._script.key(certificate, number="key")}
        numbers = f"generate_series({first + 1}, {first + count}) n, generate_series(0, {clients - 1}) client"
        source = f"FROM (SELECT (n::bigint * {STRIDE} + client)::text AS key FROM {numbers}) AS keys"
        with self._connect() as connection:
            for insert in (
                f"holder_holder (id, first_seen_at) SELECT {keys['holder']}, '{AT}'",
                f"holder_holdercertificate SELECT {keys['hash']}, {keys['holder']}, '{AT}'",
                "reservation_reservation (holder_id, programme, mykey_id, act_id, reserved_at) "
                f"SELECT {keys['holder']}, '{PROGRAMME}', 'MYKEYIDS', {keys['holder']}, '{AT}'",
            ):
                connection.execute(f"INSERT INTO {insert} {source}")  # type: ignore[arg-type]
            connection.execute("VACUUM ANALYZE")

    def _find_holder(self) -> tuple[str, str]:
        """Return the captured applicant's id and certificate hash as the log wrote them."""
        with self._connect() as connection:
            rows = connection.execute("SELECT holder_id, certificate_hash FROM holder_holdercertificate").fetchall()
        for holder, certificate in rows:
            known = str(holder), f"\\x{CertificateHash(certificate).hex()}"
            if all(value in self._script._keys for value in known):
                return known
        raise LimitFailed("the captured statements name no holder")

    def _host(self) -> str:
        return parse_qs(urlsplit(self._cluster.url).query)["host"][0]

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        password = self._cluster.password
        return psycopg.connect(host=self._host(), user=ROLE, password=password, dbname=DATABASE, autocommit=True)
