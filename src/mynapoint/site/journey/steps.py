"""One page, one question: shown with what was answered, taken, and on to the next."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from mynapoint.application.rules import UnableToApply
from mynapoint.directory.queries import list_services
from mynapoint.draft.operations import answer
from mynapoint.draft.rules import STEPS, DraftChanged, DraftIncomplete, Step
from mynapoint.site.journey.addresses import WAYS, find_address, go_to_step, name_parts
from mynapoint.site.journey.opening import Opened, opening
from mynapoint.site.journey.questions import READERS, Form, can_serve, name_fields
from mynapoint.site.journey.typed import Mistaken, list_fields
from mynapoint.site.shell.languages import read_language
from mynapoint.site.shell.limits import check_fields
from mynapoint.site.shell.pages import show, show_refused

NEEDS_SERVICE = frozenset(Step) - {Step.WHO, Step.SERVICE}
UNPROCESSABLE = 422


@opening
def step(request: HttpRequest, opened: Opened, step: str) -> HttpResponse:
    """Ask one question of a way, or take its answer."""
    asked, draft = Step(step), opened.draft
    if opened.closed and asked in NEEDS_SERVICE:
        return show_refused(request, "journey/closed", opened.closed, at=opened.at, **name_parts(draft))
    if not draft.can_answer(asked):
        return go_to_step(request, draft, draft.next_step)
    if request.method != "POST":
        return _show(request, opened, asked)
    return _take(request, opened, asked)


def _take(request: HttpRequest, opened: Opened, asked: Step) -> HttpResponse:
    check_fields(request, *name_fields(asked, opened.service))
    form = Form(typed=request.POST, opened=opened, language=read_language(request))
    try:
        given = READERS[asked](form)
        seen = request.POST.get("seen") if asked is Step.HINT else None
        draft = answer(opened.draft, asked, seen=seen, **given)
    except Mistaken as mistaken:
        return _show(request, opened, asked, status=UNPROCESSABLE, wrong=mistaken.wrong, faults=mistaken.faults)
    except UnableToApply as refusal:
        return _show_unconfirmed(request, opened, refusal)
    except (DraftChanged, DraftIncomplete):
        return HttpResponseRedirect(find_address(request, "answers", **name_parts(opened.draft)) + "?changed=1")
    return go_to_step(request, draft, draft.next_step)


def _show(request: HttpRequest, opened: Opened, asked: Step, *, status: int = 200, **more: Any) -> HttpResponse:
    described = _describe(request, opened, asked)
    return show(request, f"journey/step_{asked}", at=opened.at, status=status, **described, **more)


def _show_unconfirmed(request: HttpRequest, opened: Opened, refusal: UnableToApply) -> HttpResponse:
    """Show the account's page again with what its service says; codes are typed anew."""
    context = _describe(request, opened, Step.ACCOUNT)
    return show_refused(request, "journey/step_account", refusal, at=opened.at, anchor="account", **context)


def _describe(request: HttpRequest, opened: Opened, asked: Step) -> dict[str, Any]:
    """Say what a step's page shows: where it stands on the way, what was answered, and what it offers."""
    draft, service = opened.draft, opened.service
    steps = STEPS[draft.kind]
    place = steps.index(asked)
    before = steps[place - 1] if place else None
    described: dict[str, Any] = {
        "opened": opened,
        "answers": draft.answers,
        "service": service,
        "typed": request.POST,
        "number": place + 1,
        "count": len(steps) + 1,
        "parts": name_parts(draft),
        "back": find_address(request, "step", **name_parts(draft, before)) if before else None,
        "begin": find_address(request, WAYS[draft.kind]),
    }
    if asked is Step.SERVICE:
        offered = list_services(programme=opened.programme.id, at=opened.at)
        described["offered"] = [one for one in offered if can_serve(one, opened)]
        described["others"] = [one for one in offered if not can_serve(one, opened)]
    if asked is Step.ACCOUNT and service is not None:
        described["fields"] = list_fields(service, request.POST)
    return described
