"""The load of pages: people who come when they come, and people who all come at once."""

import json
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from typing import Final, TypeVar

CLIENTS: Final = 48
"""connections that stay open; few enough for one Python, many enough that no answer is waited for before the next"""
T = TypeVar("T")


class VisitFailed(Exception):
    """A page was not shown."""


class LineBroken(Exception):
    """The line was not what it promises."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One person's arrival: seconds at which it was sent and answered, and the place in line."""

    sent: float
    answered: float
    number: int
    ticket: str


def visit_at(port: int, paths: Sequence[str], *, rate: float) -> list[float]:
    """Ask for a page every 1/rate seconds, answered or not; return the seconds from when each was due.

    :raises VisitFailed: at the first answer that is not 200.
    """
    begun = time.perf_counter()

    def visit(connection: HTTPConnection, number: int) -> float:
        due = begun + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        status, _ = _ask(connection, "GET", paths[number])
        if status != 200:
            raise VisitFailed(f"{paths[number]}: {status}")
        return time.perf_counter() - due

    return _share(port, len(paths), visit)


def arrive_all(port: int, path: str, people: int) -> tuple[list[Arrival], float]:
    """Have so many people press the button as fast as they are answered, nobody with a ticket yet.

    Return those who were given a place in line (for the others it was their turn), and the seconds that it took.

    :raises VisitFailed: at the first who is answered with an error.
    """

    def arrive(connection: HTTPConnection, _number: int) -> Arrival | None:
        sent = time.perf_counter()
        status, where = _ask(connection, "POST", path)
        if status != 302:
            raise VisitFailed(f"{path}: {status}")
        if "/line/" not in where:
            return None
        ticket = where.rpartition("/")[2]
        return Arrival(sent=sent, answered=time.perf_counter(), number=_read_number(ticket), ticket=ticket)

    begun = time.perf_counter()
    arrivals = _share(port, people, arrive)
    return [arrival for arrival in arrivals if arrival is not None], time.perf_counter() - begun


def begin(port: int, path: str, *, form: bytes = b"") -> str:
    """Press a page's button when it is one's turn; return the page to which it leads.

    :raises VisitFailed: when it leads nowhere, or to the line.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    status, where = _ask(connection, "POST", path, body=form)
    connection.close()
    if status != 302 or "/line/" in where:
        raise VisitFailed(f"{path}: {status} {where}")
    return where


def begin_twice(port: int, path: str, ticket: str) -> set[str]:
    """Begin with a ticket in two places at once; return where they led."""
    barrier = threading.Barrier(2)

    def begin_here(_number: int) -> str:
        barrier.wait()
        return begin(port, path, form=f"ticket={ticket}".encode())

    with ThreadPoolExecutor(2) as pool:
        return set(pool.map(begin_here, range(2)))


def check_order(arrivals: Sequence[Arrival]) -> None:
    """Check that nobody has another's number, and nobody one before somebody's who was answered before they came.

    :raises LineBroken: when somebody has.
    """
    if len({arrival.number for arrival in arrivals}) != len(arrivals):
        raise LineBroken("two people have the same number")
    answered = sorted(arrivals, key=lambda arrival: arrival.answered)
    highest, passed = 0, 0
    for arrival in sorted(arrivals, key=lambda arrival: arrival.sent):
        while answered[passed].answered < arrival.sent:
            highest, passed = max(highest, answered[passed].number), passed + 1
        if arrival.number <= highest:
            raise LineBroken(f"{arrival.number} was given after {highest}")


def _share(port: int, whole: int, work: Callable[[HTTPConnection, int], T]) -> list[T]:
    """Have every client take the next number as soon as it is done with one."""
    numbers, done = count(), list[T]()

    def client() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        while (number := next(numbers)) < whole:
            done.append(work(connection, number))
        connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        for ended in [pool.submit(client) for _ in range(CLIENTS)]:
            ended.result()
    return done


def _ask(connection: HTTPConnection, method: str, path: str, *, body: bytes | None = None) -> tuple[int, str]:
    headers = {"Accept-Encoding": "gzip"} | (
        {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
    )
    connection.request(method, path, body=body or (b"" if method == "POST" else None), headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.headers["Location"] or ""


def _read_number(ticket: str) -> int:
    payload = ticket.partition(":")[0]
    return int(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))[0])
