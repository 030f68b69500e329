"""The platform under test: the room's own operations, any of which a mutant may replace."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from jpki.registry import Lineage, Renewed
from lives.registry import Card
from mynapoint.holder.operations import answer_decision, hold, identify, propose_decision
from mynapoint.holder.rules import (
    Decision,
    HeldForReview,
    KnownHolder,
    ProposedDecision,
    RefusedAct,
    RejectedInReview,
    Unidentified,
    hash_holder,
)
from mynapoint.journal.operations import record
from mynapoint.programme.rules import Programme, WithinRenewalWait, check_renewal_wait

KEY = b"k" * 32
PROPOSER, CONFIRMER = 1, 2


@dataclass(frozen=True)
class Passed:
    """An act that was done: for this holder, with this receipt."""

    holder_id: UUID
    receipt: UUID
    at: datetime


@dataclass(frozen=True)
class Held:
    """An act that waits for a review."""

    hold_id: UUID


@dataclass(frozen=True)
class Rejected:
    """An act that a review refused."""


@dataclass(frozen=True)
class Waits:
    """An act within the wait after a renewal."""


Outcome = Passed | Held | Rejected | Waits


@dataclass(frozen=True)
class Platform:
    """Everything between a verified signature and an act that is done, as the act room calls it."""

    programme: Programme
    identify: Callable[..., KnownHolder] = identify
    hold: Callable[..., HeldForReview | RejectedInReview] = hold
    check_wait: Callable[..., None] = check_renewal_wait

    def act(self, card: Card, lineage: Lineage, *, at: datetime) -> Outcome:
        """Do an act with a card."""
        try:
            self.check_wait(self.programme, renewed_at=card.issued_at if isinstance(lineage, Renewed) else None, at=at)
            with transaction.atomic():
                known = self.identify(card.id, lineage=lineage, key=KEY, at=at)
                facts = {"holder": hash_holder(known.id, key=KEY).hex(), "certificate": known.certificate_hash.hex()}
                return Passed(known.id, record(kind="inquiry", facts=facts, at=at), at)
        except WithinRenewalWait:
            return Waits()
        except Unidentified as unidentified:
            act = RefusedAct(id=uuid7(), kind="inquiry", programme_id=self.programme.id)
            refusal = self.hold(card.id, unidentified, act=act, key=KEY, at=at)
            return Held(UUID(refusal.hold)) if isinstance(refusal, HeldForReview) else Rejected()


def decide(held: Held, decision: Decision, *, receipt: UUID | None = None, at: datetime) -> None:
    """Have two people of the office decide."""
    proposed = propose_decision(held.hold_id, ProposedDecision(decision, receipt), user_id=PROPOSER, at=at)
    answer_decision(held.hold_id, "confirmed", round_number=proposed.steps[-1].round, user_id=CONFIRMER, at=at)
