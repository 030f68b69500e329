"""The pages about links that may be wrong: who reported them, what was looked at, and what two people decided."""

from collections.abc import Callable, Mapping
from typing import Final, get_args
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from mynapoint.application.rules import ObjectionReason
from mynapoint.closing.rules import ReasonUnknown
from mynapoint.correction.operations import add_evidence, answer, freeze, note_look, propose, report
from mynapoint.correction.queries import (
    CorrectionView,
    count_open_corrections,
    get_correction,
    list_closed_corrections,
    list_open_corrections,
)
from mynapoint.correction.rules import ABOUT_THE_LINK, CorrectionUnknown, Evidence
from mynapoint.directory.queries import list_service_names
from mynapoint.kernel.refusal import Refusal
from mynapoint.office.access import find_role, office_only
from mynapoint.office.pages import name_programmes, name_users, read_number, read_round, refuse, show

LATELY_CLOSED: Final = 50
REASONS: Final = tuple(reason for reason in ObjectionReason if reason in ABOUT_THE_LINK)
Said = Mapping[str, str]


@require_http_methods(["GET", "POST"])
@office_only
def correction_list(request: HttpRequest, user: User) -> HttpResponse:
    """List what is looked into, what is due first coming first; on a POST, begin a correction for a receipt."""
    try:
        if request.method == "POST":
            number = _report(user, request.POST)
            messages.success(request, "訂正の確認を始めました。次は、付与を止めてください。")
            return redirect("office:correction", number)
        return show(request, "corrections", _describe_all())
    except Refusal as refusal:
        typed = {"typed_receipt": request.POST.get("receipt", "")[:64], "chosen": request.POST.get("reason", "")}
        return refuse(request, "corrections", refusal, _describe_all() | typed)


@require_http_methods(["GET", "POST"])
@office_only
def correction(request: HttpRequest, user: User, correction_id: UUID) -> HttpResponse:
    """Show how far a correction has come; on a POST, take one step."""
    try:
        if request.method == "POST":
            step, words = _STEPS.get(request.POST.get("step", ""), _STEPS["propose"])
            step(correction_id, user, request.POST)
            messages.success(request, words)
            return redirect("office:correction", correction_id)
        return show(request, "correction", _describe(correction_id, user))
    except CorrectionUnknown:
        raise Http404 from None
    except Refusal as refusal:
        return refuse(request, "correction", refusal, _describe(correction_id, user))


def _report(user: User, said: Said) -> UUID:
    reason = said.get("reason", "")
    if reason not in list(REASONS):
        raise ReasonUnknown
    receipt = read_number(said.get("receipt", ""))
    return report(receipt, ObjectionReason(reason), source="office", user_id=user.id, at=settings.CLOCK())


def _freeze(correction_id: UUID, user: User, _said: Said) -> CorrectionView:
    return freeze(correction_id, user_id=user.id, at=settings.CLOCK())


def _add_evidence(correction_id: UUID, user: User, said: Said) -> CorrectionView:
    return add_evidence(correction_id, said.get("evidence", ""), user_id=user.id, at=settings.CLOCK())


def _propose(correction_id: UUID, user: User, said: Said) -> CorrectionView:
    return propose(correction_id, said.get("decision", ""), user_id=user.id, at=settings.CLOCK())


def _confirm(correction_id: UUID, user: User, said: Said) -> CorrectionView:
    return answer(correction_id, "decided", round_number=read_round(said), user_id=user.id, at=settings.CLOCK())


def _decline(correction_id: UUID, user: User, said: Said) -> CorrectionView:
    return answer(correction_id, "declined", round_number=read_round(said), user_id=user.id, at=settings.CLOCK())


_STEPS: Final[Mapping[str, tuple[Callable[[UUID, User, Said], CorrectionView], str]]] = {
    "freeze": (_freeze, "付与を止めるように、決済サービスに伝えます。"),
    "evidence": (_add_evidence, "確かめたものを記録しました。"),
    "propose": (_propose, "提案しました。別の人が確かめて決めます。"),
    "confirm": (_confirm, "二人で決めました。決済サービスに伝えます。"),
    "decline": (_decline, "同意しませんでした。もう一度提案できます。"),
}


def _describe_all() -> dict[str, object]:
    at = settings.CLOCK()
    return {
        "count": count_open_corrections(),
        "open": [(view, view.is_late(at=at)) for view in list_open_corrections(at=at)],
        "closed": list_closed_corrections(limit=LATELY_CLOSED, at=at),
        "reasons": REASONS,
    }


def _describe(correction_id: UUID, user: User) -> dict[str, object]:
    """Describe a correction to one of the office, and write down that they have seen it."""
    at = settings.CLOCK()
    note_look(correction_id, role=find_role(user, at=at), user_id=user.id, at=at)
    view = get_correction(correction_id, at=at)
    users = name_users(step.user_id for step in view.course.steps if step.user_id) | name_users([view.user_id or 0])
    proposal = view.course.proposal
    return {
        "correction": view,
        "reporter": users.get(view.user_id or 0, ""),
        "programme_title": name_programmes().get(view.programme_id, view.programme_id),
        "service_name": list_service_names(at=at).get(view.service_id, view.service_id),
        "steps": [(step, users.get(step.user_id or 0, "")) for step in view.course.steps],
        "is_late": view.is_late(at=at),
        "is_mine": proposal is not None and proposal.user_id == user.id,
        "kinds": get_args(Evidence),
    }
