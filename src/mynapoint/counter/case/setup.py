"""Setting up a terminal: the addresses of its second window and of its card program; and keeping a counter open."""

from datetime import datetime, timedelta
from typing import Final, get_args
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from mynapoint.case.operations import extend_counter
from mynapoint.case.rules import ExtensionReason, check_extension
from mynapoint.counter.case.links import find_addresses
from mynapoint.counter.case.possible import Hours, get_hours
from mynapoint.counter.case.sentences import tell
from mynapoint.counter.case.work import at_work
from mynapoint.counter.desk import Desk, at_desk
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.typed_time import read_clock
from mynapoint.site.journey.typed import Mistaken, read_choice
from mynapoint.staff.rules import Role

REASONS: Final[dict[ExtensionReason, str]] = {
    "people_waiting": "待っている方がいる",
    "disruption": "システムや機器が止まっていた",
    "instructed": "上からの指示",
}
_STEP: Final = timedelta(minutes=30)
_MINUTE: Final = timedelta(minutes=1)
_LONG: Final = timedelta(hours=3)
"""Whoever wants a counter open for longer than this beyond its calendar is asked whether they meant it."""
assert set(REASONS) == set(get_args(ExtensionReason))


@at_work
@require_safe
def terminal(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show where the terminal's second window and its card program find the site."""
    addresses = find_addresses(UUID(desk.seat.terminal), at=settings.CLOCK())
    if addresses is None:
        raise Http404
    context = {"desk": desk, "addresses": addresses, "origin": settings.SITE_ORIGIN}
    return render(request, "counter/case/terminal.html", context)


@at_desk(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: HttpRequest, desk: Desk) -> HttpResponse:
    """延長: keep the counter open longer today, with a reason, which goes into the journal.

    Much longer than its calendar says is asked back, for it may be mistyped.
    """
    at = settings.CLOCK()
    if request.method != "POST":
        return _show_extension(request, desk)
    hours = get_hours(desk.seat.counter, at=at)
    try:
        reason = read_choice(request.POST, "reason", REASONS, wrong="理由を選んでください")
        until = _read_until(request, hours, at=at)
        # Nobody is asked back about a time that cannot be had; the operation itself decides.
        check_extension(until, standing=hours.closing, at=at)
        longer = until - (hours.usual or at)
        if longer > _LONG and request.POST.get("sure") != f"{until:%H:%M}":
            return _ask_back(request, desk, hours, until=until, longer=longer, reason=reason)
        extend_counter(
            desk.seat.counter,
            until=until,
            reason=reason,
            user_id=desk.user_id,
            closes_at=hours.calendar,
            at=at,
        )
    except Mistaken as mistaken:
        return _show_extension(request, desk, status=422, wrong=mistaken.wrong, faults=mistaken.faults)
    except Refusal as refusal:
        error = tell(refusal, at=at)
        return _show_extension(request, desk, status=error.status, error=error)
    return HttpResponseRedirect(reverse("counter:desk"))


def _ask_back(
    request: HttpRequest, desk: Desk, hours: Hours, *, until: datetime, longer: timedelta, reason: ExtensionReason
) -> HttpResponse:
    context = {"desk": desk, "hours": hours, "until": until, "minutes": longer // _MINUTE, "reason": reason}
    return render(request, "counter/case/extend_sure.html", context)


def _show_extension(request: HttpRequest, desk: Desk, *, status: int = 200, **more: object) -> HttpResponse:
    at = settings.CLOCK()
    hours = get_hours(desk.seat.counter, at=at)
    context = {
        "desk": desk,
        "hours": hours,
        "is_open": hours.is_open(at=at),
        "example": _find_example(hours, at=at),
        "reasons": REASONS,
        "typed": request.POST,
        **more,
    }
    return render(request, "counter/case/extend.html", context, status=status)


def _read_until(request: HttpRequest, hours: Hours, *, at: datetime) -> datetime:
    """Read a time of today.

    :raises Mistaken: when it is none.
    """
    try:
        typed = read_clock(request.POST.get("until", ""))
    except ValueError:
        example = format(_find_example(hours, at=at), "%H:%M")
        raise Mistaken({"until": f"何時まで延長するかを、{example} のような形で入れてください"}) from None
    return datetime.combine(at.astimezone(JST).date(), typed, JST)


def _find_example(hours: Hours, *, at: datetime) -> datetime:
    """Return a time that can be typed today: half an hour after the closing, or from now when it has closed before."""
    end = max(hours.closing or at, at).astimezone(JST)
    half = end.replace(minute=0, second=0, microsecond=0) + _STEP * (end.minute // 30 + 1)
    return half if half.date() == end.date() else end.replace(hour=23, minute=59)
