"""Where a card may be: at a reader, or for demonstrations in a folder of virtual cards."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from iccard.connection import CardConnection
from jpki.virtual.card import VirtualCard
from jpki.virtual.contents import MalformedCardFile, describe_card


class UnableToReachCard(Exception):
    """There is no card to speak to."""


class ReaderMissing(UnableToReachCard):
    """No reader is connected, or the one that was chosen is gone."""


class CardMissing(UnableToReachCard):
    """No card is at the reader."""


class CardRemoved(UnableToReachCard):
    """The card left the reader in the middle of an exchange."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CardPlace:
    """One place where a card may be: a name for the program and one for the person."""

    id: str
    label: str


class CardSource(Protocol):
    """All the places of one kind, asked anew each time: a reader may be plugged in while the person looks."""

    @property
    def is_virtual(self) -> bool:
        """This will tell whether the cards are a demonstration's."""

    def list_places(self) -> Sequence[CardPlace]:
        """This will list where a card may be.

        :raises ReaderMissing: when there is no place at all.
        """

    def open(self, place_id: str, /) -> AbstractContextManager[CardConnection]:
        """This will connect to the card at a place for one exchange, with nobody between.

        :raises UnableToReachCard: when there is none, also when it goes in the middle.
        """


class NoReaders:
    """The source of a machine without any way to a card."""

    is_virtual = False

    def list_places(self) -> Sequence[CardPlace]:
        """See `CardSource`."""
        raise ReaderMissing

    def open(self, _place_id: str, /) -> AbstractContextManager[CardConnection]:
        """See `CardSource`."""
        raise ReaderMissing


class VirtualCards:
    """A demonstration's folder of virtual cards: the places are its people."""

    is_virtual = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list_places(self) -> Sequence[CardPlace]:
        """See `CardSource`; files that hold no card are passed over."""
        places = [CardPlace(id=path.stem, label=path.stem) for path in self._find_files() if _holds_card(path)]
        if not places:
            raise ReaderMissing
        return places

    @contextmanager
    def open(self, place_id: str, /) -> Iterator[CardConnection]:
        """See `CardSource`."""
        # Looked up, never joined: the name comes from a form.
        path = next((path for path in self._find_files() if path.stem == place_id), None)
        if path is None:
            raise CardMissing
        yield VirtualCard.open(path)

    def _find_files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))


def _holds_card(path: Path) -> bool:
    try:
        describe_card(path)
    except MalformedCardFile:
        return False
    return True
