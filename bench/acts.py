"""Applications a second over HTTP, to the linked account, against pgbench with the same statements."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from statistics import median, quantiles
from typing import Final

import psycopg

from bench import cpu
from bench.captured import CAPTURES, capture
from bench.citizens import Load, apply_all, apply_at
from bench.crowd import Applicant, connect, gather
from bench.limit import Limit
from bench.progress import say
from bench.script import Script
from bench.stage import SERVICE, settled_town
from bench.table import Row
from demo.processes import Process
from demo.town import Town
from jpki.virtual.keys import KeyPool
from mynapoint.console.cluster import open_cluster
from mynapoint.console.traces import read_lock

GOAL: Final = 0.15
CLIENTS: Final = 16
KEYS: Final = 200


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    acts: int
    warm_up: int
    at_half_rate: int
    limit_seconds: int
    keys: int

    @property
    def people(self) -> int:
        """How many applicants it takes: nobody applies twice."""
        return CAPTURES + self.warm_up + self.rounds * self.acts + self.at_half_rate


FULL: Final = Size(rounds=5, acts=250, warm_up=100, at_half_rate=250, limit_seconds=4, keys=KEYS)
QUICK: Final = Size(rounds=1, acts=40, warm_up=16, at_half_rate=20, limit_seconds=1, keys=4)


@dataclass
class Round:
    """One round: what the platform reached, what pgbench reached right after, and whose CPU it took."""

    acts: int
    seconds: float
    load: Load
    cpu: dict[str, float]
    limit: float = 0.0

    @property
    def rate(self) -> float:
        """Acts a second, until the last account was linked."""
        return self.acts / self.seconds


@dataclass
class Platform:
    """A running town and the people who have not applied yet."""

    town: Town
    people: list[Applicant]
    processes: dict[str, int]
    connection: "psycopg.Connection[tuple[object, ...]]"
    taken: int = field(default=CAPTURES)

    def run(self, acts: int, *, rate: float | None = None) -> Round:
        """Let so many apply, as fast as they can or at a rate, and wait until every account is linked."""
        people = self.people[self.taken : self.taken + acts]
        self.taken += acts
        before, started = self._cpu(), time.perf_counter()
        load = self._apply(people, rate=rate)
        self._wait_for_links()
        used = {name: seconds - before[name] for name, seconds in self._cpu().items()}
        return Round(acts, time.perf_counter() - started, load, used | {"load generator": load.own_cpu})

    def _apply(self, people: Sequence[Applicant], *, rate: float | None) -> Load:
        port = self.town.site_port
        if rate is None:
            return apply_all(port, people, clients=CLIENTS)
        return apply_at(port, people, clients=CLIENTS, rate=rate)

    def _wait_for_links(self) -> None:
        for _ in count():
            row = self.connection.execute("SELECT count(*) FROM application_linkstep").fetchone()
            if row and int(str(row[0])) >= self.taken:
                return
            time.sleep(0.02)

    def _cpu(self) -> dict[str, float]:
        return {name: cpu.used_by(pid) for name, pid in self.processes.items()}


def measure(quick: bool) -> Iterator[Row]:
    """Yield the rate beside pgbench's, how late the slowest of twenty acts is at half the rate, and where CPU goes."""
    size = QUICK if quick else FULL
    with settled_town() as town, ExitStack() as stack:
        say("applications: people, cards, accounts")
        people = gather(town, size.people, keys=KeyPool(size.keys))
        say("applications: the platform's statements")
        limit = Limit(town, Script(*capture(town, people)))
        platform = _start(town, people, stack)
        platform.run(size.warm_up)
        rounds = list(_run_rounds(platform, limit, size))
        yield from _rows(rounds)
        rate = median(one.rate for one in rounds) / 2
        say(f"applications: {rate:.0f} a second")
        late = platform.run(size.at_half_rate, rate=rate).load.seconds
        yield Row("applications at half that rate, 95 of 100 within", quantiles(late, n=20)[-1] * 1000, "ms")


def _start(town: Town, people: list[Applicant], stack: ExitStack) -> Platform:
    """Start all of a town's programs but the other service."""
    programs: dict[str, Process] = {
        "site": town.web(),
        "worker": town.worker(),
        "payment service": town.services[SERVICE].process,
    }
    pids = {}
    for name, process in programs.items():
        process.start()
        stack.callback(process.stop)
        pids[name] = process.running.pid if process.running else 0
    pids["database"] = read_lock(open_cluster(town.folder / "state").place.data / "postmaster.pid") or 0
    return Platform(town, people, pids, stack.enter_context(connect(town)))


def _run_rounds(platform: Platform, limit: Limit, size: Size) -> Iterator[Round]:
    for number in range(1, size.rounds + 1):
        done = platform.run(size.acts)
        done.limit = limit.run(clients=CLIENTS, seconds=size.limit_seconds)
        say(f"applications: round {number} of {size.rounds}, {done.rate:.1f}/s, pgbench {done.limit:.1f}/s")
        yield done


def _rows(rounds: list[Round]) -> Iterator[Row]:
    figure, limit = median(one.rate for one in rounds), median(one.limit for one in rounds)
    ratio = median(one.rate / one.limit for one in rounds)
    yield Row(f"applications, {CLIENTS} clients, to the linked account", figure, "acts/s", limit, ratio, GOAL)
    acts = sum(one.acts for one in rounds)
    total = sum(sum(one.cpu.values()) for one in rounds)
    for name in rounds[0].cpu:
        yield Row(f"applications, CPU of the {name}", sum(one.cpu[name] for one in rounds) / acts * 1000, "ms/act")
    signing = sum(sum(one.load.signing) for one in rounds)
    yield Row("applications, the cards' signing alone", signing / acts * 1e6, "µs/act")
    yield Row("applications, the cards' signing, share of all CPU used", signing / total * 100, "%")
