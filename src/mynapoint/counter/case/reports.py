"""What a terminal's card program reports every few seconds: that a card lies there, which, or that none does."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mynapoint.case.operations import continue_case, report_card, report_removal
from mynapoint.case.queries import find_open_case
from mynapoint.case.rules import CaseOver, Fingerprint, Seat, Turn
from mynapoint.counter.case.links import find_seat
from mynapoint.site.shell.limits import small_body
from paymentservice.encoding import NotBase64Url, from_base64url
from paymentservice.problems import CONTENT_TYPE, Problem, problem_body

FINGERPRINT_BYTES = 32
LONGEST_LYING = 1e9


class CardReport(BaseModel):
    """The card's fingerprint (base64url) or null, and whether its holder pressed anything since the last report.

    `lying_seconds` is for how long it has lain there; null when it was there before the program looked.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    card: str | None = Field(max_length=64)
    is_active: bool = False
    lying_seconds: float | None = Field(None, ge=0, le=LONGEST_LYING)


# The address is the terminal's secret; no cookie takes part.
@csrf_exempt
@require_POST
@small_body
def report(request: HttpRequest, token: str) -> HttpResponse:
    """Take a report. It is never told what became of it: the card program has nothing to do with cases."""
    at = settings.CLOCK()
    seat = find_seat(token, "card", at=at)
    if seat is None:
        return _refuse(404, "terminal_unknown", "この端末は登録されていません", "市の管理者に確かめてください。")
    try:
        said = CardReport.model_validate_json(request.body)
        card = None if said.card is None else from_base64url(said.card, length=FINGERPRINT_BYTES)
    except (ValidationError, NotBase64Url):
        return _refuse(400, "report_malformed", "報告を読めません", "カードのプログラムを新しくしてください。")
    if card is None:
        report_removal(seat.counter, seat.terminal, at=at)
        return HttpResponse(status=204)
    put_down_at = None if said.lying_seconds is None else at - timedelta(seconds=said.lying_seconds)
    report_card(seat.counter, seat.terminal, Fingerprint(card), put_down_at=put_down_at, at=at)
    if said.is_active:
        _go_on(seat)
    return HttpResponse(status=204)


def _go_on(seat: Seat) -> None:
    """Whoever types a PIN is there."""
    at = settings.CLOCK()
    case = find_open_case(seat.counter, seat.terminal, at=at)
    if case is None:
        return
    try:
        continue_case(Turn(case.name, seat.terminal), at=at)
    except CaseOver:
        return


def _refuse(status: int, code: str, title: str, detail: str) -> HttpResponse:
    body = problem_body(Problem(code=code, title=title, status=status, detail=detail))
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE)
