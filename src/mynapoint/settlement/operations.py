"""What can be done about claims: raise, approve, transfer."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from mynapoint.closing.queries import Acceptance, count_acceptances, list_acceptances
from mynapoint.directory.queries import get_service
from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name
from mynapoint.kernel.kana import write_payer_name, write_recipient_name
from mynapoint.kernel.money import Yen
from mynapoint.programme.rules import Programme
from mynapoint.settlement.bankdays import get_next_bank_day
from mynapoint.settlement.bankfile import (
    ACCOUNT_KINDS,
    Payer,
    Payment,
    compose_file,
    split_amount,
)
from mynapoint.settlement.models import Approval, Claim, Transfer, TransferredClaim
from mynapoint.settlement.queries import ClaimView, TransferView, get_claim, get_transfer, list_payable
from mynapoint.settlement.rules import (
    APPROVALS,
    ClaimAlreadyApproved,
    ClaimName,
    NothingDue,
    NothingPayable,
    SecondPersonNeeded,
    compute_due,
)

ROUNDS = 5


@transaction.atomic
def raise_claims(*, service_id: str, programme_id: str, at: datetime) -> int:
    """Make a claim of every accepted closing of a service that is none yet; return how many are new."""
    acceptances = list_acceptances(service_id, programme_id)
    return sum(_raise(service_id, programme_id, acceptance, at=at) for acceptance in acceptances)


def raise_missing_claims(*, at: datetime) -> int:
    """Make a claim of every accepted closing that a crash left without one; return how many are new."""
    claimed = _count_claims()
    behind = [key for key, last in count_acceptances().items() if last > claimed.get(key, 0)]
    return sum(raise_claims(service_id=service, programme_id=programme, at=at) for service, programme in behind)


@transaction.atomic
def approve_claim(*, service_id: str, programme_id: str, number: int, user_id: int, at: datetime) -> ClaimView:
    """Approve a claim as one of two people; return where it stands then.

    :raises ClaimUnknown, NothingDue: when there is nothing to approve.
    :raises SecondPersonNeeded: when this person approved it before.
    :raises ClaimAlreadyApproved: when two others did.
    """
    name = ClaimName(service_id, programme_id, number)
    for _ in range(ROUNDS):
        claim = get_claim(name)
        _check_open_to(claim, user_id=user_id)
        if _approve(name, slot=len(claim.approvals) + 1, user_id=user_id, at=at):
            return get_claim(name)
    raise RuntimeError("a claim's approvals kept changing while one was added")


def make_transfer(programme: Programme, *, user_id: int, at: datetime) -> TransferView:
    """Put every payable claim of a programme into one transfer file, dated the next bank working day.

    :raises NothingPayable: when no claim waits, or another transfer was as fast.
    :raises KanaNotAllowed, KanaTooLong: naming whose name the banks' network cannot carry.
    :raises TransferTooLarge: when the claims do not fit into one file.
    """
    for _ in range(ROUNDS):
        claims = list_payable(programme.id)
        if not claims:
            raise NothingPayable
        try:
            with transaction.atomic():
                return _insert_transfer(programme, claims, user_id=user_id, at=at)
        except IntegrityError as error:
            if constraint_name(error) != "one_transfer_per_claim":
                raise
    raise RuntimeError("the payable claims kept changing while a transfer was made")


def _count_claims() -> dict[tuple[str, str], int]:
    """Return the number of the last claim per service and programme."""
    rows = Claim.objects.order_by("service", "programme", "-number").distinct("service", "programme")
    keys = rows.values_list("service", "programme", "number")
    return {(service, programme): number for service, programme, number in keys}


def _raise(service_id: str, programme_id: str, acceptance: Acceptance, *, at: datetime) -> bool:
    """Make one claim; return False when there is one, also when another run was as fast.

    Acceptances come in order, so the claim before this one is there and never changes: what it says counts.
    """
    last, claimed_before = _get_claimed(service_id, programme_id)
    if acceptance.number <= last:
        return False
    name = ClaimName(service_id, programme_id, acceptance.number)
    try:
        with transaction.atomic():
            _insert_claim(name, acceptance, claimed_before=claimed_before, at=at)
    except IntegrityError as error:
        if constraint_name(error) != "one_claim_per_acceptance":
            raise
        return False
    return True


def _get_claimed(service_id: str, programme_id: str) -> tuple[int, Yen]:
    """Return the number of a service's last claim and the sum of all that it claimed."""
    last = Claim.objects.filter(service=service_id, programme=programme_id).order_by("-number").first()
    return (last.number, Yen(last.claimed_before + last.amount)) if last else (0, Yen(0))


def _insert_claim(name: ClaimName, acceptance: Acceptance, *, claimed_before: Yen, at: datetime) -> None:
    due = compute_due(acceptance.total, claimed_before=claimed_before)
    facts: dict[str, str | int] = {
        "period": acceptance.period_id,
        "total": acceptance.total,
        "amount": due.amount,
        "carried": due.carried,
    }
    Claim.objects.create(
        **name.key,
        period=acceptance.period_id,
        total=acceptance.total,
        claimed_before=claimed_before,
        amount=due.amount,
        carried=due.carried,
        entry_id=record(kind="claim_raised", facts=name.key | facts, at=at),
        raised_at=at,
    )


def _check_open_to(claim: ClaimView, *, user_id: int) -> None:
    """Check that a person may give the next approval."""
    if claim.state == "nothing_due":
        raise NothingDue
    if len(claim.approvals) >= APPROVALS:
        raise ClaimAlreadyApproved
    if user_id in {approval.user_id for approval in claim.approvals}:
        raise SecondPersonNeeded


def _approve(name: ClaimName, *, slot: int, user_id: int, at: datetime) -> bool:
    """Give one approval; return False when another one was as fast, so that the claim is to be looked at again."""
    try:
        with transaction.atomic():
            Approval.objects.create(
                **name.key,
                slot=slot,
                user_id=user_id,
                entry_id=record(kind="claim_approved", facts=name.key | {"slot": slot, "user": user_id}, at=at),
                approved_at=at,
            )
    except IntegrityError as error:
        if constraint_name(error) not in {"one_approval_per_slot", "one_approval_per_person"}:
            raise
        return False
    return True


def _insert_transfer(programme: Programme, claims: Sequence[ClaimView], *, user_id: int, at: datetime) -> TransferView:
    transfer_id, transfer_date = uuid7(), get_next_bank_day(at)
    rows = [TransferredClaim(**claim.name.key, transfer_id=transfer_id) for claim in claims]
    # First, and in one order: two transfers meet at their first common claim instead of waiting for each other.
    TransferredClaim.objects.bulk_create(rows)
    payments = [payment for claim in claims for payment in _compose_payments(claim, at=at)]
    content = compose_file(_compose_payer(programme), payments, transfer_date=transfer_date)
    total = sum(claim.amount for claim in claims)
    facts: dict[str, str | int] = {
        "transfer": str(transfer_id),
        "programme": programme.id,
        "date": transfer_date.isoformat(),
        "count": len(payments),
        "total": total,
        "file_hash": hashlib.sha256(content).hexdigest(),
        "user": user_id,
    }
    Transfer.objects.create(
        id=transfer_id,
        programme=programme.id,
        transfer_date=transfer_date,
        count=len(payments),
        total=total,
        content=content,
        user_id=user_id,
        entry_id=record(kind="transfer_made", facts=facts, at=at),
        made_at=at,
    )
    return get_transfer(transfer_id)


def _compose_payer(programme: Programme) -> Payer:
    payer = programme.payer
    return Payer(
        consignor_code=payer.consignor_code,
        name=write_payer_name(payer.name_kana, field="payer.name_kana"),
        bank_code=payer.bank_code,
        branch_code=payer.branch_code,
        account_kind=ACCOUNT_KINDS[payer.account_kind],
        account_number=payer.account_number,
    )


def _compose_payments(claim: ClaimView, *, at: datetime) -> list[Payment]:
    """Return a claim's payments: one, or as many as its amount needs."""
    service_id = claim.name.service_id
    account = get_service(service_id, at=at).bank_account
    recipient = write_recipient_name(account.holder_kana, field=f"{service_id}: bank_account.holder_kana")
    return [
        Payment(
            bank_code=account.bank_code,
            branch_code=account.branch_code,
            account_kind=ACCOUNT_KINDS[account.kind],
            account_number=account.number,
            recipient=recipient,
            amount=amount,
            claim=f"{claim.name.number:06d}{part:04d}",
            period=claim.period_id.replace("-", ""),
        )
        for part, amount in enumerate(split_amount(claim.amount), start=1)
    ]
