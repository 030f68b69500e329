"""Pages that wait for the end of their act: so few at a time that there is always a thread for everybody else."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Final

_MOST: Final = 4
"""Together with all others that may wait for a site these must be fewer than the server's threads."""


@dataclass(frozen=True)
class Watches:
    """Who waits; the oldest gives way, for the newest page is the one that somebody looks at."""

    _waiting: deque[Event] = field(default_factory=deque)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def begin(self) -> Iterator[Event]:
        """This will let one more wait; the event that it gets is set when it has to give way."""
        gives_way = Event()
        with self._lock:
            self._waiting.append(gives_way)
            if len(self._waiting) > _MOST:
                self._waiting.popleft().set()
        try:
            yield gives_way
        finally:
            with self._lock:
                if gives_way in self._waiting:
                    self._waiting.remove(gives_way)
