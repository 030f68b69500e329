"""来庁予約: a day, a time, a check, a code; and with the code to look, to move, to cancel, to print."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from mynapoint.booking.operations import book, cancel, move
from mynapoint.booking.queries import BookingView, get_booking, list_days, list_slots
from mynapoint.booking.rules import BookingUnknown, UnableToBook, read_booking_code
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import SlipCode, group_code
from mynapoint.kernel.whence import find_address
from mynapoint.place.queries import find_place
from mynapoint.place.rules import Place
from mynapoint.site.shell.limits import form_page, small_body
from mynapoint.site.shell.pages import go_to, show, show_refused
from mynapoint.site.visits.addresses import read_time, write_time
from mynapoint.site.visits.brake import Brake, TooManyBookings
from mynapoint.site.waiting.gate import behind_gate

P = ParamSpec("P")
_BRAKE: Final = Brake()
_LONGEST_CODE: Final = 24


@never_cache
@require_safe
def days(request: HttpRequest, place_id: str) -> HttpResponse:
    """List the days of a counter that have a free place."""
    at = settings.CLOCK()
    place = _get_place(place_id, at=at)
    return show(request, "visits/days", at=at, place=place, days=list_days(place, at=at))


@never_cache
@require_safe
def times(request: HttpRequest, place_id: str, day: str) -> HttpResponse:
    """List the times of a day."""
    at = settings.CLOCK()
    return _show_times(request, _get_place(place_id, at=at), day, at=at)


# A booking binds nobody and needs no cookie: there is no request that another site could forge to any effect.
@csrf_exempt
@never_cache
@form_page
@small_body
@behind_gate
def slot(request: HttpRequest, place_id: str, day: str, clock: str) -> HttpResponse:
    """Show what is about to be booked; book it."""
    at = settings.CLOCK()
    place, starts_at = _get_place(place_id, at=at), _read(day, clock)
    if request.method != "POST":
        return show(request, "visits/slot", at=at, place=place, starts_at=starts_at, day=day)
    try:
        _BRAKE.take(_find_visitor(request), at=at)
        code = book(place.id, starts_at, at=at)
    except (UnableToBook, TooManyBookings) as refusal:
        return _show_times(request, place, day, refusal=refusal, at=at)
    return go_to(request, "booking", code=code)


@never_cache
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Find a booking by its code."""
    at = settings.CLOCK()
    if "code" not in request.GET:
        return show(request, "visits/find", at=at)
    try:
        code = read_booking_code(request.GET["code"])
        get_booking(code, at=at)
    except BookingUnknown as refusal:
        return _show_unknown(request, request.GET["code"], refusal, at=at)
    return go_to(request, "booking", code=code)


def for_booking(
    view: Callable[Concatenate[HttpRequest, SlipCode, BookingView, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Find the booking of an address for one of its pages, or say that there is none."""

    @csrf_exempt
    @never_cache
    @form_page
    @small_body
    @wraps(view)
    def found(request: HttpRequest, /, code: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        at = settings.CLOCK()
        try:
            booking = get_booking(SlipCode(code), at=at)
        except BookingUnknown as refusal:
            return _show_unknown(request, code, refusal, at=at)
        return view(request, SlipCode(code), booking, *args, **kwargs)

    return found


@for_booking
def booking(request: HttpRequest, code: SlipCode, found: BookingView) -> HttpResponse:
    """Show a booking, with its code to note down."""
    return show(request, "visits/booking", at=settings.CLOCK(), **describe(code, found))


@for_booking
def change(request: HttpRequest, code: SlipCode, found: BookingView) -> HttpResponse:
    """List the days to which a booking can be moved."""
    at = settings.CLOCK()
    place = _get_place(found.counter, at=at)
    return show(request, "visits/days", at=at, days=list_days(place, at=at), **describe(code, found))


@for_booking
def change_day(request: HttpRequest, code: SlipCode, found: BookingView, day: str) -> HttpResponse:
    """List the times of a day to which it can be moved."""
    at = settings.CLOCK()
    return _show_times(request, _get_place(found.counter, at=at), day, at=at, **describe(code, found))


@for_booking
def change_slot(request: HttpRequest, code: SlipCode, found: BookingView, day: str, clock: str) -> HttpResponse:
    """Show where a booking is about to be moved; move it."""
    at, starts_at = settings.CLOCK(), _read(day, clock)
    if request.method != "POST":
        return show(request, "visits/slot", at=at, starts_at=starts_at, day=day, **describe(code, found))
    try:
        move(code, starts_at, at=at)
    except UnableToBook as refusal:
        return _refuse(request, code, refusal, at=at)
    return go_to(request, "booking", code=code)


@for_booking
def give_back(request: HttpRequest, code: SlipCode, found: BookingView) -> HttpResponse:
    """Ask once more; cancel a booking."""
    at = settings.CLOCK()
    if request.method != "POST":
        return show(request, "visits/cancel", at=at, **describe(code, found))
    try:
        cancel(code, at=at)
    except UnableToBook as refusal:
        return _refuse(request, code, refusal, at=at)
    return go_to(request, "booking", code=code)


def describe(code: SlipCode, found: BookingView) -> dict[str, Any]:
    """This will give what every page of a booking shows."""
    place = find_place(found.counter, at=settings.CLOCK())
    return {"code": code, "shown_code": group_code(code), "booking": found, "place": place}


def _show_unknown(request: HttpRequest, typed: str, refusal: BookingUnknown, *, at: datetime) -> HttpResponse:
    """Ask for the code again, with what was typed to be mended."""
    shown = "".join(filter(str.isprintable, typed))[:_LONGEST_CODE]
    return show_refused(request, "visits/find", refusal, at=at, anchor="code", typed=shown)


def _show_times(
    request: HttpRequest, counter: Place, day: str, /, *, refusal: Refusal | None = None, at: datetime, **more: Any
) -> HttpResponse:
    slots = [(one, write_time(one.period.start)["clock"]) for one in list_slots(counter, day=_read_day(day), at=at)]
    context: dict[str, Any] = {"place": counter, "day": day, "date": _read_day(day), "slots": slots} | more
    if refusal is not None:
        return show_refused(request, "visits/times", refusal, at=at, **context)
    return show(request, "visits/times", at=at, **context)


def _refuse(request: HttpRequest, code: SlipCode, refusal: Refusal, *, at: datetime) -> HttpResponse:
    return show_refused(request, "visits/booking", refusal, at=at, **describe(code, get_booking(code, at=at)))


def _get_place(place_id: str, *, at: datetime) -> Place:
    place = find_place(place_id, at=at)
    if place is None or place.kind != "counter" or place.slots is None:
        raise Http404
    return place


def _read(day: str, clock: str) -> datetime:
    starts_at = read_time(day, clock)
    if starts_at is None:
        raise Http404
    return starts_at


def _read_day(day: str) -> date:
    return date.fromisoformat(day)


def _find_visitor(request: HttpRequest) -> str:
    meta = request.META
    forwarded = meta.get("HTTP_X_FORWARDED_FOR", "")
    return find_address(meta.get("REMOTE_ADDR", ""), forwarded=forwarded, proxies=settings.PROXIES)
