"""When to come again: somebody whose certificate was renewed a moment ago is told the first time that helps."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mynapoint.counter.desk import Desk
from mynapoint.counter.queue.work import at_work
from mynapoint.place.queries import find_place
from mynapoint.place.rules import Place, open_from
from mynapoint.site.paper.typesetting import PaperMissing, answer_pdf, draw_qr, typeset
from mynapoint.site.shell.dates import format_time
from mynapoint.site.shell.pages import get_served


@dataclass(frozen=True)
class Return:
    """From when the card can be used, and from when this counter is open then; None when it never is again."""

    usable_from: datetime
    open_from: datetime | None
    place: Place


@at_work
@require_safe
def again(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show when to come again."""
    return render(request, "counter/queue/again.html", {"desk": desk, "come": _find_return(request, desk)})


@at_work
@require_safe
def again_pdf(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Answer the same as a slip to print."""
    come = _find_return(request, desk)
    try:
        return answer_pdf(typeset("slip", _write(come)), name="mynapoint-come-again")
    except PaperMissing:
        return render(request, "counter/queue/again.html", {"desk": desk, "come": come, "is_missing": True}, status=503)


def _find_return(request: HttpRequest, desk: Desk) -> Return:
    at, place = settings.CLOCK(), find_place(desk.seat.counter, at=settings.CLOCK())
    try:
        usable_from = datetime.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        raise Http404 from None
    if usable_from.tzinfo is None or place is None:
        raise Http404
    return Return(usable_from, open_from(place, at=max(usable_from, at)), place)


def _write(come: Return) -> dict[str, object]:
    place, link = come.place, f"{settings.SITE_ORIGIN}/places/{come.place.id}/"
    opens = (
        f"{format_time(come.open_from)} から"
        if come.open_from
        else "この窓口は終わります。ほかの窓口にお越しください。"
    )
    where = [words.ja for words in (place.name, place.address, place.building, place.floor) if words]
    return {
        "title": "もう一度お越しください",
        "lang": "ja",
        "footer": get_served(at=settings.CLOCK()).title.ja,
        **({"demo": "これは見本です。公式のものではありません。"} if settings.DEMO else {}),
        "lead": "電子証明書を更新したばかりのため、まだ手続できません。",
        "rows": [
            ["カードを使える時", f"{format_time(come.usable_from)} から"],
            ["手続できる時", opens],
            ["場所", " ".join(where)],
            ["持ち物", "マイナンバーカード、暗証番号(数字4けた)、決済サービスで使うもの"],
        ],
        "note": "この紙に名前はありません。窓口で見せる必要もありません。",
        "qr": draw_qr(link),
        "qr_alt": "窓口のページのQRコード",
        "token": link,
    }
