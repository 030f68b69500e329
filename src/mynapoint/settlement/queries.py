"""What can be asked about claims and transfers."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Sum

from mynapoint.kernel.money import Points, Yen
from mynapoint.settlement.models import Approval, Claim, Transfer, TransferredClaim
from mynapoint.settlement.rules import ClaimName, ClaimStanding, ClaimUnknown, TransferUnknown, get_standing


@dataclass(frozen=True)
class ApprovalView:
    """Who approved a claim, and when."""

    user_id: int
    approved_at: datetime


@dataclass(frozen=True)
class ClaimView:
    """A claim and where it stands; `carried` is below zero when too much was paid before."""

    name: ClaimName
    period_id: str
    total: Points
    amount: Yen
    carried: Yen
    state: ClaimStanding
    approvals: tuple[ApprovalView, ...]
    transfer_id: UUID | None
    raised_at: datetime


@dataclass(frozen=True)
class TransferView:
    """A transfer file without its bytes."""

    id: UUID
    programme_id: str
    transfer_date: date
    count: int
    total: Yen
    user_id: int
    made_at: datetime


@dataclass(frozen=True)
class Totals:
    """What a programme's claims come to: raised so far, and of that, in a transfer file."""

    claimed: Yen
    transferred: Yen


def get_claim(name: ClaimName) -> ClaimView:
    """Return a claim.

    :raises ClaimUnknown: when there is none of this name.
    """
    row = Claim.objects.filter(**name.key).first()
    if row is None:
        raise ClaimUnknown
    return _views([row])[0]


def get_claim_for_closing(service_id: str, programme_id: str, period_id: str) -> ClaimView | None:
    """Return the claim that a period's accepted closing became."""
    row = Claim.objects.filter(service=service_id, programme=programme_id, period=period_id).first()
    return _views([row])[0] if row else None


def list_claims(programme_id: str) -> list[ClaimView]:
    """Return a programme's claims, newest first."""
    return _views(Claim.objects.filter(programme=programme_id).order_by("-raised_at", "service", "-number"))


def list_payable(programme_id: str) -> list[ClaimView]:
    """Return the claims that two people approved and that no transfer file has, by service and number."""
    claims = [claim for claim in list_claims(programme_id) if claim.state == "payable"]
    return sorted(claims, key=lambda claim: (claim.name.service_id, claim.name.number))


def list_transfers(programme_id: str) -> list[TransferView]:
    """Return a programme's transfer files, newest first."""
    rows = Transfer.objects.filter(programme=programme_id).defer("content").order_by("-made_at", "-id")
    return [_view_transfer(row) for row in rows]


def get_transfer(transfer_id: UUID) -> TransferView:
    """Return a transfer file without its bytes.

    :raises TransferUnknown: when there is none.
    """
    row = Transfer.objects.filter(id=transfer_id).defer("content").first()
    if row is None:
        raise TransferUnknown
    return _view_transfer(row)


def get_transfer_content(transfer_id: UUID) -> bytes:
    """Return a transfer file's bytes, the same at every call.

    :raises TransferUnknown: when there is none.
    """
    content = Transfer.objects.filter(id=transfer_id).values_list("content", flat=True).first()
    if content is None:
        raise TransferUnknown
    return bytes(content)


def sum_claims(programme_id: str) -> Totals:
    """Return what a programme's claims come to."""
    claimed = Claim.objects.filter(programme=programme_id).aggregate(sum=Sum("amount", default=0))["sum"]
    transferred = Transfer.objects.filter(programme=programme_id).aggregate(sum=Sum("total", default=0))["sum"]
    return Totals(claimed=Yen(int(claimed)), transferred=Yen(int(transferred)))


def _views(claims: Iterable[Claim]) -> list[ClaimView]:
    rows = list(claims)
    programmes = {row.programme for row in rows}
    approvals: dict[str, list[ApprovalView]] = defaultdict(list)
    for approval in Approval.objects.filter(programme__in=programmes).order_by("slot"):
        approvals[_label(approval)].append(ApprovalView(approval.user_id, approval.approved_at))
    transfers = {
        _label(transferred): transferred.transfer_id
        for transferred in TransferredClaim.objects.filter(programme__in=programmes)
    }
    return [_view(row, approvals[_label(row)], transfers.get(_label(row))) for row in rows]


def _label(row: Claim | Approval | TransferredClaim) -> str:
    return f"{row.service} {row.programme} {row.number}"


def _view(row: Claim, approvals: list[ApprovalView], transfer_id: UUID | None) -> ClaimView:
    amount = Yen(row.amount)
    return ClaimView(
        name=ClaimName(row.service, row.programme, row.number),
        period_id=row.period,
        total=Points(row.total),
        amount=amount,
        carried=Yen(row.carried),
        state=get_standing(amount=amount, approvals=len(approvals), transferred=transfer_id is not None),
        approvals=tuple(approvals),
        transfer_id=transfer_id,
        raised_at=row.raised_at,
    )


def _view_transfer(row: Transfer) -> TransferView:
    return TransferView(
        id=row.id,
        programme_id=row.programme,
        transfer_date=row.transfer_date,
        count=row.count,
        total=Yen(row.total),
        user_id=row.user_id,
        made_at=row.made_at,
    )
