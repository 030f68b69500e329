"""Reservations a second with ten thousand and with a million holders already there: the same rows, turn by turn."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Final

import psycopg

from bench.captured import connect_admin
from bench.crowd import issue_cards
from bench.holders import settle
from bench.progress import say
from bench.reserving import write_cards
from bench.stage import AT, PROGRAMME, ROOT, empty_folder, own_cluster
from bench.table import Row
from demo.commands import Commands
from jpki.virtual.authority import Authority
from jpki.virtual.keys import KeyPool
from mynapoint.console.cluster import DATABASE, ROLE, Cluster, open_cluster

GOAL: Final = 0.8
WARM_UP: Final = 50


class Clerk:
    """A process that makes reservations in one database."""

    def __init__(self, folder: Path, *, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.reserving", str(folder)],
            env=environment | {"DJANGO_SETTINGS_MODULE": "mynapoint.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def make(self, count: int) -> dict[str, float]:
        """Have so many made, and return the seconds that they took."""
        assert self._process.stdin
        assert self._process.stdout
        print(count, file=self._process.stdin, flush=True)
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer

    def leave(self) -> None:
        """End the process."""
        self._process.communicate()


def measure(quick: bool) -> Iterator[Row]:
    """Yield both rates, the larger database's against the smaller's, and the same for the time of statements alone."""
    sizes, rounds, count = ((1_000, 5_000), 2, 5) if quick else ((10_000, 1_000_000), 12, 40)
    with empty_folder() as folder, own_cluster(folder / "state"), ExitStack() as stack:
        environment = _prepare(folder, cards=WARM_UP + rounds * count)
        cluster = open_cluster(folder / "state")
        clerks = []
        for size in sizes:
            say(f"reservations: {size:,} holders move in")
            clerks.append(_open_office(folder, cluster, size, environment=environment))
            stack.callback(clerks[-1].leave)
        with connect_admin(cluster) as admin:
            admin.execute("CHECKPOINT")
        small, large = _run(clerks, rounds=rounds, count=count)
    yield from _rows(small, large, sizes=sizes, count=count)


def _prepare(folder: Path, *, cards: int) -> dict[str, str]:
    """Start a database with a programme, found an authority, issue its cards; return the platform's environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONUTF8": "1",
        "MYNAPOINT_STATE_DIR": str(folder / "state"),
        "MYNAPOINT_LOG_LEVEL": "warning",
    }
    with Commands() as run:
        for words in (["db", "start"], ["migrate"], ["programme", "load", str(ROOT / f"programmes/{PROGRAMME}.toml")]):
            run(["mynapoint.console.main", *words], environment=environment)
    keys = KeyPool(min(cards, 50))
    Authority.create(folder / "authority", at=AT - timedelta(days=1), draw_key=keys.draw)
    write_cards(folder, issue_cards(folder / "authority", cards, keys=keys))
    return environment


def _open_office(folder: Path, cluster: Cluster, size: int, *, environment: dict[str, str]) -> Clerk:
    """Give a copy of the database its holders, and a clerk."""
    url = cluster.url.replace(f"/{DATABASE}?", f"/bench_{size}?")
    with connect_admin(cluster) as admin:
        admin.execute(f"CREATE DATABASE bench_{size} TEMPLATE {DATABASE} OWNER {ROLE}")  # type: ignore[arg-type]
    with psycopg.connect(url, autocommit=True) as connection:
        settle(connection, size)
    clerk = Clerk(folder, environment=environment | {"DATABASE_URL": url})
    clerk.make(WARM_UP)
    return clerk


def _run(clerks: list[Clerk], *, rounds: int, count: int) -> list[list[dict[str, float]]]:
    """Let the clerks take turns; return what each one's rounds took."""
    taken: list[list[dict[str, float]]] = [[] for _ in clerks]
    for number in range(rounds):
        # Who goes first changes, so that neither always follows the other's commits.
        for turn in (0, 1) if number % 2 else (1, 0):
            taken[turn].append(clerks[turn].make(count))
        rates = ", ".join(f"{count / times[-1]['seconds']:.0f}/s" for times in taken)
        say(f"reservations: round {number + 1} of {rounds}, {rates}")
    return taken


def _rows(
    small: list[dict[str, float]], large: list[dict[str, float]], *, sizes: tuple[int, int], count: int
) -> Iterator[Row]:
    kinds = (("seconds", "reservations", GOAL), ("statements", "reservations, their statements alone", None))
    for what, name, goal in kinds:
        few, many = ([count / one[what] for one in times] for times in (small, large))
        ratio = median(b / a for a, b in zip(few, many, strict=True))
        yield Row(f"{name}, {sizes[0]:,} holders", median(few), "/s")
        yield Row(f"{name}, {sizes[1]:,} holders", median(many), "/s", median(few), ratio, goal)
