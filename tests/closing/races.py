"""Running calls at the very same time, each in a thread and a connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

from mynapoint.kernel.refusal import Refusal

R = TypeVar("R")


def race(calls: Sequence[Callable[[], R]]) -> list[R | Refusal]:
    """Make all calls at once; return what each returned or was refused with."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], R]) -> R | Refusal:
        barrier.wait(10)
        try:
            return call()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
