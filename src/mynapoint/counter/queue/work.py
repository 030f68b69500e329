"""The clerk's side of the line: call the next number, say that nobody came, see who waits and who has booked."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from mynapoint.booking.queries import list_booked
from mynapoint.case.queries import list_busy_terminals
from mynapoint.counter.desk import Desk, at_desk
from mynapoint.counter.queue.sentences import BOOKING_STATES, STATES, tell
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.queue.operations import call_next, call_number, report_absent
from mynapoint.queue.queries import get_estimate, get_line
from mynapoint.queue.rules import NumberUnknown
from mynapoint.site.shell.limits import small_body
from mynapoint.site.visits.number import round_up
from mynapoint.staff.rules import Role

P = ParamSpec("P")
LONGEST_NUMBER = 4
at_work = at_desk(Role.CLERK, Role.SUPERVISOR)


def in_line(view: Callable[Concatenate[HttpRequest, Desk, P], None]) -> Callable[..., HttpResponse]:
    """Let a form act on the line, and lead back to its page, with what stood against it."""

    @at_work
    @require_POST
    @small_body
    @wraps(view)
    def acting(request: HttpRequest, desk: Desk, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            view(request, desk, *args, **kwargs)
        except Refusal as refusal:
            return _show(request, desk, refusal=refusal)
        return HttpResponseRedirect(reverse("counter:line"))

    return acting


@at_work
@require_safe
def line(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show today's line, and whom this terminal has called."""
    return _show(request, desk)


@in_line
def next_number(request: HttpRequest, desk: Desk) -> None:
    """次の番号を呼ぶ."""
    after = _read_number(request.POST.get("after", ""))
    call_next(desk.seat, after=after, user_id=desk.user_id, at=settings.CLOCK())


@in_line
def one_number(request: HttpRequest, desk: Desk) -> None:
    """番号を指定して呼ぶ: somebody who came back, or cannot wait."""
    number, after = (_read_number(request.POST.get(name, "")) for name in ("number", "after"))
    call_number(desk.seat, number, after=after, user_id=desk.user_id, at=settings.CLOCK())


@in_line
def absent(request: HttpRequest, desk: Desk) -> None:
    """来ていない."""
    number = _read_number(request.POST.get("number", ""))
    report_absent(desk.seat, number, user_id=desk.user_id, at=settings.CLOCK())


def _show(request: HttpRequest, desk: Desk, *, refusal: Refusal | None = None) -> HttpResponse:
    error = tell(refusal, at=settings.CLOCK()) if refusal else None
    return render(
        request,
        "counter/queue/line.html",
        {**_describe(desk), "desk": desk, "error": error, "is_supervisor": Role.SUPERVISOR in desk.roles},
        status=error.status if error else 200,
    )


def _describe(desk: Desk) -> dict[str, Any]:
    at, counter = settings.CLOCK(), desk.seat.counter
    today = get_line(counter, at.astimezone(JST).date())
    waiting = today.list_waiting(at=at)
    mine = today.find_called(desk.seat.terminal)
    people = sorted(today.people.values(), key=lambda one: one.number)
    booked = list_booked(counter, at.astimezone(JST).date(), at=at)
    return {
        "new_case": uuid4(),
        "mine": mine,
        "is_met": bool(mine and mine.called_at and _has_begun(desk, since=mine.called_at, at=at)),
        "after": today.count_calls(desk.seat.terminal),
        "waiting": waiting,
        "minutes": round_up(get_estimate(counter, today, before=len(waiting), at=at)),
        "others": [(one, STATES[one.state]) for one in people if one.state != "waits"],
        "booked": [(one, BOOKING_STATES[one.state]) for one in booked],
        "board": reverse("hall:board", kwargs={"counter_id": counter}),
    }


def _has_begun(desk: Desk, *, since: datetime, at: datetime) -> bool:
    """Say whether a case was begun at the terminal since it called somebody."""
    return desk.seat.terminal in list_busy_terminals(desk.seat.counter, since=since, at=at)


def _read_number(typed: str) -> int:
    """Read a number as somebody types it.

    :raises NumberUnknown: when it is none.
    """
    if not typed.strip().isdecimal() or len(typed.strip()) > LONGEST_NUMBER:
        raise NumberUnknown
    return int(typed)
