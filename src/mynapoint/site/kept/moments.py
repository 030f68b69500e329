"""The moment for which a page counts: the minute, and how often the texts that pages show have changed."""

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock, Thread
from typing import Final, Generic, TypeVar

from django.conf import settings
from django.db import connection

from mynapoint.directory import queries as directory
from mynapoint.entrance.queries import count_changes
from mynapoint.kernel.connection import Unreached, is_database_away
from mynapoint.place import queries as place
from mynapoint.programme import queries as programme

SECONDS: Final = 1.0
"""how old the answer may be to whether a text has changed"""
WHILE_AWAY: Final = 5.0
"""more seconds until the database is asked again after it gave no answer"""
T = TypeVar("T")


class Remembered(Generic[T]):
    """What the database said a moment ago: asked again after a second, once at a time.

    While it gives no answer, its last one counts. Asked behind the back of whoever wants it (`aside`), it is never
    waited for but the first time, and may be older by the time that asking takes.
    """

    def __init__(
        self, question: Callable[[], T], *, at_first: T, seconds: float = SECONDS, aside: bool = False
    ) -> None:
        self._question = question
        self._answer = at_first
        self._seconds = seconds
        self._aside = aside
        self._asked_at = float("-inf")
        self._lock = Lock()

    def __call__(self) -> T:
        """Return the answer, asked for again when it is old."""
        if time.monotonic() - self._asked_at > self._seconds and self._lock.acquire(blocking=False):
            if self._aside and self._asked_at > float("-inf"):
                Thread(target=self._ask, daemon=True).start()
            else:
                self._ask()
        return self._answer

    def forget(self) -> None:
        """Ask at the next question."""
        self._asked_at = float("-inf")

    def _ask(self) -> None:
        """Ask, and let go of the lock that keeps others from asking."""
        pause = 0.0
        try:
            self._answer = self._question()
        except Unreached as error:
            if not is_database_away(error):
                raise
            pause = WHILE_AWAY
        finally:
            self._asked_at = time.monotonic() + pause
            self._lock.release()


def count_texts() -> tuple[int, ...]:
    """This will count the texts of every kind that pages show, from outside a request."""
    try:
        registers = (programme.REGISTER, directory.REGISTER, place.REGISTER)
        return (*(register.count_texts() for register in registers), count_changes())
    finally:
        connection.close()


TEXTS: Final[Remembered[tuple[int, ...]]] = Remembered(count_texts, at_first=(), aside=True)


def get_moment() -> tuple[datetime, tuple[int, ...]]:
    """This will give the moment that it is now."""
    return settings.CLOCK().replace(second=0, microsecond=0), TEXTS()
