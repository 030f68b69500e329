"""Japan's time: certificates end with a day of it, and statements are written in it."""

from datetime import timedelta, timezone
from typing import Final

JST: Final = timezone(timedelta(hours=9), "JST")
"""A fixed offset, for which no machine needs a list of time zones."""
