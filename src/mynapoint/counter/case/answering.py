"""What the citizen answers on their own screen: terms, account, hint, consequence; then the act that the card signs."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from mynapoint.act.rules import Proposal
from mynapoint.application.rules import UnableToApply
from mynapoint.case.operations import go_on_with_card
from mynapoint.case.rules import Offer
from mynapoint.counter.case.display import CASE, Screen, find_address, show, show_refused, within_case
from mynapoint.counter.case.late import find_late_of
from mynapoint.counter.case.scene import Scene
from mynapoint.directory.queries import list_service_names
from mynapoint.draft.operations import answer, propose_act
from mynapoint.draft.queries import DraftView
from mynapoint.draft.rules import STEPS, DraftChanged, DraftIncomplete, Step, UnableToDraft
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.queries import get_programme
from mynapoint.site.journey.acts import PAGE, compose_application, compose_reservation
from mynapoint.site.journey.opening import Opened, add_service
from mynapoint.site.journey.questions import READERS, Form, name_fields
from mynapoint.site.journey.typed import Mistaken, list_fields
from mynapoint.site.shell.languages import read_language
from mynapoint.site.shell.limits import check_fields
from mynapoint.site.shell.refusals import explain

UNPROCESSABLE = 422
LONGEST_COUNT = 4
BY_CITIZEN = (Step.TERMS, Step.ACCOUNT, Step.HINT, Step.CONSEQUENCE)
"""The others the clerk has answered, and nobody types an account on the clerk's screen."""


@within_case
def step(request: HttpRequest, screen: Screen, scene: Scene, step: str) -> HttpResponse:
    """Ask the citizen one question, or take its answer."""
    opened, asked = _open(screen, scene), _read_step(step)
    if opened is None or not opened.draft.can_answer(asked):
        return _lead_on(screen)
    if opened.closed:
        return show_refused(request, screen, opened.closed)
    if request.method != "POST":
        return _show_step(request, screen, opened, asked)
    check_fields(request, CASE, *name_fields(asked, opened.service))
    go_on_with_card(scene.turn, at=screen.at)
    return _take(request, screen, opened, asked)


@within_case
def check(request: HttpRequest, screen: Screen, scene: Scene) -> HttpResponse:
    """Show all answers; propose the act that they make, in this case and no other."""
    opened = _open(screen, scene)
    if opened is None or opened.draft.next_step:
        return _lead_on(screen)
    if opened.closed:
        return show_refused(request, screen, opened.closed)
    if opened.has_other_terms:
        return HttpResponseRedirect(screen.find_address("step", step=Step.TERMS.value))
    if request.method != "POST":
        return _show_check(request, screen, opened, scene)
    check_fields(request, CASE, "seen", "after")
    try:
        propose_act(
            opened.draft.link,
            _compose(request, screen, scene, opened),
            seen=request.POST.get("seen", ""),
            audience=settings.SITE_ORIGIN,
            at=screen.at,
        )
    except UnableToDraft:
        return _show_check(request, screen, opened, scene, is_changed=True)
    return HttpResponseRedirect(screen.find_address())


def _open(screen: Screen, scene: Scene) -> Opened | None:
    """Open what is under way; None when nothing is, or it is done."""
    draft = scene.draft
    if draft is None or draft.is_done:
        return None
    programme = get_programme(draft.programme_id, at=screen.at)
    late = find_late_of(scene.case.name, programme, kind=draft.kind, at=screen.at)
    opened = add_service(draft, programme, ways=("counter",), at=late.stood_at if late else screen.at)
    return replace(opened, at=screen.at)


def _read_step(name: str) -> Step:
    if name not in BY_CITIZEN:
        raise Http404
    return Step(name)


def _take(request: HttpRequest, screen: Screen, opened: Opened, asked: Step) -> HttpResponse:
    form = Form(typed=request.POST, opened=opened, language=read_language(request))
    try:
        given = READERS[asked](form)
        seen = request.POST.get("seen") if asked is Step.HINT else None
        draft = answer(opened.draft, asked, seen=seen, **given)
    except Mistaken as mistaken:
        wrong = {"wrong": mistaken.wrong, "faults": mistaken.faults}
        return _show_step(request, screen, opened, asked, status=UNPROCESSABLE, **wrong)
    except UnableToApply as refusal:
        error = _explain(request, screen, refusal)
        return _show_step(request, screen, opened, asked, status=error.status, error=error, error_anchor="account")
    except (DraftChanged, DraftIncomplete):
        return _lead_on(screen)
    return _lead_to(screen, draft)


def _show_step(
    request: HttpRequest, screen: Screen, opened: Opened, asked: Step, *, status: int = 200, **more: Any
) -> HttpResponse:
    service = opened.service
    steps = [one for one in STEPS[opened.draft.kind] if one in BY_CITIZEN]
    described = {
        "opened": opened,
        "answers": opened.draft.answers,
        "service": service,
        "typed": request.POST,
        "number": steps.index(asked) + 1,
        "count": len(steps) + 1,
        "fields": list_fields(service, request.POST) if service and asked is Step.ACCOUNT else [],
        "frame": "counter/display/step.html",
    }
    page = f"site/journey/step_{asked}.html"
    return show(request, screen, page, status=status, **described, **more)


def _show_check(
    request: HttpRequest, screen: Screen, opened: Opened, scene: Scene, *, is_changed: bool = False
) -> HttpResponse:
    account = screen.find_address("step", step=Step.ACCOUNT.value) if opened.service else None
    return show(
        request,
        screen,
        "check",
        opened=opened,
        answers=opened.draft.answers,
        service=opened.service,
        after=scene.case.acts_proposed,
        change_account=account,
        is_changed=is_changed,
    )


def _compose(request: HttpRequest, screen: Screen, scene: Scene, opened: Opened) -> Proposal:
    """Compose the act; its statement names the case, and its page is this screen."""
    language, account = read_language(request), opened.draft.answers.account
    if opened.service is None or account is None:
        proposal = compose_reservation(opened.programme, by_representative=opened.by_representative, language=language)
    else:
        proposal = compose_application(
            opened.programme,
            opened.service,
            account,
            terms_since=opened.draft.answers.agreed_terms,
            by_representative=opened.by_representative,
            language=language,
        )
    return replace(
        proposal,
        offer=Offer(scene.turn, _read_after(request)),
        late=find_late_of(scene.case.name, opened.programme, kind=proposal.kind, at=screen.at),
        attachment={**proposal.attachment, PAGE: find_address("display", screen.token, language) + screen.query},
    )


def _read_after(request: HttpRequest) -> int:
    """Read how many acts the case had when the form was made; what is no number was made by nobody's page."""
    text = request.POST.get("after", "")
    return int(text) if text.isdecimal() and len(text) <= LONGEST_COUNT else -1


def _explain(request: HttpRequest, screen: Screen, refusal: Refusal) -> Any:
    names = list_service_names(at=screen.at)
    return explain(refusal.code, refusal.data(), names=names, language=read_language(request))


def _lead_on(screen: Screen) -> HttpResponse:
    return HttpResponseRedirect(screen.find_address())


def _lead_to(screen: Screen, draft: DraftView) -> HttpResponse:
    """Lead to the next question, or to the check of all answers."""
    asked = draft.next_step
    if asked in BY_CITIZEN:
        return HttpResponseRedirect(screen.find_address("step", step=asked.value))
    return HttpResponseRedirect(screen.find_address("check"))
