"""What happened on an account, both ledgers together, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from paymentservice.config import Config
from paymentservice.reference.models import Account, MoneyEntry, PointEntry

LENGTH: Final = 50


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One line of the wallet's history: yen or points, plus or minus as the customer sees it."""

    at: datetime
    what: str
    yen: int | None = None
    points: int | None = None


def get_history(owner: Account, *, config: Config) -> list[HistoryLine]:
    """Return the newest lines of an account."""
    money = MoneyEntry.objects.filter(owner=owner).order_by("-entered_at", "-pk")[:LENGTH]
    points = PointEntry.objects.filter(owner=owner).order_by("-entered_at", "-pk")[:LENGTH]
    # At one instant the points come above: they were granted for the money, so they are the newer.
    lines = [_point_line(entry, config=config) for entry in points] + [_money_line(e, config=config) for e in money]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:LENGTH]


def _money_line(entry: MoneyEntry, *, config: Config) -> HistoryLine:
    sign = 1 if entry.kind == MoneyEntry.Kind.CHARGE else -1
    what = MoneyEntry.Kind(entry.kind).label + ("（取消）" if entry.reverses_id else "")
    return HistoryLine(at=entry.entered_at, what=what + _shop_name(entry.shop, config=config), yen=sign * entry.amount)


def _point_line(entry: PointEntry, *, config: Config) -> HistoryLine:
    what = PointEntry.Kind(entry.kind).label + _shop_name(entry.shop, config=config)
    return HistoryLine(at=entry.entered_at, what=what, points=entry.points)


def _shop_name(shop: str, *, config: Config) -> str:
    found = config.get_shop(shop)
    return f" {found.name}" if found else ""
