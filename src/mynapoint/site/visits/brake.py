"""A brake on bookings by the dozen. It lives in this process's memory: nothing about a visitor is written down."""

import hmac
import secrets
from collections import deque
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from mynapoint.kernel.refusal import Refusal

MOST: Final = 8
"""So many bookings are taken from one network address…"""
WITHIN: Final = timedelta(minutes=10)
"""…in so long; a family or an office behind one address books one after the other."""


class TooManyBookings(Refusal):
    """From one place more bookings came than are taken in a while."""

    code = "too_many_bookings"


class Brake:
    """What came lately, by addresses that are hashed under a key that ends with the process."""

    def __init__(self) -> None:
        self._key, self._lock = secrets.token_bytes(16), Lock()
        self._seen: deque[tuple[datetime, bytes]] = deque()

    def take(self, address: str, *, at: datetime) -> None:
        """Count one more.

        :raises TooManyBookings: when there were too many; then this one does not count.
        """
        name = hmac.digest(self._key, address.encode("utf-8", "surrogatepass"), "sha256")
        with self._lock:
            while self._seen and not at - WITHIN < self._seen[0][0] <= at:  # also after a clock was set back
                self._seen.popleft()
            if sum(one == name for _, one in self._seen) >= MOST:
                raise TooManyBookings
            self._seen.append((at, name))
