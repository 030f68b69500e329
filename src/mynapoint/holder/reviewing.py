"""The review of a hold by two people of the office: one proposes, the other confirms or declines."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from mynapoint.holder.models import HoldStep, ReplacedCertificate
from mynapoint.holder.queries import HoldView, StepView, get_hold, get_known_chain, has_certificate_since
from mynapoint.holder.recording import LOST_RACES, close_hold, open_hold, record_certificates
from mynapoint.holder.rules import (
    Answer,
    CertificateHash,
    DecisionProposed,
    HoldClosed,
    HoldName,
    HoldNotRejected,
    NamedActTooLate,
    NamedActUnknown,
    NamedHolderMovedOn,
    NamedHolderNotTouched,
    NothingProposed,
    OwnProposal,
    ProposedDecision,
    RefusedAct,
    check_decision,
    get_outcome,
)
from mynapoint.journal.operations import record
from mynapoint.journal.queries import find_written
from mynapoint.kernel.integrity import constraint_name

ROUNDS = 5


@dataclass(frozen=True)
class NamedAct:
    """What a receipt's number leads to: the certificate of an earlier act, by its keyed hash, and whose it is."""

    certificate_hash: CertificateHash
    holder_id: UUID


@transaction.atomic
def propose_decision(hold_id: UUID, proposed: ProposedDecision, *, user_id: int, at: datetime) -> HoldView:
    """Propose how to decide a hold, as the first of two people.

    :raises HoldUnknown, HoldClosed: when there is nothing to decide.
    :raises DecisionProposed: when somebody proposed something before, or was as fast.
    :raises DecisionUnknown, ReleaseImpossible: when this cannot be decided about this hold.
    :raises NamedActUnknown, NamedActTooLate, NamedHolderMovedOn, NamedHolderNotTouched: when the evidence does not fit.
    """
    view = get_hold(hold_id)
    _check_open(view)
    if view.proposal is not None:
        raise DecisionProposed
    check_decision(proposed, reason=view.reason)
    step: dict[str, UUID] = {}
    if proposed.decision == "attach" and proposed.named_entry_id is not None:
        named = _find_named(proposed.named_entry_id, view)
        step = {"holder_id": named.holder_id, "named_entry_id": proposed.named_entry_id}
    try:
        with transaction.atomic():
            _take_step(view, view.next_round, slot=1, word=proposed.decision, user_id=user_id, at=at, **step)
    except IntegrityError as error:
        if constraint_name(error) not in LOST_RACES:
            raise
        raise DecisionProposed from None
    return get_hold(hold_id)


@transaction.atomic
def answer_decision(hold_id: UUID, answer: Answer, *, round_number: int, user_id: int, at: datetime) -> HoldView:
    """Confirm or decline the proposal of a round, as the second of two people; a confirmed one is carried out.

    :raises HoldUnknown, HoldClosed: when there is nothing to decide, also when the lineage was as fast.
    :raises NothingProposed: when this proposal does not stand, also when somebody else was as fast.
    :raises OwnProposal: when this person proposed it.
    :raises NamedActUnknown, NamedHolderMovedOn: when the evidence has stopped to fit.
    """
    for _ in range(ROUNDS):
        view = get_hold(hold_id)
        proposal = _get_answerable(view, round_number=round_number, user_id=user_id)
        if _answer(view, proposal, answer, user_id=user_id, at=at):
            return get_hold(hold_id)
    raise RuntimeError("a hold kept changing while it was decided")


@transaction.atomic
def reopen_hold(hold_id: UUID, *, user_id: int, at: datetime) -> HoldView:
    """Review a rejected certificate once more, because there is new evidence.

    :raises HoldUnknown: when there is no such hold.
    :raises HoldNotRejected: when it was not rejected, or the certificate has a newer hold.
    """
    view = get_hold(hold_id)
    if view.outcome != "rejected":
        raise HoldNotRejected
    name = HoldName(view.name.certificate_hash, view.name.number + 1)
    act = RefusedAct(id=view.act_id, kind=view.kind, programme_id=view.programme_id)
    entry_id = record(kind="hold_reopened", facts=name.facts | {"user": user_id}, at=at)
    try:
        with transaction.atomic():
            open_hold(name, view.reason, view.touched, act=act, entry_id=entry_id, at=at)
    except IntegrityError as error:
        if constraint_name(error) not in LOST_RACES:
            raise
        raise HoldNotRejected from None
    return get_hold(entry_id)


def _check_open(view: HoldView) -> None:
    if not view.is_open:
        raise HoldClosed


def _get_answerable(view: HoldView, *, round_number: int, user_id: int) -> StepView:
    _check_open(view)
    proposal = view.proposal
    if proposal is None or proposal.round != round_number:
        raise NothingProposed
    if proposal.user_id == user_id:
        raise OwnProposal
    return proposal


def _find_named(entry_id: UUID, view: HoldView) -> NamedAct:
    """Follow a receipt's number to a holder, and check that it can be the held certificate's.

    (1) the entry is one that this platform wrote, of an act that was done with a certificate; (2) before the hold; (3)
    the certificate is somebody's; (4) of a known past, it is one whom that past touches; of an unknown one, somebody
    who has not been seen with another new certificate since: whoever holds a new card has no other.
    """
    # (1)
    written = find_written(entry_id)
    if written is None or not {"holder", "certificate"} <= written.facts.keys():
        raise NamedActUnknown
    # (2)
    if written.recorded_at >= view.held_at:
        raise NamedActTooLate
    # (3)
    certificate_hash = CertificateHash(bytes.fromhex(str(written.facts["certificate"])))
    known = get_known_chain([certificate_hash])
    holder_id = known.settled.get(certificate_hash) or known.owners.get(certificate_hash)
    if holder_id is None:
        raise NamedActUnknown
    # (4)
    if view.reason == "two_holders" and holder_id not in view.touched:
        raise NamedHolderNotTouched
    if view.reason == "predecessor_unknown" and has_certificate_since(holder_id, view.held_at):
        raise NamedHolderMovedOn
    return NamedAct(certificate_hash, holder_id)


def _answer(view: HoldView, proposal: StepView, answer: Answer, *, user_id: int, at: datetime) -> bool:
    """Take the second step, and carry a confirmed decision out; return False when something else was as fast."""
    try:
        with transaction.atomic():
            _take_step(view, proposal.round, slot=2, word=answer, user_id=user_id, at=at)
            if answer == "confirmed":
                _carry_out(view, proposal, at=at)
    except IntegrityError as error:
        if constraint_name(error) not in LOST_RACES:
            raise
        return False
    return True


def _take_step(
    view: HoldView, round_number: int, *, slot: int, word: str, user_id: int, at: datetime, **named: UUID
) -> None:
    facts = view.name.facts | {"round": round_number, "word": word, "user": user_id}
    if "named_entry_id" in named:
        facts |= {"named": str(named["named_entry_id"])}
    HoldStep.objects.create(
        **view.name.key,
        round=round_number,
        slot=slot,
        word=word,
        user_id=user_id,
        entry_id=record(kind="hold_proposed" if slot == 1 else "hold_answered", facts=facts, at=at),
        taken_at=at,
        **named,
    )


def _carry_out(view: HoldView, proposal: StepView, *, at: datetime) -> None:
    """Do what two people decided: the certificate becomes a holder's, or the hold is closed without one."""
    outcome, certificate_hash = get_outcome(proposal.decision, reason=view.reason), view.name.certificate_hash
    owner = get_known_chain([CertificateHash(certificate_hash)]).owners.get(certificate_hash)
    if outcome == "rejected":
        close_hold(view.name, outcome, holder_id=None, at=at)
    elif view.reason == "predecessor_unknown" and owner is not None:
        # An act identified it while another act was still putting it on the list: the lineage goes before.
        close_hold(view.name, "identified", holder_id=owner, at=at)
    else:
        holder_id = _choose_holder(view, proposal)
        certificates = [] if owner else [CertificateHash(certificate_hash)]
        record_certificates(certificates, holder_id=holder_id, is_new=proposal.holder_id is None, at=at)
        close_hold(view.name, outcome, holder_id=holder_id, at=at)


def _choose_holder(view: HoldView, proposal: StepView) -> UUID:
    """Return whose the certificate is by the proposal; what it takes the place of may not be used any more."""
    certificate_hash = view.name.certificate_hash
    if view.reason == "replaced":
        _put_in_place_of(_follow_replacements(certificate_hash), certificate_hash, view)
    if proposal.named_entry_id is None:
        return uuid7()
    named = _find_named(proposal.named_entry_id, view)
    if named.holder_id != proposal.holder_id:
        raise NamedActUnknown
    if view.reason == "predecessor_unknown":
        _put_in_place_of(_follow_replacements(named.certificate_hash), certificate_hash, view)
    return named.holder_id


def _follow_replacements(certificate_hash: bytes) -> bytes:
    """Return the certificate that stands last in a row of those that took each other's place."""
    row = [certificate_hash]
    while True:
        replacement = ReplacedCertificate.objects.filter(certificate_hash=row[-1]).first()
        if replacement is None or bytes(replacement.replaced_by) in row:
            return row[-1]
        row.append(bytes(replacement.replaced_by))


def _put_in_place_of(replaced: bytes, certificate_hash: bytes, view: HoldView) -> None:
    """Note that a certificate took another's place; of one that is noted already, the first note stands."""
    row = ReplacedCertificate(certificate_hash=replaced, replaced_by=certificate_hash, entry_id=view.id)
    ReplacedCertificate.objects.bulk_create([row], ignore_conflicts=True)
