"""Taking the report that a link may be wrong from somebody who shows a receipt; the office looks into it."""

from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from mynapoint.application.rules import ObjectionReason
from mynapoint.correction.operations import report
from mynapoint.correction.queries import list_reported_by
from mynapoint.correction.rules import ABOUT_THE_LINK, AlreadyReported, NothingLinked
from mynapoint.counter.after.pages import show
from mynapoint.counter.desk import for_staff
from mynapoint.holder.rules import NamedActUnknown
from mynapoint.kernel.refusal import Refusal
from mynapoint.staff.queries import list_members
from mynapoint.staff.rules import Member, Role

REASONS: Final = {
    ObjectionReason.APPLICATION: "申込をした覚えがない",
    ObjectionReason.ACCOUNT: "アカウントが自分のものではない",
    ObjectionReason.LINK: "結び付けの状態が実際と違う",
}
_REFUSED: Final[dict[type[Refusal], str]] = {
    NamedActUnknown: "この番号の手続はありません。受領書の番号を、ハイフンも含めてそのまま入れてください。",
    NothingLinked: "この人には、いま有効な決済サービスとの結び付けがありません。訂正するものがありません。",
    AlreadyReported: "すでに確認しています。番号は {correction} です。",
}
assert set(REASONS) == ABOUT_THE_LINK


class ReasonMissing(Refusal):
    """No reason of the list was chosen."""

    code = "reason_missing"


@require_http_methods(["GET", "POST"])
@for_staff(Role.SUPERVISOR)
def report_correction(request: HttpRequest, member: Member) -> HttpResponse:
    """Show what this city has reported, and how far it has come; on a POST, report one more."""
    error = ""
    if request.method == "POST":
        try:
            number = _report(request, member)
            messages.success(request, f"受け付けました。番号は {number} です。事務局が付与を止め、確かめます。")
            return redirect("counter:after-corrections")
        except ReasonMissing:
            error = "理由を一覧から一つ選んでください。"
        except (NamedActUnknown, NothingLinked, AlreadyReported) as refusal:
            error = _REFUSED[type(refusal)].format(**refusal.data())
    at = settings.CLOCK()
    colleagues = {membership.user_id for membership in list_members(member.city)}
    context = {
        "error": error,
        "reasons": REASONS,
        "typed": request.POST.get("receipt", "")[:64],
        "chosen": request.POST.get("reason", ""),
        "reported": [(view, view.is_late(at=at)) for view in list_reported_by(colleagues, at=at)],
    }
    return show(request, member, "after/corrections", context, status=422 if error else 200)


def _report(request: HttpRequest, member: Member) -> UUID:
    reason = request.POST.get("reason", "")
    if reason not in list(REASONS):
        raise ReasonMissing
    try:
        receipt = UUID(request.POST.get("receipt", "").strip())
    except ValueError:
        raise NamedActUnknown from None
    return report(receipt, ObjectionReason(reason), source="counter", user_id=member.user_id, at=settings.CLOCK())
