"""Certificates without keys, acts without signatures, two people of the office: what a review needs, and no more."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from cast import AT
from jpki.certificate import CertificateId
from jpki.registry import FirstIssue, Lineage, Renewed
from mynapoint.holder.operations import answer_decision, hold, identify, propose_decision
from mynapoint.holder.queries import HoldView, get_hold
from mynapoint.holder.rules import Decision, ProposedDecision, RefusedAct, Unidentified, hash_holder
from mynapoint.journal.operations import record
from mynapoint.kernel.refusal import Refusal

KEY = b"k" * 32
HIRO, MICHI, SAORI = 1, 2, 3


@dataclass(frozen=True)
class Receipt:
    """What an act that was done leaves in a citizen's hand, and whose it was."""

    number: UUID
    holder_id: UUID


@dataclass(frozen=True)
class Held:
    """What an act that was not done tells the citizen: a refusal with the number of a hold."""

    refusal: Refusal
    id: UUID = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", UUID(str(self.refusal.data()["hold"])))


def certificate(serial: int) -> CertificateId:
    """Return a certificate's name; nobody signs here."""
    return CertificateId(b"authority", serial)


def renewed(*serials: int) -> Renewed:
    """Return what the registry says of a certificate that follows these."""
    return Renewed(tuple(certificate(serial) for serial in serials))


def attempt(serial: int, lineage: Lineage, *, at: datetime = AT) -> Receipt | Held:
    """Do an act as the platform does once its signature is verified."""
    act = RefusedAct(id=uuid7(), kind="reservation", programme_id="mynapoint-2020")
    try:
        with transaction.atomic():
            known = identify(certificate(serial), lineage=lineage, key=KEY, at=at)
            facts = {"holder": hash_holder(known.id, key=KEY).hex(), "certificate": known.certificate_hash.hex()}
            return Receipt(record(kind=act.kind, facts=facts, at=at), known.id)
    except Unidentified as unidentified:
        return Held(hold(certificate(serial), unidentified, act=act, key=KEY, at=at))


def act(serial: int, lineage: Lineage | None = None, *, at: datetime = AT) -> Receipt:
    """Do an act that goes through."""
    done = attempt(serial, lineage or FirstIssue(), at=at)
    assert isinstance(done, Receipt)
    return done


def be_held(serial: int, lineage: Lineage, *, at: datetime = AT) -> Held:
    """Do an act that does not."""
    held = attempt(serial, lineage, at=at)
    assert isinstance(held, Held)
    return held


def propose(held: Held, decision: Decision, *, named: Receipt | None = None, at: datetime = AT) -> HoldView:
    """Have Hiro propose a decision."""
    proposed = ProposedDecision(decision, named.number if named else None)
    return propose_decision(held.id, proposed, user_id=HIRO, at=at)


def confirm(held: Held, *, user_id: int = MICHI, at: datetime = AT) -> HoldView:
    """Have Michi confirm what is proposed."""
    proposal = get_hold(held.id).proposal
    round_number = proposal.round if proposal else 1
    return answer_decision(held.id, "confirmed", round_number=round_number, user_id=user_id, at=at)


def decide(held: Held, decision: Decision, *, named: Receipt | None = None, at: datetime = AT) -> HoldView:
    """Have two people decide."""
    propose(held, decision, named=named, at=at)
    return confirm(held, at=at)
