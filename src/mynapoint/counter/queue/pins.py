"""暗証番号の再設定: two members of staff say who somebody is, each under their own name; then the order is shown."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID, uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mynapoint.counter.case.possible import resets_pins
from mynapoint.counter.desk import Desk, at_desk
from mynapoint.counter.queue.sentences import DOCUMENTS, tell
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import group_code
from mynapoint.pinreset.operations import check_identity, end_reset, get_order, open_reset
from mynapoint.pinreset.queries import get_reset, list_resets
from mynapoint.pinreset.rules import CHECKS, Outcome, ResetUnknown
from mynapoint.site.journey.typed import Mistaken, read_choice
from mynapoint.site.shell.limits import small_body
from mynapoint.staff.rules import Role

P = ParamSpec("P")
OUTCOMES: dict[Outcome, str] = {"done": "再設定できました", "failed": "再設定できませんでした", "given_up": "やめます"}
at_work = at_desk(Role.CLERK, Role.SUPERVISOR)


def where_helped(view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let pass only at a counter that resets PINs, as its announced text says."""

    @at_work
    @wraps(view)
    def helped(request: HttpRequest, desk: Desk, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not resets_pins(desk.seat.counter, at=settings.CLOCK()):
            raise Http404
        return view(request, desk, *args, **kwargs)

    return helped


@where_helped
@require_http_methods(["GET", "HEAD", "POST"])
@small_body
def resets(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the resets under way at this counter; begin one."""
    at = settings.CLOCK()
    if request.method == "POST":
        try:
            name = UUID(request.POST.get("reset", ""))
        except ValueError:
            raise Http404 from None
        open_reset(desk.seat.counter, name, user_id=desk.user_id, at=at)
        return _go_to(name)
    listed = list_resets(desk.seat.counter, at.astimezone(JST).date(), at=at)
    context = {"desk": desk, "resets": listed, "new_reset": uuid4(), "checks": CHECKS}
    return render(request, "counter/queue/pins.html", context)


@where_helped
@require_safe
def reset(request: HttpRequest, desk: Desk, reset_id: UUID) -> HttpResponse:
    """Show a reset: who checks next, or the order."""
    return _show(request, desk, reset_id)


@where_helped
@require_POST
@small_body
def check(request: HttpRequest, desk: Desk, reset_id: UUID) -> HttpResponse:
    """Note that this member of staff has seen who somebody is."""
    try:
        document = read_choice(request.POST, "document", DOCUMENTS, wrong="見た書類の種類を選んでください")
        check_identity(desk.seat.counter, reset_id, document, user_id=desk.user_id, at=settings.CLOCK())
    except Mistaken as mistaken:
        return _show(request, desk, reset_id, mistaken=mistaken)
    except Refusal as refusal:
        return _show(request, desk, reset_id, refusal=refusal)
    return _go_to(reset_id)


@where_helped
@require_POST
@small_body
def end(request: HttpRequest, desk: Desk, reset_id: UUID) -> HttpResponse:
    """Note how it ended."""
    try:
        outcome = read_choice(request.POST, "outcome", OUTCOMES, wrong="結果を選んでください")
        end_reset(desk.seat.counter, reset_id, outcome, user_id=desk.user_id, at=settings.CLOCK())
    except Mistaken as mistaken:
        return _show(request, desk, reset_id, mistaken=mistaken)
    except Refusal as refusal:
        return _show(request, desk, reset_id, refusal=refusal)
    return HttpResponseRedirect(reverse("counter:pins"))


def _show(
    request: HttpRequest,
    desk: Desk,
    reset_id: UUID,
    *,
    refusal: Refusal | None = None,
    mistaken: Mistaken | None = None,
) -> HttpResponse:
    at = settings.CLOCK()
    try:
        found = get_reset(desk.seat.counter, reset_id)
    except ResetUnknown:
        raise Http404 from None
    error = tell(refusal, at=at) if refusal else None
    order = get_order(desk.seat.counter, reset_id, at=at) if found.is_ordered(at=at) else None
    context = {
        "desk": desk,
        "reset": found,
        "is_over": found.is_over(at=at),
        "is_mine": any(one.user_id == desk.user_id for one in found.checks),
        "documents": DOCUMENTS,
        "outcomes": OUTCOMES,
        "order": group_code(order) if order else None,
        "checks": CHECKS,
        "error": error,
        "wrong": mistaken.wrong if mistaken else {},
        "faults": mistaken.faults if mistaken else [],
    }
    status = error.status if error else 422 if mistaken else 200
    return render(request, "counter/queue/pin.html", context, status=status)


def _go_to(reset_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("counter:pin", kwargs={"reset_id": reset_id}))
