"""The pages about claims and transfers."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from mynapoint.directory.queries import list_service_names
from mynapoint.kernel.refusal import Refusal
from mynapoint.office.access import office_only
from mynapoint.office.pages import find_programme, name_users, refuse, show
from mynapoint.programme.rules import Programme
from mynapoint.settlement.operations import approve_claim, make_transfer
from mynapoint.settlement.queries import (
    get_claim,
    get_transfer,
    get_transfer_content,
    list_claims,
    list_payable,
    list_transfers,
)
from mynapoint.settlement.rules import ClaimName, ClaimUnknown, TransferUnknown


@require_GET
@office_only
def claim_list(request: HttpRequest, _user: User, programme_id: str) -> HttpResponse:
    """List a programme's claims."""
    programme = find_programme(programme_id)
    names = list_service_names(at=settings.CLOCK())
    rows = [(view, names.get(view.name.service_id, view.name.service_id)) for view in list_claims(programme.id)]
    return show(request, "claims", {"programme": programme, "rows": rows})


@require_http_methods(["GET", "POST"])
@office_only
def claim(request: HttpRequest, user: User, programme_id: str, service_id: str, number: int) -> HttpResponse:
    """Show a claim; on a POST, approve it as one of two people."""
    name = ClaimName(service_id, programme_id, number)
    if request.method == "POST":
        try:
            _approve(name, user)
        except ClaimUnknown:
            raise Http404 from None
        except Refusal as refusal:
            return refuse(request, "claim", refusal, _describe_claim(name, user))
        messages.success(request, "請求を承認しました。")
        return redirect("office:claim", programme_id, service_id, number)
    return show(request, "claim", _describe_claim(name, user))


@require_http_methods(["GET", "POST"])
@office_only
def transfer_list(request: HttpRequest, user: User, programme_id: str) -> HttpResponse:
    """List a programme's transfer files and what waits; on a POST, make the next file."""
    programme = find_programme(programme_id)
    if request.method == "POST":
        try:
            make_transfer(programme, user_id=user.id, at=settings.CLOCK())
        except Refusal as refusal:
            return refuse(request, "transfers", refusal, _describe_transfers(programme))
        messages.success(request, "振込データを作りました。ダウンロードして銀行に送ってください。")
        return redirect("office:transfers", programme_id)
    return show(request, "transfers", _describe_transfers(programme))


@require_GET
@office_only
def transfer_file(_request: HttpRequest, _user: User, programme_id: str, transfer_id: UUID) -> HttpResponse:
    """Hand out a transfer file, the same bytes every time."""
    try:
        transfer = get_transfer(transfer_id)
    except TransferUnknown:
        raise Http404 from None
    if transfer.programme_id != programme_id:
        raise Http404
    name = f"{programme_id}-{transfer.transfer_date:%Y%m%d}-{transfer_id.hex[-8:]}.txt"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(get_transfer_content(transfer_id), content_type="application/octet-stream", headers=headers)


def _approve(name: ClaimName, user: User) -> None:
    approve_claim(
        service_id=name.service_id,
        programme_id=name.programme_id,
        number=name.number,
        user_id=user.id,
        at=settings.CLOCK(),
    )


def _describe_claim(name: ClaimName, user: User) -> dict[str, object]:
    programme = find_programme(name.programme_id)
    try:
        view = get_claim(name)
    except ClaimUnknown:
        raise Http404 from None
    users = name_users(approval.user_id for approval in view.approvals)
    return {
        "programme": programme,
        "claim": view,
        "service_name": list_service_names(at=settings.CLOCK()).get(name.service_id, name.service_id),
        "approvals": [(approval, users.get(approval.user_id, "(削除された利用者)")) for approval in view.approvals],
        "is_mine": user.id in users,
    }


def _describe_transfers(programme: Programme) -> dict[str, object]:
    transfers, payable = list_transfers(programme.id), list_payable(programme.id)
    users = name_users(transfer.user_id for transfer in transfers)
    names = list_service_names(at=settings.CLOCK())
    return {
        "programme": programme,
        "transfers": [(transfer, users.get(transfer.user_id, "(削除された利用者)")) for transfer in transfers],
        "payable": [(view, names.get(view.name.service_id, view.name.service_id)) for view in payable],
        "payable_sum": sum(view.amount for view in payable),
    }
