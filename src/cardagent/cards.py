"""The places among which a person chooses: this machine's readers, or in a demonstration a folder of virtual cards."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cardagent.link import encode_base64url
from cardagent.places import CardPlace, FilePlace, ReaderPlace
from iccard.pcsc import list_readers
from iccard.unreachable import CardMute, CardRemoved, NoCard, NoReader
from jpki.client import JpkiCard, UnableToUseCard
from jpki.virtual.contents import MalformedCardFile, describe_card

# What a card that is not there, or is none, is known by; after anything else nobody can tell.
_GONE: Final = (NoCard, NoReader, CardMute, CardRemoved, UnableToUseCard)


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedPlace:
    """A place for a card under the name that a person knows it by: a reader's, or in a demonstration a person's."""

    name: str
    place: CardPlace


class CardSource(Protocol):
    """All the places of one kind, asked anew each time: a reader may be plugged in while the person looks."""

    @property
    def is_virtual(self) -> bool:
        """This will tell whether the cards are a demonstration's."""

    def list_places(self) -> Sequence[NamedPlace]:
        """This will list where a card may be.

        :raises UnableToReachCard: when there is no place at all.
        """


class Readers:
    """The readers that are connected to this machine."""

    is_virtual = False

    def list_places(self) -> Sequence[NamedPlace]:
        """See `CardSource`."""
        places = [NamedPlace(name=name, place=ReaderPlace(name)) for name in list_readers()]
        if not places:
            raise NoReader
        return places


class VirtualCards:
    """A demonstration's folder of virtual cards: the places are its people."""

    is_virtual = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list_places(self) -> Sequence[NamedPlace]:
        """See `CardSource`; files that hold no card are passed over."""
        files = [path for path in sorted(self._folder.glob("*.json")) if _holds_card(path)]
        if not files:
            raise NoReader
        return [NamedPlace(name=path.stem, place=FilePlace(path)) for path in files]


def find_place(places: Sequence[NamedPlace], *, name: str | None) -> CardPlace:
    """This will find a place by its name, which may come from a form, or the only one.

    :raises NoCard: when there is none of this name any more.
    """
    for place in places:
        if name in (place.name, None):
            return place.place
    raise NoCard


def see_cards(cards: CardSource) -> list[str]:
    """This will give the fingerprint of every My Number Card that lies there: SHA-256 of its certificate, base64url.

    :raises UnableToReachCard: when it cannot be told whether there is one.
    """
    seen = []
    with suppress(NoReader):
        for named in cards.list_places():
            with suppress(*_GONE), named.place.open() as connection:
                certificate = JpkiCard(connection).read_certificate()
                seen.append(encode_base64url(hashlib.sha256(certificate).digest()))
    return seen


def _holds_card(path: Path) -> bool:
    try:
        describe_card(path)
    except MalformedCardFile:
        return False
    return True
