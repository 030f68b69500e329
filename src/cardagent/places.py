"""Where the card lies: in a reader, or, as a virtual card, in a file."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from iccard.connection import CardConnection
from iccard.pcsc import WAIT_SECONDS, open_card, wait_for_card
from jpki.virtual.card import VirtualCard


class CardPlace(Protocol):
    """A place that can be opened again and again, each time for one whole exchange with the card."""

    def open(self) -> AbstractContextManager[CardConnection]:
        """This will give the card that lies there now."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A virtual card's file."""

    path: Path

    def open(self) -> AbstractContextManager[CardConnection]:
        """See `CardPlace`.

        :raises MalformedCardFile: when the file holds no card.
        """
        return nullcontext(VirtualCard.open(self.path))


@dataclass(frozen=True, slots=True)
class ReaderPlace:
    """A reader by its whole name."""

    reader: str

    def open(self) -> AbstractContextManager[CardConnection]:
        """See `CardPlace`.

        :raises UnableToReachCard: when there is no card, or not any more.
        """
        return open_card(self.reader)


def find_card(
    *,
    file: Path | None,
    reader: str | None,
    seconds: float = WAIT_SECONDS,
    tell_waiting: Callable[[], None] = lambda: None,
) -> CardPlace:
    """This will find the card: in the file if one is given, else in the named reader, else in the one that has a card.

    :raises UnableToReachCard: when there is no card, or no telling which.
    :raises MalformedCardFile: when the file holds no card.
    """
    if file is None:
        return ReaderPlace(wait_for_card(reader=reader, seconds=seconds, tell_waiting=tell_waiting))
    place = FilePlace(file)
    with place.open():
        return place
