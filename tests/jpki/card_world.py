"""A small world for card tests: an instant of 2020, a birth date, a card without a file."""

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from card_keys import POOL

from jpki.virtual.authority import Authority
from jpki.virtual.card import VirtualCard
from jpki.virtual.contents import CardContents, VolatileMemory

JST = timezone(timedelta(hours=9))
AT = datetime(2020, 9, 1, 10, 0, tzinfo=JST)
NEXT_DAY = AT + timedelta(days=1)
BIRTH_DATE = date(1985, 4, 3)
SECOND = timedelta(seconds=1)


def found_authority(folder: Path) -> Authority:
    return Authority.create(folder, at=AT - timedelta(days=30), draw_key=POOL.draw)


def found_stranger(folder: Path) -> Authority:
    """With keys of its own: two authorities of one small pool may have drawn the same."""
    return Authority.create(folder, at=AT - timedelta(days=30))


def power_up(contents: CardContents) -> tuple[VirtualCard, VolatileMemory]:
    memory = VolatileMemory(contents)
    return VirtualCard(memory), memory
