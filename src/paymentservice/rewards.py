"""How many points a link has earned: pure rules over its movements.

The rule: the rate is applied to the running TOTAL of all that counts, rounded down to the yen once, never more than
the cap. So small charges count in full, splitting a purchase changes nothing, and taking one back takes back exactly
what it had added. A reissued instrument's movements are simply the same link's movements.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """A rate and the most that it may ever give, in points per link."""

    rate: Fraction
    cap: int

    @classmethod
    def of_percent(cls, percent: int, *, cap: int) -> Self:
        """Build a tariff from a rate in percent."""
        return cls(rate=Fraction(percent, 100), cap=cap)


@dataclass(frozen=True, kw_only=True)
class EarningTerms:
    """What a programme grants, in which half-open window of charges or purchases.

    ``bonus`` is what the service adds of its own money; it never reaches a closing.
    """

    tariff: Tariff
    earning_from: datetime
    earning_until: datetime
    bonus: Tariff


@dataclass(frozen=True, kw_only=True)
class Movement:
    """A charge or a purchase, or with a negative amount the reversal of one.

    ``earned_at`` is the time of the charge or purchase that it belongs to: a reversal takes back from where it was
    earned, however late it comes. ``recorded_at`` is when the service knew of it.
    """

    amount: int
    earned_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class Award:
    """Points to grant now (negative: to take back), and the service's own bonus beside them."""

    points: int
    bonus: int


def running_total(
    movements: Iterable[Movement], *, terms: EarningTerms, linked_at: datetime, until: datetime | None = None
) -> int:
    """Return the yen that count: earned in the window and not before the link, recorded before ``until`` if given."""
    earns_from = max(terms.earning_from, linked_at)
    total = sum(
        movement.amount
        for movement in movements
        if earns_from <= movement.earned_at < terms.earning_until and (until is None or movement.recorded_at < until)
    )
    return max(total, 0)


def points_for(total: int, *, tariff: Tariff) -> int:
    """Return the points of a running total in yen."""
    return min(floor(total * tariff.rate), tariff.cap)


def award_for(total: int, *, terms: EarningTerms, granted: Award) -> Award:
    """Return what brings the grants so far up, or down, to what the running total deserves."""
    return Award(
        points=points_for(total, tariff=terms.tariff) - granted.points,
        bonus=points_for(total, tariff=terms.bonus) - granted.bonus,
    )
