"""How old the authority's word may be: what it says of its own time, and what a verifier bears."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jpki.registry import Fault, UnusableAnswer

CLOCKS_APART = timedelta(seconds=60)
"""How far ahead of ours the authority's clock may be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Update:
    """When the authority said something, and when it will say it again (RFC 6960, 4.2.2.1; RFC 5280, 5.1.2.5)."""

    this_update: datetime
    next_update: datetime

    def check_fresh(self, *, max_age: timedelta, at: datetime) -> None:
        """This will let pass what was said at most so long ago, and is not to have been said anew by now.

        :raises UnusableAnswer: when it is older, or comes from the future.
        """
        if self.this_update - at > CLOCKS_APART:
            raise UnusableAnswer(Fault.FROM_THE_FUTURE)
        if at >= self.next_update or at - self.this_update >= max_age:
            raise UnusableAnswer(Fault.STALE)
