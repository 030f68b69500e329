"""The citizens' pages a second beside nginx, pages at a steady rate, and sixty thousand at the waiting room."""

import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from statistics import median, quantiles
from typing import Final

from bench.nginx import find_missing, serving
from bench.progress import say
from bench.stage import running, settled_town
from bench.table import Row
from bench.visitors import LineBroken, arrive_all, begin, begin_twice, check_order, visit_at
from bench.wrk import ask_for
from demo.town import SERVICE_NAMES, Town

REAL_COUNT: Final = 118
GOAL: Final = 0.1
RATE: Final = 500
LIMIT_MS: Final = 250.0
UNTIL_OPEN: Final = 15
"""turns that may have come when the first arrive: the waiting room saves up ten seconds, the command takes a few"""
BEGIN: Final = "/status/"
PAGES: Final = {
    "start page": "/",
    f"{REAL_COUNT} services": "/services/",
    "a service": "/services/hanamaru/",
    "reserving, before it begins": "/reserve/",
}
STEP: Final = "a question of a reservation"
"""the page that is somebody's own, made for each request"""
MIXED: Final = ("/", "/services/", "/", "/en/", "/", "/services/hanamaru/", "/easy/", "/services/", "/reserve/")
"""what people ask for, in this proportion, with one question of a reservation to each turn"""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    seconds: int
    visits: int
    arrivals: int
    twice: int


FULL: Final = Size(rounds=3, seconds=3, visits=10_000, arrivals=60_000, twice=50)
QUICK: Final = Size(rounds=1, seconds=1, visits=500, arrivals=300, twice=3)


def measure(quick: bool) -> Iterator[Row]:
    """Yield pages a second with their ratio to nginx, the slowest of a steady crowd, and the arrivals a second."""
    size = QUICK if quick else FULL
    if missing := find_missing():
        print(f"site: LEFT OUT, missing {' '.join(missing)}", file=sys.stderr)
        return
    with settled_town() as town:
        _register_many(town)
        with running(town, "site"):
            step = begin(town.site_port, "/reserve/")
            yield from _measure_pages(town, PAGES | {STEP: step}, size)
            yield _measure_crowd(town, (*MIXED, step), size)
            yield from _measure_line(town, size)


def _measure_pages(town: Town, pages: Mapping[str, str], size: Size) -> Iterator[Row]:
    """Ask site and nginx in turn for the same bytes."""
    files = {f"{number}.html": _fetch(town.site_port, path) for number, path in enumerate(pages.values())}
    with serving(town.folder / "nginx", files) as port:
        for (name, path), file in zip(pages.items(), files, strict=True):
            say(f"{name}, {len(files[file])} bytes …")
            pairs = [
                (ask_for(port, f"/{file}", seconds=size.seconds), ask_for(town.site_port, path, seconds=size.seconds))
                for _ in range(size.rounds)
            ]
            limit, rate = (median(answered.rate for answered in column) for column in zip(*pairs, strict=True))
            ratio = median(ours.rate / theirs.rate for theirs, ours in pairs)
            yield Row(f"site, {name}", rate, "/s", limit, ratio, GOAL if path == "/" else None)
            yield Row(f"site, {name}, 95 of 100 within", median(ours.slow_ms for _, ours in pairs), "ms")


def _measure_crowd(town: Town, mixed: Sequence[str], size: Size) -> Row:
    """Let lists, services, first pages and a way's question be asked for at a steady rate, answered or not."""
    say(f"{size.visits} pages at {RATE}/s …")
    seconds = visit_at(town.site_port, list(islice(cycle(mixed), size.visits)), rate=RATE)
    slow = quantiles(seconds, n=20)[-1] * 1000
    return Row(f"site, {RATE} mixed pages a second, 95 of 100 within", slow, "ms", LIMIT_MS, LIMIT_MS / slow, 1.0)


def _measure_line(town: Town, size: Size) -> Iterator[Row]:
    """Let all come at once while one a second may begin; then let some try to begin twice."""
    say(f"{size.arrivals} arrivals …")
    town.command("waiting", "open", "--per-minute", "60")
    arrivals, elapsed = arrive_all(town.site_port, BEGIN, size.arrivals)
    check_order(arrivals)
    if size.arrivals - len(arrivals) > elapsed + UNTIL_OPEN:
        raise LineBroken(f"{size.arrivals - len(arrivals)} began in {elapsed} seconds, one a second")
    yield Row(f"waiting room, {size.arrivals:,} arrivals, in order", size.arrivals / elapsed, "/s")
    waits = quantiles([arrival.answered - arrival.sent for arrival in arrivals], n=20)[-1] * 1000
    yield Row("waiting room, an arrival, 95 of 100 within", waits, "ms")
    first = sorted(arrivals, key=lambda arrival: arrival.number)[: size.twice]
    town.set_clock(town.clock() + timedelta(seconds=size.twice))  # their turn has come, and is not over
    led = [begin_twice(town.site_port, BEGIN, arrival.ticket) for arrival in first]
    if any(len(ways) != 1 for ways in led) or len(set().union(*led)) != len(first):
        raise LineBroken("somebody began twice")
    yield Row("waiting room, begun by two clicks at once, each once", len(first), "people")


def _register_many(town: Town) -> None:
    """Register as many services as the real programme had."""
    town.run(["bench.loadservices", str(REAL_COUNT - len(SERVICE_NAMES))], environment=town.environment)


def _fetch(port: int, path: str) -> bytes:
    """Return a page as it is sent, compressed where it is."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())
