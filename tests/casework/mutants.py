"""Platforms with one error each, which the real programme had or might have had: the simulation finds them all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from casework.cards import Card, Person
from casework.platform import Bound, MemoryPlatform
from mynapoint.case.decisions import ActOffered, ActSigned, CardReported, Event, decide
from mynapoint.case.facts import Case, Fact
from mynapoint.case.rules import Farewell, Fingerprint, Offer, Seat, Turn, hash_card


class CommitsBySession(MemoryPlatform):
    """As it was: whoever logged in at the terminal is bound, until somebody presses the button that logs out."""

    def __init__(self) -> None:
        super().__init__()
        self._cards: dict[Fingerprint, Person] = {}
        self._logged_in: dict[str, Person] = {}
        self._terminals: dict[UUID, str] = {}

    def make_card(self, person: Person) -> Card:
        card = super().make_card(person)
        self._cards[card.fingerprint] = person
        return card

    def report_card(self, seat: Seat, fingerprint: Fingerprint, *, put_down_at: datetime, at: datetime) -> None:
        super().report_card(seat, fingerprint, put_down_at=put_down_at, at=at)
        self._logged_in.setdefault(seat.terminal, self._cards[fingerprint])

    def end_case(self, turn: Turn, reason: Farewell, *, at: datetime) -> None:
        super().end_case(turn, reason, at=at)
        self._logged_in.pop(turn.terminal, None)

    def propose(self, offer: Offer, wish: Any, *, at: datetime) -> UUID:
        act = super().propose(offer, wish, at=at)
        self._terminals[act] = offer.turn.terminal
        return act

    def _do(
        self, act: UUID, fields: dict[str, Any], turn: Any, person: Person, fingerprint: Any, *, at: datetime
    ) -> Bound:
        session = self._logged_in.get(self._terminals[act], person)
        return super()._do(act, fields, None, session, fingerprint, at=at)


class LeavesTheCaseOut(MemoryPlatform):
    """The statement does not say in which case it is signed, so nobody can ask that case."""

    def place_of(self, case: Case) -> None:
        return None


def _notices_no_swap(case: Case, event: Event, *, at: datetime) -> list[Fact]:
    """Any card is the case's card."""
    if isinstance(event, CardReported | ActSigned) and case.card is not None and case.key is not None:
        case = replace(case, card=hash_card(event.fingerprint, key=case.key))
    return decide(case, event, at=at)


def _takes_cards_that_were_left(case: Case, event: Event, *, at: datetime) -> list[Fact]:
    """The card that the citizen before has left becomes the case's card, and the next PIN is typed against it."""
    if isinstance(event, CardReported):
        event = replace(event, put_down_at=at)
    return decide(case, event, at=at)


def _takes_acts_before_a_card(case: Case, event: Event, *, at: datetime) -> list[Fact]:
    """What is typed may have been typed by whoever sat there before the card was put down."""
    if isinstance(event, ActOffered) and case.contact_at is None:
        case = replace(case, contact_at=at)
    return decide(case, event, at=at)


def _takes_outdated_forms(case: Case, event: Event, *, at: datetime) -> list[Fact]:
    """Back brings the mistyped account back."""
    if isinstance(event, ActOffered):
        event = replace(event, after=case.acts_proposed)
    return decide(case, event, at=at)


def _takes_replaced_acts(case: Case, event: Event, *, at: datetime) -> list[Fact]:
    """Any act that was ever proposed in the case may be signed, also the mistyped one."""
    if isinstance(event, ActSigned):
        case = replace(case, act_id=event.act_id, is_shown=True)
    return decide(case, event, at=at)


MUTANTS: dict[str, Callable[[], MemoryPlatform]] = {
    "commits by session instead of signature": CommitsBySession,
    "leaves the case out of the statement": LeavesTheCaseOut,
    "notices no card swap": lambda: MemoryPlatform(_notices_no_swap),
    "takes cards that were left": lambda: MemoryPlatform(_takes_cards_that_were_left),
    "takes acts before a card": lambda: MemoryPlatform(_takes_acts_before_a_card),
    "takes outdated forms": lambda: MemoryPlatform(_takes_outdated_forms),
    "takes acts that were replaced": lambda: MemoryPlatform(_takes_replaced_acts),
}
