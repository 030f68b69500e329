"""What is printed at a counter: the receipt, and the slip with which a paused case goes on."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from mynapoint.case.operations import print_slip_again
from mynapoint.case.queries import list_slips
from mynapoint.case.rules import CaseName, CaseOver, CaseUnknown, Slip, Turn
from mynapoint.counter.case.scene import Scene, Stage, get_own_scene
from mynapoint.counter.case.sentences import tell
from mynapoint.counter.case.work import at_work, forget, in_case, show_case
from mynapoint.counter.desk import Desk
from mynapoint.draft.operations import pause_in_case
from mynapoint.kernel.refusal import Refusal
from mynapoint.site.journey.receipts import write_receipt
from mynapoint.site.mine.holdings import list_deeds
from mynapoint.site.paper.typesetting import PaperMissing, answer_pdf, draw_qr, typeset
from mynapoint.site.shell.dates import format_time
from mynapoint.site.shell.limits import small_body
from mynapoint.site.shell.pages import get_served
from mynapoint.site.shell.words import get_words

SLIP_LIVES: Final = timedelta(days=14)
"""How long somebody has to come again with what was missing."""


@in_case
def pause(_request: HttpRequest, _desk: Desk, turn: Turn) -> HttpResponse:
    """中断: end the case, and print the slip."""
    at = settings.CLOCK()
    _check_letters()
    until = at + SLIP_LIVES
    return forget(_print_slip(pause_in_case(turn, expires_at=until, at=at), until=until, at=at))


@at_work
@require_safe
def slips(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show which slips of this counter can be printed again."""
    return _show_slips(request, desk)


@at_work
@require_POST
@small_body
def slip(request: HttpRequest, desk: Desk, case_id: UUID) -> HttpResponse:
    """Print a slip again, which got stuck in the printer: the very same one."""
    at = settings.CLOCK()
    try:
        _check_letters()
        printed, until = print_slip_again(CaseName(desk.seat.counter, case_id), at=at)
    except Refusal as refusal:
        return _show_slips(request, desk, refusal=refusal)
    return _print_slip(printed, until=until, at=at)


@at_work
@require_safe
def receipt(request: HttpRequest, desk: Desk, case_id: UUID) -> HttpResponse:
    """Print the receipt of what was just done, as long as the case is open."""
    at, name = settings.CLOCK(), CaseName(desk.seat.counter, case_id)
    try:
        scene = get_own_scene(desk.seat, name, at=at)
    except CaseUnknown:
        raise Http404 from None
    if scene.case.over:
        return show_case(request, desk, name, refusal=CaseOver(reason=scene.case.over.reason))
    if scene.stage is not Stage.DONE:
        raise Http404
    try:
        return answer_pdf(_set_receipt(request, scene), name="mynapoint-receipt")
    except PaperMissing as refusal:
        return _show_missing(request, desk, name, refusal)


def _set_receipt(request: HttpRequest, scene: Scene) -> bytes:
    assert scene.act is not None
    assert scene.act.answer is not None
    answer = scene.act.answer
    assert answer.holder_id is not None, "a done act has its holder"
    deed = next(deed for deed in list_deeds(answer.holder_id) if deed.number == answer.entry_id)
    return typeset("receipt", write_receipt(request, scene.act, answer.holder_id, deed))


def _show_missing(request: HttpRequest, desk: Desk, name: CaseName, refusal: Refusal) -> HttpResponse:
    return show_case(request, desk, name, refusal=refusal)


def _check_letters() -> None:
    """Check that the slip can be printed before the case is ended for it.

    :raises PaperMissing: when this machine has no Japanese letters.
    """
    at = settings.CLOCK()
    typeset("slip", _write_slip(Slip(id=UUID(int=0), secret=bytes(16)), until=at, at=at))


def _show_slips(request: HttpRequest, desk: Desk, *, refusal: Refusal | None = None) -> HttpResponse:
    at = settings.CLOCK()
    error = tell(refusal, at=at) if refusal else None
    context = {"desk": desk, "slips": list_slips(desk.seat.counter, at=at), "error": error}
    return render(request, "counter/case/slips.html", context, status=error.status if error else 200)


def _print_slip(slip: Slip, *, until: datetime, at: datetime) -> HttpResponse:
    return answer_pdf(typeset("slip", _write_slip(slip, until=until, at=at)), name="mynapoint-slip")


def _write_slip(slip: Slip, *, until: datetime, at: datetime) -> dict[str, object]:
    words = get_words()
    return {
        "title": words.say("counter.slip.title"),
        "lang": "ja",
        "footer": get_served(at=at).title.ja,
        **({"demo": words.say("shell.demo")} if settings.DEMO else {}),
        "lead": words.say("counter.slip.lead"),
        "rows": [
            [words.say("counter.slip.until"), format_time(until)],
            [words.say("counter.slip.bring"), words.say("counter.slip.bring_card")],
        ],
        "note": words.say("counter.slip.note"),
        "qr": draw_qr(slip.token),
        "qr_alt": words.say("counter.slip.qr"),
        "token": slip.token,
    }
