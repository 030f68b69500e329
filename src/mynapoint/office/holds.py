"""The pages about certificates that wait for review."""

from collections.abc import Callable, Mapping
from typing import Final, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from mynapoint.holder.operations import answer_decision, note_look, propose_decision, reopen_hold
from mynapoint.holder.queries import HoldView, count_open_holds, get_hold, list_closed_holds, list_open_holds
from mynapoint.holder.rules import Answer, Decision, HoldUnknown, ProposedDecision
from mynapoint.kernel.refusal import Refusal
from mynapoint.office.access import find_role, office_only
from mynapoint.office.pages import name_programmes, name_users, read_number, read_round, refuse, show

LATELY_CLOSED: Final = 50
Said = Mapping[str, str]


@require_GET
@office_only
def hold_list(request: HttpRequest, _user: User) -> HttpResponse:
    """List what waits for review, the longest first, and what was closed lately."""
    context = {
        "count": count_open_holds(),
        "open": list_open_holds(),
        "closed": list_closed_holds(limit=LATELY_CLOSED),
    }
    return show(request, "holds", context)


@require_http_methods(["GET", "POST"])
@office_only
def hold(request: HttpRequest, user: User, hold_id: UUID) -> HttpResponse:
    """Show a hold with its evidence; on a POST, take one step of its review."""
    try:
        if request.method == "POST":
            _step, words = _STEPS.get(request.POST.get("step", ""), _STEPS["propose"])
            after = _step(hold_id, user, request.POST)
            messages.success(request, words)
            return redirect("office:hold", after.id)
        return show(request, "hold", _describe(hold_id, user))
    except HoldUnknown:
        raise Http404 from None
    except Refusal as refusal:
        typed = {"typed_receipt": request.POST.get("receipt", "")[:64]}
        return refuse(request, "hold", refusal, _describe(hold_id, user) | typed)


def _propose(hold_id: UUID, user: User, said: Said) -> HoldView:
    decision = cast(Decision, said.get("decision", ""))
    named = read_number(said.get("receipt", "")) if decision == "attach" else None
    return propose_decision(hold_id, ProposedDecision(decision, named), user_id=user.id, at=settings.CLOCK())


def _confirm(hold_id: UUID, user: User, said: Said) -> HoldView:
    return _answer(hold_id, user, said, "confirmed")


def _decline(hold_id: UUID, user: User, said: Said) -> HoldView:
    return _answer(hold_id, user, said, "declined")


def _answer(hold_id: UUID, user: User, said: Said, answer: Answer) -> HoldView:
    return answer_decision(hold_id, answer, round_number=read_round(said), user_id=user.id, at=settings.CLOCK())


def _reopen(hold_id: UUID, user: User, _said: Said) -> HoldView:
    return reopen_hold(hold_id, user_id=user.id, at=settings.CLOCK())


_STEPS: Final[Mapping[str, tuple[Callable[[UUID, User, Said], HoldView], str]]] = {
    "propose": (_propose, "提案しました。別の人が確かめて決めます。"),
    "confirm": (_confirm, "二人で確認しました。いまの状態は下のとおりです。"),
    "decline": (_decline, "同意しませんでした。もう一度提案できます。"),
    "reopen": (_reopen, "もう一度確認を始めました。"),
}


def _describe(hold_id: UUID, user: User) -> dict[str, object]:
    """Describe a hold to one of the office, and write down that they have seen it."""
    at = settings.CLOCK()
    note_look(hold_id, role=find_role(user, at=at), user_id=user.id, at=at)
    view = get_hold(hold_id)
    users = name_users(step.user_id for step in view.steps)
    return {
        "hold": view,
        "programme_title": name_programmes().get(view.programme_id, view.programme_id),
        "steps": [(step, users.get(step.user_id, "(削除された利用者)")) for step in view.steps],
        "is_mine": view.proposal is not None and view.proposal.user_id == user.id,
        "may_release": view.reason != "two_holders",
    }
