"""What can be done about closings: a service seals and opens, the office reopens."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from mynapoint.closing.models import AcceptedClosing, JudgedClosing, ReopenedClosing, SealedClosing
from mynapoint.closing.rolls import fix_roll, get_tokens
from mynapoint.closing.rules import (
    ClosingAlreadyReopened,
    ClosingAlreadySealed,
    ClosingName,
    ClosingNotDrawn,
    ClosingNotRejected,
    ClosingUnknown,
    LaterPeriodAccepted,
    SealedTotal,
    Verdict,
    check_ended,
    check_reason,
    check_sealed,
    judge,
)
from mynapoint.closing.standing import DrawnFrom, find_checkpoint, find_judged, find_sealed, get_draw, is_reopened
from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name
from mynapoint.programme.rules import Programme, get_closing_period
from sealedclaim.opening import Commitment, Opening

ROUNDS = 5


@transaction.atomic
def seal_closing(*, service_id: str, programme: Programme, period_id: str, sealed: SealedTotal, at: datetime) -> bool:
    """Take what a service sealed for a period; return False when it is the very same that it sealed before.

    :raises PeriodUnknown, PeriodNotEnded: when there is no such period or it still runs.
    :raises ClosingAlreadySealed: when other totals stand, and the office has not reopened the closing.
    :raises RollMismatch, TotalImpossible, RootImpossible: when the total cannot be that of the period's roll.
    :raises LaterPeriodAccepted: when a later period's cumulative points were accepted.
    """
    name = ClosingName(service_id, programme.id, period_id)
    ends_at = get_closing_period(programme, period_id).ends_at
    roll = fix_roll(name, programme, at=at)
    standing = find_sealed(name)
    if standing and not is_reopened(name, attempt=standing.attempt):
        return _check_same(standing, sealed, digest=roll.digest)
    check_sealed(sealed, roll=roll, cap=programme.grant.cap)
    _check_in_turn(name, ends_at=ends_at)
    attempt = standing.attempt + 1 if standing else 1
    try:
        with transaction.atomic():
            _insert_sealed(name, sealed, programme=programme, ends_at=ends_at, attempt=attempt, at=at)
    except IntegrityError as error:
        if constraint_name(error) != "one_closing_per_attempt":
            raise
        return _check_same(SealedClosing.objects.get(**name.key, attempt=attempt), sealed, digest=roll.digest)
    return True


@transaction.atomic
def judge_openings(
    *, service_id: str, programme: Programme, period_id: str, openings: Sequence[Opening], at: datetime
) -> Verdict:
    """Judge the rows that a service opened; keep the verdict and nothing of the rows.

    A closing is judged once: a second call returns the first one's verdict, without the row.

    :raises PeriodUnknown, PeriodNotEnded, ClosingUnknown: when there is nothing to judge.
    :raises ClosingNotDrawn: when no checkpoint covers the closing yet.
    :raises LaterPeriodAccepted: when a later period's cumulative points were accepted meanwhile.
    """
    name = ClosingName(service_id, programme.id, period_id)
    check_ended(get_closing_period(programme, period_id).ends_at, at=at)
    # (1) What was sealed, and whether it was judged.
    sealed = find_sealed(name)
    if sealed is None:
        raise ClosingUnknown
    if known := _find_verdict(name, attempt=sealed.attempt):
        return known
    # (2) What was drawn of it.
    checkpoint = find_checkpoint(sealed)
    if checkpoint is None:
        raise ClosingNotDrawn
    drawn = get_tokens(name, get_draw(sealed, checkpoint))
    # (3) What was opened.
    commitment = Commitment(count=sealed.count, total=sealed.total, root=bytes(sealed.root))
    verdict = judge(openings, commitment=commitment, drawn=drawn, cap=sealed.cap)
    # (4) The verdict, once.
    try:
        with transaction.atomic():
            _insert_judged(sealed, verdict, checkpoint=checkpoint, at=at)
    except IntegrityError as error:
        if constraint_name(error) != "one_verdict_per_attempt":
            raise
        return _find_verdict(name, attempt=sealed.attempt) or verdict
    return verdict


@transaction.atomic
def reopen_closing(
    *, service_id: str, programme_id: str, period_id: str, user_id: int, reason: str, at: datetime
) -> int:
    """Let a service seal once more after a rejected attempt; return the new attempt's number.

    :raises ReasonUnknown: when the reason is not one of the listed ones.
    :raises ClosingUnknown, ClosingNotRejected: when there is nothing to reopen.
    :raises LaterPeriodAccepted: when a later period's cumulative points make this one's idle.
    :raises ClosingAlreadyReopened: when somebody did.
    """
    check_reason(reason)
    name = ClosingName(service_id, programme_id, period_id)
    sealed = find_sealed(name)
    if sealed is None:
        raise ClosingUnknown
    judged = find_judged(name, attempt=sealed.attempt)
    if judged is None or judged.accepted:
        raise ClosingNotRejected
    _check_in_turn(name, ends_at=sealed.ends_at)
    try:
        with transaction.atomic():
            _insert_reopened(name, attempt=sealed.attempt, user_id=user_id, reason=reason, at=at)
    except IntegrityError as error:
        if constraint_name(error) != "one_reopening_per_attempt":
            raise
        raise ClosingAlreadyReopened from None
    return sealed.attempt + 1


def _check_same(standing: SealedClosing, sealed: SealedTotal, *, digest: bytes) -> bool:
    """Return False, for "not new", when the very same was sealed before.

    :raises ClosingAlreadySealed: when it was something else.
    """
    known = SealedTotal(roll_digest=digest, count=standing.count, total=standing.total, root=bytes(standing.root))
    if known != sealed:
        raise ClosingAlreadySealed
    return False


def _check_in_turn(name: ClosingName, *, ends_at: datetime) -> int:
    """Check that no later period was accepted; return the number of the last acceptance, 0 when there is none."""
    accepted = AcceptedClosing.objects.filter(service=name.service_id, programme=name.programme_id)
    last = accepted.order_by("-number").first()
    if last and last.ends_at > ends_at:
        raise LaterPeriodAccepted(period=last.period)
    return last.number if last else 0


def _insert_sealed(
    name: ClosingName, sealed: SealedTotal, *, programme: Programme, ends_at: datetime, attempt: int, at: datetime
) -> None:
    facts: dict[str, str | int] = {
        **name.key,
        "attempt": attempt,
        "count": sealed.count,
        "total": sealed.total,
        "root": sealed.root.hex(),
        "roll_digest": sealed.roll_digest.hex(),
    }
    SealedClosing.objects.create(
        **name.key,
        attempt=attempt,
        ends_at=ends_at,
        count=sealed.count,
        total=sealed.total,
        root=sealed.root,
        cap=programme.grant.cap,
        audit_rows=programme.audit.rows,
        entry_id=record(kind="closing_sealed", facts=facts, at=at),
        sealed_at=at,
    )


def _find_verdict(name: ClosingName, *, attempt: int) -> Verdict | None:
    judged = find_judged(name, attempt=attempt)
    return Verdict(accepted=judged.accepted, reason=judged.reason or None) if judged else None


def _insert_judged(sealed: SealedClosing, verdict: Verdict, *, checkpoint: DrawnFrom, at: datetime) -> None:
    name = ClosingName(sealed.service, sealed.programme, sealed.period)
    facts: dict[str, str | int] = {
        **name.key,
        "attempt": sealed.attempt,
        "checkpoint_size": checkpoint.size,
        "checkpoint_root": checkpoint.root.hex(),
        "accepted": int(verdict.accepted),
    }
    if verdict.reason:
        facts["reason"] = verdict.reason
    JudgedClosing.objects.create(
        **name.key,
        attempt=sealed.attempt,
        accepted=verdict.accepted,
        reason=verdict.reason or "",
        checkpoint_size=checkpoint.size,
        checkpoint_root=checkpoint.root,
        entry_id=record(kind="closing_judged", facts=facts, at=at),
        judged_at=at,
    )
    if verdict.accepted:
        _accept(name, sealed, at=at)


def _accept(name: ClosingName, sealed: SealedClosing, *, at: datetime) -> None:
    """Number an accepted closing after the last one; when two periods are accepted at once, one of them looks again.

    :raises LaterPeriodAccepted: when the other one was a later period.
    """
    for _ in range(ROUNDS):
        number = _check_in_turn(name, ends_at=sealed.ends_at) + 1
        try:
            with transaction.atomic():
                AcceptedClosing.objects.create(
                    **name.key, number=number, ends_at=sealed.ends_at, total=sealed.total, accepted_at=at
                )
        except IntegrityError as error:
            if constraint_name(error) != "one_acceptance_per_number":
                raise
        else:
            return
    raise RuntimeError("a service's acceptances kept changing while one was added")


def _insert_reopened(name: ClosingName, *, attempt: int, user_id: int, reason: str, at: datetime) -> None:
    facts: dict[str, str | int] = {**name.key, "attempt": attempt, "user": user_id, "reason": reason}
    ReopenedClosing.objects.create(
        **name.key,
        attempt=attempt,
        user_id=user_id,
        reason=reason,
        entry_id=record(kind="closing_reopened", facts=facts, at=at),
        reopened_at=at,
    )
