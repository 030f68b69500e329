"""What everybody at a counter sees: the board with the numbers that are called, and the entrance with its numbers."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mynapoint.booking.rules import UnableToBook, read_booking_code
from mynapoint.counter.stops import stop
from mynapoint.kernel.period import JST
from mynapoint.kernel.slip_code import SlipCode, group_code
from mynapoint.place.queries import find_place
from mynapoint.queue.operations import TakenNumber, take_number
from mynapoint.queue.queries import check_line_open, get_estimate, get_line, get_number
from mynapoint.queue.rules import NumberUnknown, UnableInLine
from mynapoint.signin.sessions import find_own_terminal
from mynapoint.site.paper.typesetting import PaperMissing, answer_pdf, draw_qr, typeset
from mynapoint.site.shell.limits import small_body
from mynapoint.site.shell.pages import get_served
from mynapoint.site.shell.refusals import explain
from mynapoint.site.visits.number import round_up
from mynapoint.staff.rules import Terminal

P = ParamSpec("P")
LOOK_AGAIN: Final = "5"
SHUT: Final = "30"
NEXT_SHOWN: Final = 8


@never_cache
@require_safe
def board(request: HttpRequest, counter_id: str) -> HttpResponse:
    """Show the numbers that are called and those that come next; the page looks again by itself."""
    at = settings.CLOCK()
    place = find_place(counter_id, at=at)
    if place is None or place.kind != "counter":
        raise Http404
    line = get_line(counter_id, at.astimezone(JST).date())
    waiting = line.list_waiting(at=at)
    context = {
        "place": place,
        "called": line.list_called(),
        "next": waiting[:NEXT_SHOWN],
        "waiting": len(waiting),
        "minutes": round_up(get_estimate(counter_id, line, before=len(waiting), at=at)),
    }
    answer = render(request, "counter/queue/board.html", context)
    answer["Refresh"] = LOOK_AGAIN
    return answer


def at_entrance(view: Callable[Concatenate[HttpRequest, Terminal, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in any browser that is a registered terminal; nobody signs in at an entrance."""

    @never_cache
    @small_body
    @wraps(view)
    def entered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        terminal = find_own_terminal(request, at=settings.CLOCK())
        if terminal is None:
            return stop(request, "no_terminal", status=403)
        return view(request, terminal, *args, **kwargs)

    return entered


@require_http_methods(["GET", "HEAD", "POST"])
@at_entrance
def entrance(request: HttpRequest, terminal: Terminal) -> HttpResponse:
    """Give out numbers: one button, or a booking's code."""
    at = settings.CLOCK()
    if request.method != "POST":
        return _show_entrance(request, terminal, at=at)
    typed = request.POST.get("booking", "").strip()
    try:
        booking = read_booking_code(typed.rstrip("/").rpartition("/")[2]) if typed else None
        taken = take_number(terminal.counter, booking=booking, at=at)
    except (UnableInLine, UnableToBook) as refusal:
        return _show_entrance(request, terminal, refusal=refusal, at=at)
    return HttpResponseRedirect(reverse("hall:slip", kwargs={"code": taken.code}))


@require_safe
@at_entrance
def slip(request: HttpRequest, terminal: Terminal, code: str) -> HttpResponse:
    """Show a number that was just taken, large, with its QR code; after a while the entrance is free again."""
    at = settings.CLOCK()
    try:
        view = get_number(terminal.counter, SlipCode(code), at=at)
    except NumberUnknown:
        return stop(request, "not_found", status=404)
    context = {"view": view, "terminal": terminal, "code": code, "minutes": round_up(view.turn_at - at)}
    answer = render(request, "counter/queue/slip.html", {**context, "qr": draw_qr(_find_link(terminal, code))})
    answer["Refresh"] = f"20; url={reverse('hall:entrance')}"
    return answer


@require_safe
@at_entrance
def slip_pdf(request: HttpRequest, terminal: Terminal, code: str) -> HttpResponse:
    """Answer the slip to print: number, time, place, QR code. No name."""
    at = settings.CLOCK()
    try:
        view = get_number(terminal.counter, SlipCode(code), at=at)
        taken = TakenNumber(
            terminal.counter, view.day, view.person.number, view.person.taken_at, view.person.slot_at, SlipCode(code)
        )
        return answer_pdf(typeset("number", _write(terminal, taken, at=at)), name=f"number-{taken.number}")
    except NumberUnknown:
        return stop(request, "not_found", status=404)
    except PaperMissing as refusal:
        return _show_entrance(request, terminal, refusal=refusal, at=at)


def _show_entrance(
    request: HttpRequest,
    terminal: Terminal,
    *,
    refusal: UnableInLine | UnableToBook | PaperMissing | None = None,
    at: datetime,
) -> HttpResponse:
    closed = None
    try:
        check_line_open(terminal.counter, at=at)
    except UnableInLine as known:
        closed = explain(known.code, known.data(), names={})
    error = explain(refusal.code, refusal.data(), names={}) if refusal else None
    line = get_line(terminal.counter, at.astimezone(JST).date())
    waiting = len(line.list_waiting(at=at))
    context = {
        "terminal": terminal,
        "closed": closed,
        "error": error,
        "waiting": waiting,
        "minutes": round_up(get_estimate(terminal.counter, line, before=waiting, at=at)),
    }
    answer = render(request, "counter/queue/entrance.html", context, status=error.status if error else 200)
    if closed:  # nobody types anything into it, and nobody comes to open it in the morning
        answer["Refresh"] = f"{SHUT}; url={reverse('hall:entrance')}"
    return answer


def _find_link(terminal: Terminal, code: str) -> str:
    return settings.SITE_ORIGIN + reverse("site:number", kwargs={"place_id": terminal.counter, "code": code})


def _write(terminal: Terminal, taken: TakenNumber, *, at: datetime) -> dict[str, object]:
    local = taken.taken_at.astimezone(JST)
    link = _find_link(terminal, taken.code)
    return {
        "title": f"番号札 {taken.number}",
        "lang": "ja",
        "footer": get_served(at=at).title.ja,
        **({"demo": "これは見本です。公式のものではありません。"} if settings.DEMO else {}),
        "number": str(taken.number),
        "place": terminal.counter_name,
        "time": f"{local:%Y年%-m月%-d日 %H:%M:%S}",
        "note": "呼ばれるまでお待ちください。順番はQRコードで見られます。",
        "note_en": "Please wait until this number is called. The QR code shows your place in line.",
        "code": group_code(taken.code),
        "qr": draw_qr(link),
        "qr_alt": "順番を見るページのQRコード",
    }
