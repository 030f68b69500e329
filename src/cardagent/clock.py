"""The time by which this program judges whether a statement may still be signed."""

import json
from datetime import UTC, datetime
from pathlib import Path


class MalformedDemoClock(Exception):
    """The file holds no demonstration clock."""


def read_clock(demo_clock: Path | None) -> datetime:
    """This will give the machine's time, or a demonstration's: frozen at `at`, or running on from there `since`.

    :raises MalformedDemoClock: when the file holds none.
    """
    now = datetime.now(UTC)
    if demo_clock is None:
        return now
    try:
        content = json.loads(demo_clock.read_bytes())
        at, since = datetime.fromisoformat(content["at"]), content["since"]
        return at.astimezone(UTC) if since is None else at + (now - datetime.fromisoformat(since))
    except (OSError, ValueError, TypeError, KeyError):
        raise MalformedDemoClock from None
