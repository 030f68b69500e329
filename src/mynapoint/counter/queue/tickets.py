"""猶予票: tickets for those who stand in line when a window is about to end, printed for all of them at once."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from mynapoint.counter.desk import Desk, at_desk
from mynapoint.counter.queue.sentences import STATES, tell
from mynapoint.grace.operations import SERVED, Issued, issue
from mynapoint.grace.queries import list_graced, list_open
from mynapoint.grace.rules import NoGrace
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import group_code
from mynapoint.programme.rules import Programme
from mynapoint.queue.queries import get_line
from mynapoint.queue.rules import NumberUnknown
from mynapoint.site.paper.typesetting import answer_pdf, draw_qr, typeset
from mynapoint.site.shell.dates import format_time
from mynapoint.site.shell.limits import small_body
from mynapoint.site.shell.pages import get_served
from mynapoint.staff.rules import Role

MOST_AT_ONCE = 200


@at_desk(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
@small_body
def tickets(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List a day's numbers that were not served; print a ticket for each that is chosen."""
    at = settings.CLOCK()
    day = _read_day(request, at=at)
    if request.method != "POST":
        return _show(request, desk, day)
    try:
        programme = get_served(at=at)
        numbers = _read_numbers(request)
        issued = [
            issue(desk.seat.counter, day, number, programme_id=programme.id, user_id=desk.user_id, at=at)
            for number in numbers
        ]
        pdf = typeset("grace", _write(desk, programme, issued, at=at))
    except Refusal as refusal:
        return _show(request, desk, day, refusal=refusal)
    return answer_pdf(pdf, name="mynapoint-grace")


def _show(request: HttpRequest, desk: Desk, day: date, *, refusal: Refusal | None = None) -> HttpResponse:
    at = settings.CLOCK()
    programme = get_served(at=at)
    people = sorted(get_line(desk.seat.counter, day).people.values(), key=lambda one: one.number)
    graced = list_graced(desk.seat.counter, day, programme_id=programme.id)
    error = tell(refusal, at=at) if refusal else None
    context: dict[str, Any] = {
        "desk": desk,
        "day": day,
        "error": error,
        "programme": programme,
        "days": programme.grace.days if programme.grace else None,
        "last_day": _find_last_day(programme),
        "open": list_open(desk.seat.counter, programme, at=at) if programme.grace else [],
        "people": [(one, STATES[one.state], graced.get(one.number)) for one in people if one.state not in SERVED],
    }
    return render(request, "counter/queue/tickets.html", context, status=error.status if error else 200)


def _find_last_day(programme: Programme) -> date | None:
    if programme.grace is None:
        return None
    end = programme.application.until + timedelta(days=programme.grace.days)
    return (end - timedelta.resolution).astimezone(JST).date()


def _read_day(request: HttpRequest, *, at: datetime) -> date:
    """Read which day's line is meant; what is none is today's."""
    try:
        return date.fromisoformat(request.POST.get("day", "") or request.GET.get("day", ""))
    except ValueError:
        return at.astimezone(JST).date()


def _read_numbers(request: HttpRequest) -> list[int]:
    """Read the numbers that are ticked.

    :raises NumberUnknown: when there is none, or something else among them.
    """
    typed = request.POST.getlist("number")[:MOST_AT_ONCE]
    if not typed or not all(one.isdecimal() and len(one) <= 4 for one in typed):
        raise NumberUnknown
    return [int(one) for one in typed]


def _write(desk: Desk, programme: Programme, issued: list[Issued], *, at: datetime) -> dict[str, object]:
    last_day, counters = _find_last_day(programme), list_open(desk.seat.counter, programme, at=at)
    if last_day is None:
        raise NoGrace
    where = [["手続できる窓口", f"{one.name.ja} ({format_time(opens)} から)"] for one, opens in counters]
    return {
        "title": "猶予票",
        "lang": "ja",
        "footer": programme.title.ja,
        **({"demo": "これは見本です。公式のものではありません。"} if settings.DEMO else {}),
        "lead": f"{last_day.year}年{last_day.month}月{last_day.day}日まで、この市区町村の窓口で手続できます。",
        "note": "予約と申込を一回ずつ、一人の方のカードでできます。この紙とカードを窓口で出してください。",
        "qr_alt": "猶予票のコードのQRコード",
        "tickets": [
            {
                "number": str(one.number),
                "rows": [
                    ["窓口", desk.seat.counter_name],
                    ["取った時刻", format_time(one.stood_at)],
                    ["コード", group_code(one.code)],
                    *where,
                ],
                "qr": draw_qr(group_code(one.code)),
            }
            for one in issued
        ],
    }
