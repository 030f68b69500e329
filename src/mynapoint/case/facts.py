"""The facts of a case, and the case that they add up to; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from mynapoint.case.rules import (
    CONTACT_LOST_AFTER,
    IDLE_AFTER,
    WARNED_AFTER,
    CardHash,
    CaseName,
    EndReason,
    Lack,
    Over,
    Proof,
    Seat,
)

Outcome = Literal["done", "refused"]


@dataclass(frozen=True, slots=True)
class CardSeen:
    """The case's card was put down. Its hash is kept only as long as the case's key."""

    at: datetime
    card: CardHash | None


@dataclass(frozen=True, slots=True)
class LeftCardSeen:
    """A card lies in the reader that was there before the case began: whose it is, nobody can tell."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ReaderEmptied:
    """The card that had been left was taken out."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CardStillIn:
    """The card program says that the card is still there; the newest of these counts, so only it is kept."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ActProposed:
    """An act waits for the card's signature; it takes the place of an earlier one."""

    at: datetime
    act_id: UUID


@dataclass(frozen=True, slots=True)
class ActShown:
    """The citizen's own screen has shown the act."""

    at: datetime
    act_id: UUID


@dataclass(frozen=True, slots=True)
class ActEnded:
    """The act was done, or refused."""

    at: datetime
    act_id: UUID
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Continued:
    """Somebody said that they are still there."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ProofSeen:
    """The clerk has seen a document of this kind, which shows that somebody acts for a child."""

    at: datetime
    kind: Proof


@dataclass(frozen=True, slots=True)
class SentHome:
    """The citizen has to come again, for want of something."""

    at: datetime
    lack: Lack


@dataclass(frozen=True, slots=True)
class Ended:
    """The case is over."""

    at: datetime
    reason: EndReason


Fact = (
    CardSeen
    | LeftCardSeen
    | ReaderEmptied
    | CardStillIn
    | ActProposed
    | ActShown
    | ActEnded
    | Continued
    | ProofSeen
    | SentHome
    | Ended
)


@dataclass(frozen=True, slots=True)
class Extension:
    """A counter stays open longer on one day: it counts for those cases alone that are not over when it is made."""

    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its facts have it. `key` and `card` are there only as long as nothing has ended it.

    `contact_at` is when the card program last said that the card is there; None before it was put down. `is_card_left`
    says that one lies there from before the case.
    """

    name: CaseName
    seat: Seat
    number: int
    user_id: int
    opened_at: datetime
    closes_at: datetime
    active_at: datetime
    key: bytes | None = None
    card: CardHash | None = None
    contact_at: datetime | None = None
    is_card_left: bool = False
    act_id: UUID | None = None
    is_shown: bool = False
    acts_proposed: int = 0
    acts_done: int = 0
    lack: Lack | None = None
    fact_count: int = 0
    ended: Over | None = None

    def over(self, *, at: datetime) -> Over | None:
        """Say why the case is over at an instant; time alone is enough, nothing has to have run."""
        if self.ended is not None:
            return self.ended
        passed = [Over(limit, reason) for limit, reason in self._limits() if at >= limit]
        return min(passed, key=lambda over: over.at) if passed else None

    def warned_at(self) -> datetime:
        """Return the instant from which the citizen is warned that the case is about to end."""
        return self.active_at + WARNED_AFTER

    def idle_at(self) -> datetime:
        """Return the instant at which the case ends unless somebody does something."""
        return self.active_at + IDLE_AFTER

    def extended(self, extension: Extension) -> "Case":
        """Return the case with its counter open longer; one that was over already stays over."""
        if extension.at >= self.closes_at:
            return self
        return replace(self, closes_at=max(self.closes_at, extension.until))

    def with_facts(self, facts: Iterable[Fact]) -> "Case":
        """Return the case with more facts."""
        case = self
        for fact in facts:
            case = _add(case, fact)
        return case

    def _limits(self) -> list[tuple[datetime, EndReason]]:
        limits: list[tuple[datetime, EndReason]] = [(self.closes_at, "counter_closed"), (self.idle_at(), "idle")]
        if self.contact_at is not None:
            limits.append((self.contact_at + CONTACT_LOST_AFTER, "contact_lost"))
        return limits


def _add(case: Case, fact: Fact) -> Case:
    changes: dict[str, Any] = {"active_at": max(case.active_at, fact.at), "fact_count": case.fact_count + 1}
    match fact:
        case CardSeen():
            changes |= {"card": fact.card, "contact_at": fact.at, "is_card_left": False}
        case LeftCardSeen():
            changes |= {"active_at": case.active_at, "is_card_left": True}
        case ReaderEmptied():
            changes |= {"is_card_left": False}
        case CardStillIn():
            # A card that lies there is nobody who does anything.
            changes = {"contact_at": max(case.contact_at or fact.at, fact.at)}
        case ActProposed():
            changes |= {"act_id": fact.act_id, "is_shown": False, "acts_proposed": case.acts_proposed + 1}
        case ActShown():
            changes |= {"is_shown": True}
        case ActEnded():
            done = case.acts_done + (fact.outcome == "done")
            changes |= {"act_id": None, "is_shown": False, "acts_done": done}
        case SentHome():
            changes |= {"lack": fact.lack}
        case Ended():
            changes |= {"active_at": case.active_at, "ended": Over(fact.at, fact.reason), "key": None, "card": None}
    return replace(case, **changes)
