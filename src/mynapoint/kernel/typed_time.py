"""A time of day as people type it."""

import re
import unicodedata
from datetime import time
from typing import Final

_TIME: Final = re.compile(r"(\d{1,2})(?::(\d{2})(?::00)?|時(?:(\d{1,2})分)?)", re.ASCII)


def read_clock(typed: str) -> time:
    """This will read a time of day in the width and the form in which it comes: 18:30, １８：３０, 18時30分.

    :raises ValueError: when it is none.
    """
    found = _TIME.fullmatch("".join(unicodedata.normalize("NFKC", typed[:20]).split()))
    if found is None:
        raise ValueError
    hour, minute, spoken = found.groups()
    return time(int(hour), int(minute or spoken or 0))
