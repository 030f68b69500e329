"""Running calls at the very same time, each in a thread and a connection of its own."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

from mynapoint.kernel.refusal import Refusal

R = TypeVar("R")


def at_once(*calls: Callable[[], R]) -> list[R | Refusal]:
    """Make all calls at the same instant; return what each returned or was refused with."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], R]) -> R | Refusal:
        try:
            barrier.wait(10)
            return call()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def list_ends(answers: Iterable[object]) -> list[str]:
    """Name how each ended, in order: `done`, or a refusal's code."""
    return sorted(answer.code if isinstance(answer, Refusal) else "done" for answer in answers)
