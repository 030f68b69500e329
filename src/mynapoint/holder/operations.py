"""What can be done about holders: identify them, hold a certificate that might be anybody's, and review it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from jpki.certificate import CertificateId
from jpki.registry import FirstIssue, Lineage
from mynapoint.holder.models import HoldAttempt, HoldLook
from mynapoint.holder.queries import LastHold, find_last_hold, get_hold, get_known_chain
from mynapoint.holder.recording import LOST_RACES, Recording, close_hold, open_hold, record_chain
from mynapoint.holder.reviewing import answer_decision, propose_decision, reopen_hold
from mynapoint.holder.rules import (
    CertificateHash,
    HeldForReview,
    HoldName,
    KnownHolder,
    RefusedAct,
    RejectedInReview,
    Unidentified,
    cut_at_settlement,
    get_only_holder,
    hash_certificate,
    hash_chain,
)
from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name
from mynapoint.kernel.sql import insert

__all__ = ["answer_decision", "hold", "identify", "propose_decision", "reopen_hold", "resolve_hold", "resolve_holds"]

ROUNDS = 5


def identify(certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime) -> KnownHolder:
    """Find the holder of a certificate, or make one, inside the caller's transaction.

    The whole chain of predecessors is looked up and recorded, so that any of its certificates leads to one person. Open
    holds of the chain's certificates are closed with it, for now their past is known. When another act or a review
    records part of the same chain at the same time, the primary keys let one of them through and the other looks again.

    :raises Unidentified: its subclass, when nobody can say yet whose certificate it is: it is to be held.
    """
    return _identify(hash_chain(certificate, lineage, key=key), lineage=lineage, at=at)


def _identify(chain: Sequence[CertificateHash], *, lineage: Lineage, at: datetime) -> KnownHolder:
    for _ in range(ROUNDS):
        known = get_known_chain(chain)
        counting = cut_at_settlement(chain, known)
        holder_id = get_only_holder(counting, known, lineage=lineage)
        recording = Recording(
            holder_id=holder_id or uuid7(),
            is_new=holder_id is None,
            certificates=sorted(link for link in counting if link not in known.owners),
            resolved=[HoldName(*name) for name in sorted(known.open_holds) if name[0] in counting],
        )
        if record_chain(recording, at=at):
            return KnownHolder(id=recording.holder_id, certificate_hash=chain[0])
    raise RuntimeError("a certificate chain kept changing while it was read")


@transaction.atomic
def resolve_holds(certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime) -> None:
    """Close the open holds of a chain whose past is known by now, although the act that showed it was refused."""
    if get_known_chain(hash_chain(certificate, lineage, key=key)).open_holds:
        identify(certificate, lineage=lineage, key=key, at=at)


@transaction.atomic
def resolve_hold(hold_id: UUID, *, past: Sequence[CertificateHash], at: datetime) -> bool:
    """Close an open hold whose certificate's whole past came to be known without an act; return whether it was.

    A past that contradicts what is known closes nothing; but what only waited for it is then held for that reason.

    :param past: the keyed hashes of all that the certificate followed, newest first.
    :raises HoldUnknown: when there is no such hold.
    """
    view = get_hold(hold_id)
    if not view.is_open:
        return False
    chain = [CertificateHash(view.name.certificate_hash), *past]
    try:
        _identify(chain, lineage=FirstIssue(), at=at)
    except Unidentified as unidentified:
        if unidentified.reason != view.reason:
            act = RefusedAct(id=view.act_id, kind=view.kind, programme_id=view.programme_id)
            _hold(chain[0], unidentified, act=act, at=at)
        return False
    return True


@transaction.atomic
def hold(
    certificate: CertificateId, unidentified: Unidentified, *, act: RefusedAct, key: bytes, at: datetime
) -> HeldForReview | RejectedInReview:
    """Put a certificate on the list for review, or note that it came again; return what the citizen is told.

    A hold that only waited for the lineage is superseded when the lineage came and contradicts what is known. A
    rejection stands for as long as nothing else is known than when it was made.
    """
    return _hold(hash_certificate(certificate, key=key), unidentified, act=act, at=at)


def _hold(
    certificate_hash: CertificateHash, unidentified: Unidentified, *, act: RefusedAct, at: datetime
) -> HeldForReview | RejectedInReview:
    for _ in range(ROUNDS):
        last = find_last_hold(certificate_hash)
        if last is not None and last.outcome == "rejected" and last.reason == unidentified.reason:
            return RejectedInReview(hold=str(last.id))
        if last is not None and last.is_open and unidentified.reason in {last.reason, "predecessor_unknown"}:
            HoldAttempt.objects.create(**last.name.key, act_id=act.id, attempted_at=at)
            return HeldForReview(hold=str(last.id))
        name = HoldName(certificate_hash, last.name.number + 1 if last else 1)
        entry_id = _open_hold(name, last, unidentified, act=act, at=at)
        if entry_id is not None:
            return HeldForReview(hold=str(entry_id))
    raise RuntimeError("a certificate's holds kept changing while one was opened")


def _open_hold(
    name: HoldName, last: LastHold | None, unidentified: Unidentified, *, act: RefusedAct, at: datetime
) -> UUID | None:
    """Open a certificate's next hold with its journal entry; return None when another act or a review was as fast."""
    facts = name.facts | {"act": str(act.id), "reason": unidentified.reason}
    try:
        with transaction.atomic():
            if last is not None and last.is_open:
                close_hold(last.name, "superseded", holder_id=None, at=at)
            entry_id = record(kind="hold", facts=facts, at=at)
            open_hold(name, unidentified.reason, unidentified.holders, act=act, entry_id=entry_id, at=at)
    except IntegrityError as error:
        if constraint_name(error) not in LOST_RACES:
            raise
        return None
    return entry_id


def note_look(hold_id: UUID, *, role: str, user_id: int, at: datetime) -> None:
    """Write down that one of the office has opened a hold's page, in which role.

    :raises HoldUnknown: when there is none of this number.
    """
    insert(HoldLook(**get_hold(hold_id).name.key, id=uuid7(), role=role, user_id=user_id, looked_at=at))
