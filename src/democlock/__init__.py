"""Where the time comes from: the machine, or for demonstrations a file that all programs of a town share."""

import json
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]
_Setting = tuple[datetime, datetime | None]
"""the time that was set, and since when it runs on from there"""


class ClockFileUnreadable(Exception):
    """The demo clock's file is missing or is not a clock."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def system_clock() -> datetime:
    """Return the machine's time, in UTC."""
    return datetime.now(UTC)


class FileClock:
    """A clock that looks at its file at every question, so that setting it reaches every process at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: tuple[tuple[int, int, int], _Setting] | None = None

    def __call__(self) -> datetime:
        """Return the demo time: frozen when the file has no ``since``, else run on from there.

        :raises ClockFileUnreadable: the file is missing or is not a clock.
        """
        at, since = self._read()
        return at if since is None else at + (system_clock() - since)

    def _read(self) -> _Setting:
        try:
            seen = os.stat(self.path)
            # Setting the clock puts another file into this one's place.
            file = (seen.st_ino, seen.st_mtime_ns, seen.st_size)
            known = self._known
            if known is None or known[0] != file:
                content = json.loads(self.path.read_bytes())
                since = content["since"]
                known = self._known = file, (_aware(content["at"]), None if since is None else _aware(since))
            return known[1]
        except (OSError, ValueError, TypeError, KeyError):
            raise ClockFileUnreadable(self.path) from None


def get_clock(path: Path | None) -> Clock:
    """Return the demo clock of this file, or the machine's when there is none."""
    return system_clock if path is None else FileClock(path)


def set_demo_clock(path: Path, at: datetime, running: bool = True) -> None:
    """Set the demo clock in one step: readers see the old time or the new one, never half a file."""
    if at.tzinfo is None:
        raise ValueError("the demo clock needs a time with its offset")
    content = {"at": at.isoformat(), "since": system_clock().isoformat() if running else None}
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
    # mkstemp makes it private; platform and services may run as different users.
    os.chmod(name, 0o644)
    os.replace(name, path)


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at
