"""The pages about closings."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from mynapoint.closing.operations import reopen_closing
from mynapoint.closing.queries import get_closing, list_closings, list_missing
from mynapoint.closing.rules import ClosingUnknown
from mynapoint.directory.queries import list_service_names
from mynapoint.kernel.refusal import Refusal
from mynapoint.office.access import office_only
from mynapoint.office.pages import find_programme, refuse, show
from mynapoint.office.templatetags.office_words import REOPEN_REASONS
from mynapoint.settlement.queries import get_claim_for_closing


@require_GET
@office_only
def closing_list(request: HttpRequest, _user: User, programme_id: str) -> HttpResponse:
    """List what was never sent of periods that have ended, and the newest attempt at every other closing."""
    programme = find_programme(programme_id)
    at = settings.CLOCK()
    names = list_service_names(at=at)
    rows = [
        (view, names.get(view.name.service_id, view.name.service_id), view.is_overdue(programme, at=at))
        for view in list_closings(programme.id)
    ]
    missing = [
        (one, names.get(one.name.service_id, one.name.service_id), (at - one.due_since).days)
        for one in list_missing(programme, at=at)
    ]
    return show(request, "closings", {"programme": programme, "rows": rows, "missing": missing})


@require_http_methods(["GET", "POST"])
@office_only
def closing(request: HttpRequest, user: User, programme_id: str, service_id: str, period_id: str) -> HttpResponse:
    """Show a closing; on a POST, reopen it after its rejection."""
    if request.method == "POST":
        try:
            _reopen(request, user, programme_id=programme_id, service_id=service_id, period_id=period_id)
        except ClosingUnknown:
            raise Http404 from None
        except Refusal as refusal:
            return refuse(request, "closing", refusal, _describe(programme_id, service_id, period_id))
        messages.success(request, "締めを再開しました。決済サービスは、もう一度送れます。")
        return redirect("office:closing", programme_id, service_id, period_id)
    return show(request, "closing", _describe(programme_id, service_id, period_id))


def _reopen(request: HttpRequest, user: User, *, programme_id: str, service_id: str, period_id: str) -> None:
    reopen_closing(
        service_id=service_id,
        programme_id=programme_id,
        period_id=period_id,
        user_id=user.id,
        reason=request.POST.get("reason", ""),
        at=settings.CLOCK(),
    )


def _describe(programme_id: str, service_id: str, period_id: str) -> dict[str, object]:
    programme = find_programme(programme_id)
    try:
        view = get_closing(service_id, programme.id, period_id)
    except ClosingUnknown:
        raise Http404 from None
    return {
        "programme": programme,
        "closing": view,
        "open_by": view.get_open_by(programme),
        "is_overdue": view.is_overdue(programme, at=settings.CLOCK()),
        "service_name": list_service_names(at=settings.CLOCK()).get(service_id, service_id),
        "claim": get_claim_for_closing(service_id, programme.id, period_id),
        "reasons": REOPEN_REASONS,
    }
