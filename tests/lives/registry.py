"""The cards of invented people, and what the authority tells of them: sometimes late, sometimes never."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from cryptography import x509

from jpki.certificate import CertificateId
from jpki.registry import Lineage, MemoryRegistry, Renewed, Revocation


@dataclass(frozen=True)
class Card:
    """A card as it truly is: whose, from when, and after which other one."""

    serial: int
    person: int
    issued_at: datetime
    follows: "Card | None" = None

    @property
    def id(self) -> CertificateId:
        """The certificate's name; it has no key, for nobody signs here."""
        return CertificateId(b"authority", self.serial)


class CardRegistry:
    """The authority: it knows the truth, and tells of it what the simulation lets it tell."""

    def __init__(self) -> None:
        self._told = MemoryRegistry()
        self._serials = count(1)

    def issue(self, person: int, *, follows: Card | None, is_told: bool, at: datetime) -> Card:
        """Issue a card; its lineage is told at once or not yet."""
        card = Card(next(self._serials), person, at, follows)
        if is_told:
            self.tell(card)
        return card

    def tell(self, card: Card) -> None:
        """Let the lineage of a card arrive."""
        self._told.add(card.id, predecessor=card.follows.id if card.follows else None)

    def is_told(self, card: Card) -> bool:
        """Say whether a card's own lineage has arrived."""
        return card.id in self._told.predecessors

    def revoke(self, card: Card, *, at: datetime) -> None:
        """Revoke a card."""
        self._told.revoke(card.id, Revocation(revoked_at=at, reason=x509.ReasonFlags.superseded))

    def is_revoked(self, card: Card) -> bool:
        """Say whether a card was revoked."""
        return card.id in self._told.revocations

    def get_lineage(self, card: Card, *, at: datetime) -> Lineage:
        """Answer as the registry does."""
        return self._told.get_lineage(card.id, at=at)


def see(card: Card, lineage: Lineage) -> list[int]:
    """Return the serials that an act shows the platform: the card's and those of what it is told to follow."""
    predecessors = lineage.predecessors if isinstance(lineage, Renewed) else ()
    return [card.serial, *(link.serial for link in predecessors)]
