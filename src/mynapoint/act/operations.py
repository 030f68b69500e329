"""What can be done with acts: propose one, and hand in the card's signature."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from uuid_utils.compat import uuid7

from mynapoint.act.models import AnsweredAct, ProposedAct, UsedAct
from mynapoint.act.queries import DONE, Proposed, find_proposed
from mynapoint.act.rules import (
    LIFETIME,
    SHOWN_FOR,
    ActAlreadyUsed,
    Authorities,
    Kind,
    Link,
    Perform,
    Proposal,
    SignedAct,
    Submission,
    check_to_sign,
    compose_statement,
    find_late,
    find_turn,
    read_statement,
)
from mynapoint.act.verification import Expected, VerifiedSigner, verify
from mynapoint.case.operations import close_refused_act, commit_act, take_act
from mynapoint.case.rules import Turn
from mynapoint.holder.operations import hold, identify, resolve_holds
from mynapoint.holder.rules import HeldForReview, RefusedAct, RejectedInReview, Unidentified, hash_holder
from mynapoint.journal.operations import record
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.secret_link import SECRET_BYTES
from mynapoint.kernel.sql import insert, tell
from mynapoint.programme.queries import get_programme

NONCE_BYTES = 32
FORGOTTEN_AT_ONCE = 1000

# One statement is one transaction: its commit, too, is done with in one exchange.
_CONSUME = """
    INSERT INTO act_usedact (id, used_at) SELECT %s, %s FROM set_config('synchronous_commit', 'off', true)
    ON CONFLICT ON CONSTRAINT one_signature_per_act DO NOTHING
"""


@dataclass(frozen=True)
class Done:
    """An act that was done: its number is its journal entry's."""

    act_id: UUID
    entry_id: UUID
    kind: str


def propose(proposal: Proposal, *, audience: str, at: datetime, link: Link | None = None) -> Link:
    """Write down what someone is about to sign, for a few minutes; return the link under which it can be signed.

    `link` is for who has to find the same link again: a new id, and a secret that nobody else can know.

    :raises UnableAtCounter: when it is to be signed in a case at a counter that does not take it.
    """
    link = link or Link(id=uuid7(), secret=secrets.token_bytes(SECRET_BYTES))
    if proposal.offer is None:
        _write_down(proposal, link, place=None, audience=audience, at=at)
        return link
    with transaction.atomic():
        place = take_act(proposal.offer, link.id, at=at)
        _write_down(proposal, link, place=place, audience=audience, at=at)
    return link


def submit(
    link: Link,
    submission: Submission,
    *,
    audience: str,
    authorities: Authorities,
    performers: Mapping[Kind, Perform],
    at: datetime,
) -> Done:
    """Take a card's signature: consume the nonce, verify, do the act and write its journal entry.

    The nonce is consumed in a transaction of its own, so that no answer of the checks can be asked for twice. The act,
    its journal entry and its answer are one transaction: a crash between the two leaves nothing done.

    :raises UnableToAct: when the link, the time, the certificate or the signature do not allow the act.
    :raises HeldForReview, RejectedInReview: when nobody can say whose certificate it is.
    :raises Refusal: when the room refuses; the reason is kept with the act, so that its page can show it.
    """
    proposed = find_proposed(link)
    check_to_sign(expires_at=proposed.expires_at, is_used=proposed.is_used, at=at)
    _consume(proposed.id, at=at)
    signer: VerifiedSigner | None = None
    try:
        signer = _verify(proposed, submission, audience=audience, authorities=authorities, at=at)
        return _do(proposed, signer, performers=performers, at=at)
    except Refusal as refusal:
        _answer_refused(proposed, signer, refusal, at=at)
        raise


@transaction.atomic
def forget(*, at: datetime) -> int:
    """Delete acts whose page is no longer shown, with all that was proposed and refused; return how many.

    That one was done stays: it shows its holder what their card has signed, and its draft that it is over.
    """
    over = list(
        ProposedAct.objects.filter(expires_at__lt=at - SHOWN_FOR).values_list("id", flat=True)[:FORGOTTEN_AT_ONCE]
    )
    AnsweredAct.objects.filter(id__in=over).exclude(answer=DONE).delete()
    for table in (UsedAct, ProposedAct):
        table.objects.filter(id__in=over).delete()
    return len(over)


def _write_down(
    proposal: Proposal, link: Link, *, place: Mapping[str, Any] | None, audience: str, at: datetime
) -> None:
    nonce = secrets.token_bytes(NONCE_BYTES)
    proposed = ProposedAct(
        id=link.id,
        secret_hash=link.hash_secret(),
        kind=proposal.kind,
        programme=proposal.programme_id,
        statement=compose_statement(
            proposal, act_id=link.id, nonce=nonce, audience=audience, created_at=at, place=place
        ),
        attachment=dict(proposal.attachment),
        expires_at=at + LIFETIME,
    )
    insert(proposed)


def _consume(act_id: UUID, *, at: datetime) -> None:
    """Consume the nonce.

    It need not be on disk before the answer: were it lost in a crash of the database, whatever came after it would be
    lost as well, because the log is written in order.

    :raises ActAlreadyUsed: when somebody was first.
    """
    if not tell(_CONSUME, [act_id, at]):
        raise ActAlreadyUsed


def _verify(
    proposed: Proposed, submission: Submission, *, audience: str, authorities: Authorities, at: datetime
) -> VerifiedSigner:
    expected = Expected(
        statement=proposed.statement,
        fields=read_statement(proposed.statement),
        expires_at=proposed.expires_at,
        audience=audience,
        programme=get_programme(proposed.programme_id, at=at),
    )
    return verify(submission, expected, authorities=authorities, at=at)


def _do(proposed: Proposed, signer: VerifiedSigner, *, performers: Mapping[Kind, Perform], at: datetime) -> Done:
    """Do a verified act in one transaction; of a refused one nothing stays but an answer to what the office asks."""
    try:
        with transaction.atomic():
            return _perform(proposed, signer, performers=performers, at=at)
    except Unidentified as unidentified:
        raise _hold(signer, proposed, unidentified, at=at) from None
    except Refusal:
        resolve_holds(signer.certificate, lineage=signer.lineage, key=settings.HOLDER_KEY, at=at)
        raise


def _perform(proposed: Proposed, signer: VerifiedSigner, *, performers: Mapping[Kind, Perform], at: datetime) -> Done:
    """Do a verified act, inside the caller's transaction."""
    fields = read_statement(proposed.statement)
    kind: Kind = fields["kind"]
    turn = find_turn(fields)
    act = SignedAct(
        id=proposed.id,
        kind=kind,
        programme_id=proposed.programme_id,
        content=fields["content"],
        attachment=proposed.attachment,
        holder=identify(signer.certificate, lineage=signer.lineage, key=settings.HOLDER_KEY, at=at),
        at=at,
        counter=turn.case.counter if turn else None,
        late=find_late(fields),
    )
    facts = {
        "act": str(act.id),
        "programme": act.programme_id,
        "holder": hash_holder(act.holder.id, key=settings.HOLDER_KEY).hex(),
        # The receipt's number leads to the certificate and so, in a review, to its holder.
        "certificate": act.holder.certificate_hash.hex(),
        "statement": sha256(proposed.statement).hexdigest(),
        **({"by": "representative"} if fields.get("representative") else {}),
        **_commit_at_counter(act.id, turn, signer, at=at),
        **performers[kind](act),
    }
    entry_id = record(kind=kind, facts=facts, at=at)
    insert(AnsweredAct(id=act.id, answer=DONE, data={}, holder_id=act.holder.id, entry_id=entry_id, answered_at=at))
    return Done(act_id=act.id, entry_id=entry_id, kind=kind)


def _commit_at_counter(act_id: UUID, turn: Turn | None, signer: VerifiedSigner, *, at: datetime) -> dict[str, str]:
    """Have the case that a statement names agree; return the place as facts, none for an act at home."""
    if turn is None:
        return {}
    commit_act(turn, act_id, signer.fingerprint, at=at)
    return {"counter": turn.case.counter, "terminal": turn.terminal, "case": str(turn.case.id)}


@transaction.atomic
def _answer_refused(proposed: Proposed, signer: VerifiedSigner | None, refusal: Refusal, *, at: datetime) -> None:
    """Keep the reason with the act, and let its case know; `signer` is None when the signature was not verified."""
    insert(AnsweredAct(id=proposed.id, answer=refusal.code, data=refusal.data(), answered_at=at))
    turn = find_turn(read_statement(proposed.statement))
    if turn is not None:
        close_refused_act(turn, proposed.id, signer.fingerprint if signer else None, at=at)


def _hold(
    signer: VerifiedSigner, proposed: Proposed, unidentified: Unidentified, *, at: datetime
) -> HeldForReview | RejectedInReview:
    act = RefusedAct(id=proposed.id, kind=proposed.kind, programme_id=proposed.programme_id)
    return hold(signer.certificate, unidentified, act=act, key=settings.HOLDER_KEY, at=at)
