"""The gate: whoever begins passes it, in the order in which they came."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from threading import Lock
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from mynapoint.entrance.operations import change, draw, using_ticket
from mynapoint.entrance.queries import find_way, get_admission
from mynapoint.entrance.rules import (
    AGAIN,
    Admission,
    AdmissionChangedMeanwhile,
    Arrivals,
    Ticket,
    TicketNumber,
    TicketUsed,
    decide,
)
from mynapoint.site.shell.limits import check_fields
from mynapoint.site.shell.pages import go_to, show
from mynapoint.site.waiting.tickets import FIELD, HeldTicket, find_held, hand_out, keep, take_back

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
_ARRIVALS: Final = Arrivals()
_LOCK: Final = Lock()


def behind_gate(view: View[P]) -> View[P]:
    """Let a form of this view begin something only when it is its visitor's turn.

    For views whose POST begins a way to an act, or proposes one that no such way led to. The address must say all that
    the beginning needs: after waiting, a button posts to it with nothing but the ticket, and a form with
    any other field is refused. What a view refuses (an answer from 400 on) has begun nothing, and leaves the ticket as
    it was. Put it below `small_body`.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        check_fields(request, FIELD)
        at = settings.CLOCK()
        held = find_held(request, at=at)
        if held is not None:
            standing = get_admission().get_standing(held.ticket.number, at=at)
            if standing == "waits":
                return _to_line(request, held)
            if standing == "passes":
                return _begin(request, held, lambda: view(request, *args, **kwargs), at=at)
        number, admission = _arrive(at=at)
        if admission.get_standing(number, at=at) == "waits":
            return _to_line(request, hand_out(Ticket(number=number, drawn_at=at), request))
        return view(request, *args, **kwargs)

    return guarded


def _arrive(*, at: datetime) -> tuple[TicketNumber, Admission]:
    """Draw a number, and open or close the waiting room when that is due."""
    number, admission = draw()
    with _LOCK:
        arriving = _ARRIVALS.note(number, at=at)
    changed = decide(admission, number=number, arriving=arriving, limits=settings.WAITING_ROOM, at=at)
    if changed is None:
        return number, admission
    try:
        change(changed)
    except AdmissionChangedMeanwhile:
        return number, get_admission()
    return number, changed


def _begin(request: HttpRequest, held: HeldTicket, view: Callable[[], HttpResponse], *, at: datetime) -> HttpResponse:
    """Begin with a ticket: once, and a second click comes to where the first one led."""
    try:
        with using_ticket(held.ticket.number, at=at) as beginning:
            answer = view()
            if answer.status_code >= 400:
                beginning.fails()
            else:
                beginning.leads(held.seal_way(answer.get("Location", request.path)))
                take_back(answer)
            return answer
    except TicketUsed:
        way = held.open_way(find_way(held.ticket.number, since=at - AGAIN))
        if way is not None:
            return HttpResponseRedirect(way)
        answer = show(request, "waiting/used", at=at, status=409, begin=request.path)
        take_back(answer)
        return answer


def _to_line(request: HttpRequest, held: HeldTicket) -> HttpResponse:
    answer = go_to(request, "line", ticket=held.text)
    keep(answer, held)
    return answer
