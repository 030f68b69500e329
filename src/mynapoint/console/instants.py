"""Instants as people type them at a command."""

from datetime import datetime

from mynapoint.kernel.period import JST


def read_instant(text: str) -> datetime:
    """Read an instant; without a zone, it is Japan's.

    :raises ValueError: when it is none.
    """
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=JST)
