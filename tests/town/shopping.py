"""Two worlds of shopping: the same people get the same points by other amounts, in other shops, at other times.

Points are a quarter of the running total of yen, down to the yen, and 5,000 at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

HANAMARU: Final = ("aoi", "ren", "mio")
SAKURA: Final = ("hiro", "saki", "nao")
SERVICE_OF: Final = {**dict.fromkeys(HANAMARU, "hanamaru"), **dict.fromkeys(SAKURA, "sakura")}
POINTS: Final = {
    "2020-09": {"aoi": 5000, "ren": 1999, "mio": 0, "hiro": 5000, "saki": 1234, "nao": 0},
    "2020-10": {"aoi": 5000, "ren": 2999, "mio": 100, "hiro": 5000, "saki": 2234, "nao": 0},
    "2020-11": {"aoi": 5000, "ren": 4999, "mio": 1100, "hiro": 5000, "saki": 2484, "nao": 0},
}
"""The points at the end of each month, in both worlds."""


@dataclass(frozen=True)
class Movement:
    """One charge, purchase, use of points, or the reversal of an earlier one."""

    at: datetime
    who: str
    words: tuple[str, ...]

    @property
    def month(self) -> str:
        """Return the month that it falls into."""
        return f"{self.at:%Y-%m}"


def charge(at: str, who: str, yen: int, *, order: str = "") -> Movement:
    """Charge a wallet."""
    return _move(at, who, "charge", str(yen), order=order)


def buy(at: str, who: str, yen: int, shop: str, *, order: str = "") -> Movement:
    """Pay with money in a shop."""
    return _move(at, who, "buy", str(yen), "--shop", shop, order=order)


def spend(at: str, who: str, points: int, shop: str) -> Movement:
    """Pay with points in a shop."""
    return _move(at, who, "spend", str(points), "--shop", shop)


def reverse(at: str, who: str, order: str) -> Movement:
    """Take a charge or a purchase back."""
    return _move(at, who, "reverse", order)


def _move(at: str, who: str, verb: str, *words: str, order: str = "") -> Movement:
    named = ("--order", order) if order else ()
    return Movement(datetime.fromisoformat(f"2020-{at}+09:00"), who, (verb, *words, *named))


MORNINGS: Final[Sequence[Movement]] = (
    charge("09-12T08:05", "aoi", 12_000),
    buy("09-12T08:40", "aoi", 640, "midori"),
    buy("09-13T09:10", "saki", 4_936, "kawasemi"),
    charge("09-15T07:30", "ren", 3_001),
    buy("09-16T10:00", "nao", 10_000, "midori", order="mistaken"),
    reverse("09-16T10:20", "nao", "mistaken"),
    charge("09-20T08:00", "aoi", 15_000),
    spend("09-21T09:00", "aoi", 1_200, "hidamari"),
    buy("09-22T11:00", "hiro", 30_000, "kawasemi"),
    charge("09-29T08:15", "ren", 4_998),
    charge("10-03T09:00", "ren", 4_000),
    charge("10-05T08:20", "mio", 200),
    buy("10-11T10:30", "saki", 4_000, "midori"),
    charge("10-28T08:25", "mio", 200),
    charge("11-02T09:00", "ren", 8_000),
    charge("11-09T07:45", "mio", 4_000),
    buy("11-14T10:10", "saki", 1_000, "kawasemi"),
)

NIGHTS: Final[Sequence[Movement]] = (
    charge("09-10T22:31", "mio", 3),
    charge("09-10T23:10", "ren", 5_000),
    buy("09-11T21:00", "hiro", 9_800, "midori"),
    charge("09-14T20:45", "ren", 9_000, order="too-much"),
    reverse("09-14T20:50", "ren", "too-much"),
    buy("09-17T19:59", "saki", 4_000, "midori"),
    buy("09-18T18:30", "hiro", 10_200, "midori"),
    charge("09-24T21:21", "ren", 2_999),
    buy("09-25T22:00", "ren", 3_300, "hidamari"),
    buy("09-26T23:05", "saki", 939, "kawasemi"),
    charge("09-30T23:40", "aoi", 20_000),
    charge("10-12T21:00", "mio", 397),
    buy("10-19T20:20", "saki", 3_997, "kawasemi"),
    charge("10-30T22:10", "ren", 1_500),
    charge("10-31T23:55", "ren", 2_500),
    buy("11-03T19:00", "saki", 600, "midori"),
    buy("11-08T19:30", "saki", 403, "midori"),
    charge("11-20T22:40", "mio", 4_000),
    charge("11-29T23:59", "ren", 8_000),
)
