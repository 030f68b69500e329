"""The clerk's pages: begin a case, begin an act in it, and end it. Nothing here commits anything."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from uuid import UUID, uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from mynapoint.case.operations import continue_case, end_case, open_case, send_home
from mynapoint.case.queries import is_slip_printed_again
from mynapoint.case.rules import CaseName, CaseOver, CaseUnknown, Farewell, FormOutdated, Slip, Turn
from mynapoint.counter.away import find_away
from mynapoint.counter.case.beginning import PROOFS, WHY_NOT, Form, read_beginning
from mynapoint.counter.case.late import take_ticket
from mynapoint.counter.case.possible import get_hours, list_offered, resets_pins
from mynapoint.counter.case.scene import Scene, Stage, check_own_case, find_scene, get_own_scene
from mynapoint.counter.case.sentences import ENDS, LACKS, PIN_LACKS, TO_SAY, tell
from mynapoint.counter.desk import Desk, at_desk
from mynapoint.directory.queries import get_service, list_service_names
from mynapoint.draft.operations import begin_in_case, resume_in_case
from mynapoint.grace.operations import carry_over
from mynapoint.grace.queries import is_shown
from mynapoint.grace.rules import is_ticket_of_use, open_as_of
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.rules import WithinRenewalWait
from mynapoint.site.journey.typed import Mistaken, read_choice
from mynapoint.site.shell.limits import small_body
from mynapoint.site.shell.pages import get_served
from mynapoint.site.shell.refusals import Sentence, explain
from mynapoint.staff.rules import Role

P = ParamSpec("P")
OK: Final = 200
UNPROCESSABLE: Final = 422
LOOK_AGAIN_SECONDS: Final = 3
FORGET: Final = '"cache", "storage"'
"""What a browser drops at a case's end; cookies are the terminal's and the clerk's, and hold nothing of a citizen."""
_FORMS: Final = frozenset({Stage.CHOOSING, Stage.REFUSED, Stage.DONE})
at_work = at_desk(Role.CLERK, Role.SUPERVISOR)


def in_case(
    view: Callable[Concatenate[HttpRequest, Desk, Turn, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Let a form act on a case of this very terminal, and lead back to its page, with what stood against it."""

    @at_work
    @require_POST
    @small_body
    @wraps(view)
    def acting(request: HttpRequest, desk: Desk, /, case_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        turn = Turn(CaseName(desk.seat.counter, case_id), desk.seat.terminal)
        try:
            check_own_case(desk.seat, turn.case, at=settings.CLOCK())
            return view(request, desk, turn, *args, **kwargs)
        except CaseUnknown as refusal:
            return _show_start(request, desk, refusal=refusal)
        except Refusal as refusal:
            return show_case(request, desk, turn.case, refusal=refusal)

    return acting


@at_work
@require_safe
def start(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the terminal between two cases."""
    return _show_start(request, desk)


@at_work
@require_POST
@small_body
def begin_case(request: HttpRequest, desk: Desk) -> HttpResponse:
    """はじめる: open a case, or with a slip continue one; the form's own id makes one of a double click."""
    at, seat = settings.CLOCK(), desk.seat
    try:
        name = CaseName(seat.counter, UUID(request.POST.get("case", "")))
    except ValueError:
        return _show_start(request, desk, refusal=FormOutdated())
    opening: dict[str, Any] = {"user_id": desk.user_id, "closes_at": get_hours(seat.counter, at=at).calendar, "at": at}
    slip = request.POST.get("slip", "").strip()
    before = find_scene(seat, at=at)
    try:
        if before is not None and before.case.name != name:
            end_case(before.turn, "next_person", at=at)
        if slip:
            resume_in_case(paused := Slip.parse(slip), name, seat, **opening)
            carry_over(paused.id, name, at=at)
        else:
            open_case(name, seat, **opening)
    except Refusal as refusal:
        return _show_start(request, desk, refusal=refusal)
    return forget(_go_to(name))


@at_work
@require_safe
def case(request: HttpRequest, desk: Desk, case_id: UUID) -> HttpResponse:
    """Show a case as it stands."""
    try:
        return show_case(request, desk, CaseName(desk.seat.counter, case_id))
    except CaseUnknown as refusal:
        return _show_start(request, desk, refusal=refusal)


@at_work
@require_safe
def state(_request: HttpRequest, desk: Desk, case_id: UUID) -> HttpResponse:
    """Answer the page's script whether there is something else to see, and whether the case is about to end."""
    try:
        scene = get_own_scene(desk.seat, CaseName(desk.seat.counter, case_id), at=settings.CLOCK())
    except CaseUnknown:
        raise Http404 from None
    return JsonResponse({"mark": scene.mark, "is_warned": scene.is_warned})


@in_case
def begin_act(request: HttpRequest, desk: Desk, turn: Turn) -> HttpResponse:
    """Put a reservation or an application on the citizen's display."""
    at = settings.CLOCK()
    programme = get_served(at=at)
    as_of = take_ticket(request.POST, turn.case, programme, at=at)
    offered, _ = list_offered(desk.seat.counter, programme, at=open_as_of(programme, at=at))
    try:
        beginning = read_beginning(Form(request.POST, desk.seat.counter, programme, offered, at, as_of))
    except Mistaken as mistaken:
        return show_case(request, desk, turn.case, mistaken=mistaken)
    begin_in_case(turn, beginning, at=at)
    return _go_to(turn.case)


@in_case
def go_on(_request: HttpRequest, _desk: Desk, turn: Turn) -> HttpResponse:
    """続ける: somebody is still there."""
    continue_case(turn, at=settings.CLOCK())
    return _go_to(turn.case)


@in_case
def lack(request: HttpRequest, desk: Desk, turn: Turn) -> HttpResponse:
    """Send the citizen home for want of something, which is noted by its code."""
    try:
        missing = read_choice(request.POST, "lack", LACKS, wrong="足りないものを選んでください")
    except Mistaken as mistaken:
        return show_case(request, desk, turn.case, mistaken=mistaken)
    send_home(turn, missing, at=settings.CLOCK())
    return forget(_go_to(turn.case))


@in_case
def finish(_request: HttpRequest, _desk: Desk, turn: Turn) -> HttpResponse:
    """終わる: end the case, and call nobody yet; one that something else has ended is shown with what did."""
    reason: Farewell = "finished"
    over = end_case(turn, reason, at=settings.CLOCK()).ended
    if over is not None and over.reason != reason:
        raise CaseOver(reason=over.reason)
    return forget(HttpResponseRedirect(reverse("counter:desk")))


def show_case(
    request: HttpRequest,
    desk: Desk,
    name: CaseName,
    *,
    refusal: Refusal | None = None,
    mistaken: Mistaken | None = None,
) -> HttpResponse:
    """This will show a case with what can be done in it, and what stood against what was just wanted.

    :raises CaseUnknown: when the terminal has no such case.
    """
    at = settings.CLOCK()
    scene = get_own_scene(desk.seat, name, at=at)
    error = tell(refusal, at=at) if refusal else None
    status = error.status if error else UNPROCESSABLE if mistaken else OK
    context = {
        **_describe(scene, desk, request, at=at),
        "error": error,
        "wrong": mistaken.wrong if mistaken else {},
        "faults": mistaken.faults if mistaken else [],
    }
    shown = render(request, "counter/case/case.html", context, status=status)
    if status == OK and scene.stage not in _FORMS | {Stage.OVER}:
        shown["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return forget(shown) if scene.stage is Stage.OVER else shown


def _describe(scene: Scene, desk: Desk, request: HttpRequest, *, at: datetime) -> dict[str, Any]:
    programme = get_served(at=at)
    offered, others = list_offered(desk.seat.counter, programme, at=open_as_of(programme, at=at))
    return {
        "takes_ticket": is_ticket_of_use(programme, at=at),
        "ticket_shown": is_shown(scene.case.name),
        "desk": desk,
        "scene": scene,
        "programme": programme,
        "service": _find_service(scene, at=at),
        "typed": request.POST,
        "offered": offered,
        "others": [(one.service, WHY_NOT[one.why]) for one in others],
        "proofs": PROOFS,
        "lacks": LACKS,
        "ended": ENDS[scene.case.over.reason] if scene.case.over else "",
        "lacked": LACKS[scene.case.lack] if scene.case.lack else "",
        "refused": _explain_refused(scene, at=at),
        "resets_here": scene.case.lack in PIN_LACKS and resets_pins(desk.seat.counter, at=at),
        "come_again": _find_usable_from(scene),
        "next_kind": _find_next_kind(scene),
        "new_case": uuid4(),
        "slip_prints": is_slip_printed_again(scene.case.name, at=at),
        "can_pause": scene.case.has_card and not _is_all_done(scene),
        "to_say": TO_SAY[scene.case.lack] if scene.case.lack else "",
    }


def _is_all_done(scene: Scene) -> bool:
    """This will say whether nothing is left to come again for: the application is signed."""
    return scene.stage is Stage.DONE and scene.act is not None and scene.act.kind == "application"


def _find_next_kind(scene: Scene) -> str:
    """This will give the act that a practised clerk does next: after a reservation, the application."""
    if scene.act is None or scene.act.kind != "reservation":
        return scene.act.kind if scene.act else "reservation"
    code = scene.act.answer.code if scene.act.answer else ""
    return "application" if code in {"done", "already_reserved"} else "reservation"


def _find_service(scene: Scene, *, at: datetime) -> Any:
    chosen = scene.draft.answers.service if scene.draft else None
    return get_service(chosen, at=at) if chosen else None


def _find_usable_from(scene: Scene) -> str:
    """This will give from when a card can be used, when its certificate was renewed too short a time ago."""
    answer = scene.act.answer if scene.act else None
    return str(answer.data["open_from"]) if answer and answer.code == WithinRenewalWait.code else ""


def _explain_refused(scene: Scene, *, at: datetime) -> Sentence | None:
    answer = scene.act.answer if scene.act else None
    if answer is None or answer.is_done:
        return None
    return explain(answer.code, answer.data, names=list_service_names(at=at))


def _show_start(request: HttpRequest, desk: Desk, *, refusal: Refusal | None = None) -> HttpResponse:
    at = settings.CLOCK()
    error = tell(refusal, at=at) if refusal else None
    hours = get_hours(desk.seat.counter, at=at)
    context = {
        "desk": desk,
        "hours": hours,
        "is_open": hours.is_open(at=at),
        "scene": find_scene(desk.seat, at=at),
        "new_case": uuid4(),
        "error": error,
        "is_supervisor": Role.SUPERVISOR in desk.roles,
        "away": find_away(at=at),
        "resets_pins": resets_pins(desk.seat.counter, at=at),
    }
    return render(request, "counter/case/start.html", context, status=error.status if error else 200)


def _go_to(name: CaseName) -> HttpResponse:
    return HttpResponseRedirect(reverse("counter:case", kwargs={"case_id": name.id}))


def forget(answer: HttpResponse) -> HttpResponse:
    """This will have the browser forget what it has kept of the case (Clear Site Data, W3C)."""
    answer["Clear-Site-Data"] = FORGET
    return answer
