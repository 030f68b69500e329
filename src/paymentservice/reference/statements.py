"""The monthly statement of a credit card: the month's purchases become points."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from paymentservice.config import Programme
from paymentservice.reference.database import durable_transaction
from paymentservice.reference.grants import grant
from paymentservice.reference.models import Link, StatementRun
from paymentservice.rewards import Award

TOKYO: Final = ZoneInfo("Asia/Tokyo")


class UnableToRun(Exception):
    """A statement that cannot be run."""


class MonthMalformed(UnableToRun):
    """Not a month in the form 2020-09."""


class MonthNotOver(UnableToRun):
    """The month ends at ``ends_at`` only."""

    def __init__(self, ends_at: datetime) -> None:
        super().__init__(ends_at)
        self.ends_at = ends_at


class LaterMonthDone(UnableToRun):
    """The statement of a later month was run: this one would take its points back."""


@dataclass(frozen=True, kw_only=True)
class StatementLine:
    """What one link was granted: carries no more than a counter and sums need."""

    award: Award


def end_of_month(month: str) -> datetime:
    """Return the first instant after a month in Japan.

    :raises MonthMalformed:
    """
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=TOKYO)
    except ValueError:
        raise MonthMalformed from None
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def check_runnable(month: str, *, programme: Programme, at: datetime) -> datetime:
    """Check that a month's statement may be run and return until when it counts.

    :raises UnableToRun:
    """
    ends_at = end_of_month(month)
    if at < ends_at:
        raise MonthNotOver(ends_at)
    if StatementRun.objects.filter(programme=programme.id, covers_until__gt=ends_at).exists():
        raise LaterMonthDone
    return ends_at


def run_statement(month: str, *, programme: Programme, at: datetime) -> Iterator[StatementLine]:
    """Grant every link the points of its purchases up to the month's end, one by one.

    Each link is a transaction of its own, and granting again grants nothing: an interrupted run is simply run again.

    :raises UnableToRun:
    """
    until = check_runnable(month, programme=programme, at=at)
    links = Link.objects.filter(programme=programme.id).exclude(standing=Link.Standing.STOPPED)
    for link in links.order_by("link_token"):
        yield StatementLine(award=grant(link, programme=programme, kind="purchase", until=until, at=at))
    with durable_transaction():
        StatementRun.objects.get_or_create(
            programme=programme.id, month=month, defaults={"covers_until": until, "completed_at": at}
        )


def is_granted_until(ends_at: datetime, *, programme: Programme) -> bool:
    """Tell whether statements cover everything before ``ends_at``."""
    return StatementRun.objects.filter(programme=programme.id, covers_until__gte=ends_at).exists()
