"""The observer: knows the truth, foretells every outcome from it, and notes whatever comes otherwise."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from jpki.registry import Lineage, Renewed, UnknownLineage
from lives.platform import KEY, Held, Outcome, Passed, Rejected, Waits
from lives.registry import Card, see
from mynapoint.holder.queries import find_last_hold, get_known_chain
from mynapoint.holder.rules import hash_certificate

WAIT = timedelta(hours=24)


class Observer:
    """What must be so, in plain serials and people: no hash, no table, no rule of the platform is used to foretell."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.violations: list[str] = []
        self._holders: dict[int, UUID] = {}
        self._people: dict[UUID, int] = {}
        self._recorded: set[int] = set()
        self._rejected: set[int] = set()
        self._open: set[int] = set()
        self._cards: dict[int, Card] = {}

    def note(self, card: Card, lineage: Lineage, outcome: Outcome, *, at: datetime) -> None:
        """Take in an act's outcome, and compare it with the one foretold."""
        self._cards[card.serial] = card
        expected = self._foretell(card, lineage, at=at)
        self.outcomes[type(outcome).__name__.lower()] += 1
        if type(outcome) is not expected:
            self.complain(card.person, f"{expected.__name__} was due, {type(outcome).__name__} came")
        if isinstance(outcome, Passed):
            self._check_person(card.person, outcome.holder_id)
            self._recorded.update(see(card, lineage))
            self._open.difference_update(see(card, lineage))
        elif isinstance(outcome, Held):
            self._open.add(card.serial)
            hold = find_last_hold(hash_certificate(card.id, key=KEY))
            if hold is None or not hold.is_open:
                self.complain(card.person, "nobody put the certificate on the list")

    def note_revoked(self) -> None:
        """Take in an act with a revoked card, which never comes as far as this."""
        self.outcomes["revoked"] += 1

    def note_decision(self, card: Card, decision: str) -> None:
        """Take in what the office decided about a held card."""
        self.outcomes[f"decided_{decision}"] += 1
        self._open.discard(card.serial)
        (self._rejected if decision == "reject" else self._recorded).add(card.serial)

    def expect(self, person: int, outcome: Outcome, kind: type[Outcome], *, holder_of: int | None = None) -> None:
        """Compare an outcome with one that a plot foretells; a person may stand for another after an office's error."""
        self.outcomes[type(outcome).__name__.lower()] += 1
        if type(outcome) is not kind:
            self.complain(person, f"{kind.__name__} was due, {type(outcome).__name__} came")
        elif isinstance(outcome, Passed):
            self._check_person(person if holder_of is None else holder_of, outcome.holder_id)

    def complain(self, person: int, sentence: str) -> None:
        """Note a violation."""
        self.violations.append(f"person {person}: {sentence}")

    def audit(self) -> None:
        """Compare every card's owner and every open hold in the database with the truth; then forget the cards."""
        cards = {bytes(hash_certificate(card.id, key=KEY)): card for card in self._all_cards()}
        known = get_known_chain([hash_certificate(card.id, key=KEY) for card in cards.values()])
        for name, card in cards.items():
            owner = known.owners.get(name)
            expected = self._holders.get(card.person) if card.serial in self._recorded else None
            if owner != expected:
                self.complain(card.person, "a certificate stands under another holder than its own")
        held = {cards[name].serial for name, _ in known.open_holds}
        for serial in held ^ (self._open & {card.serial for card in cards.values()}):
            self.complain(self._cards[serial].person, "a hold is open that should be closed, or the other way round")
        self._cards.clear()

    def _all_cards(self) -> Iterable[Card]:
        for card in list(self._cards.values()):
            earlier = card.follows
            while earlier is not None:
                self._cards.setdefault(earlier.serial, earlier)
                earlier = earlier.follows
        return self._cards.values()

    def _foretell(self, card: Card, lineage: Lineage, *, at: datetime) -> type[Outcome]:
        if isinstance(lineage, Renewed) and at < card.issued_at + WAIT:
            return Waits
        if not isinstance(lineage, UnknownLineage) or card.serial in self._recorded:
            return Passed
        return Rejected if card.serial in self._rejected else Held

    def _check_person(self, person: int, holder_id: UUID) -> None:
        if self._holders.setdefault(person, holder_id) != holder_id:
            self.complain(person, "two holders for one person")
        if self._people.setdefault(holder_id, person) != person:
            self.complain(person, "two people in one holder")
